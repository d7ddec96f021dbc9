export const prejoin = {
  heading: 'Before you enter',
  preview: 'Your camera, as the others will see you',
  name: 'Your name',
  nameHint: 'The others see it, sealed. The server doesn’t.',
  level: 'Microphone level',
  levelHint: 'Say a few words: the bar should move.',
  enter: 'Enter the room',
  entering: 'Entering',
  underName: 'You enter as',
  back: 'Back to the talk',
  without: 'You can enter without camera or microphone, and listen.',
  askAgain: 'Try again',
  asking: 'Your browser is asking for permission.',
  cameraOff: 'Your camera is off',
  noName: 'Enter the name under which the others will see you.',
  opening: 'Reading the invitation',
};

export const invite = {
  heading: 'The invitation',
  hint: 'Whoever has it can enter. Send it over a channel that you trust.',
  link: 'Link',
  copyLink: 'Copy link',
  code: 'Code, to read out or type',
  copyCode: 'Copy code',
  copied: 'Copied',
  copyFailed: 'Your browser did not allow copying. It is selected: copy it yourself.',
  qr: 'QR code',
  qrHint: 'A phone’s camera opens the talk from here.',
  qrName: 'QR code of the invitation link',
};

export const network = {
  connecting: 'Reaching the server.',
  unreachable:
    'The server can’t be reached. Check your connection; this page goes on trying by itself.',
  full: 'The server is full and takes nobody else in; this page goes on trying by itself.',
  trying: 'Trying the network: sound and picture.',
  works: 'Network: UDP and TCP work.',
  udpOnly: 'Network: UDP works, and that is enough. TCP doesn’t.',
  tcpOnly:
    'Network: only TCP works. Sound and picture may halt at times; a network that lets UDP through is better.',
  neither:
    'Network: neither UDP nor TCP gets through, so there would be no sound and no picture. Use another network, or ask whoever runs the server.',
  roundTrip: (ms: number) => `${ms} ms to the server and back.`,
};
