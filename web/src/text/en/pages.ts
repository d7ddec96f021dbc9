export const left = {
  heading: 'You have left the room',
  hint: 'Camera and microphone are off. You can enter again from this tab.',
  again: 'Enter again',
  home: 'To the first page',
};

export const link = {
  heading: 'This link is not complete',
  hint: 'The part after # is missing or damaged. Ask for the link again and open the whole of it.',
  home: 'To the first page',
};

export const unsupported = {
  heading: 'This browser can’t seal a call',
  hint: 'Use a current Chrome, Edge or Firefox.',
  insecure:
    'This address is not secure, so the browser gives out neither camera nor keys. Use an address that starts with https://.',
};

export const server = {
  unreachable: 'The server could not be reached. Check your connection, then try again.',
};
