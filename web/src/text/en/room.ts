import { isolate } from '../forms';

export const roster = {
  heading: 'These people can hear you',
  alone: 'Nobody else is in the room yet.',
  only: 'Their names come from the sealed room itself, not from the server.',
  you: 'you',
  stale: 'not heard of for a while',
  uncompared:
    'Not yet compared: nobody has checked, by reading words aloud, that both sides see the same keys.',
  recording:
    'No recording declared: nobody said that they record. No software can rule out that somebody does.',
  camera: 'camera on',
  microphone: 'microphone on',
  screen: 'shares a screen',
  listening: 'listening',
  invite: 'Copy invitation link',
  close: 'Close',
};

export const room = {
  controls: 'Controls',
  people: 'People',
  screenOf: (name: string) => `Screen of ${isolate(name)}`,
  ownScreen: 'You are sharing your screen',
  muted: 'microphone off',
  you: 'You',
  microphone: 'Mic',
  camera: 'Camera',
  screen: 'Screen',
  chat: 'Chat',
  devices: 'Devices',
  devicesHeading: 'Camera and microphone',
  done: 'Done',
  dismiss: 'Dismiss',
  leave: 'Leave',
  unread: (count: number) => `${count} unread`,
  alone: 'Nobody else is here yet.',
  aloneHint: 'Send the invitation, and stay: they come straight in.',
  hear: 'Press to hear',
  hearHint: 'Your browser waits for a press before it plays sound.',
  reconnecting: 'The connection was lost. Connecting again; you keep your seat.',
  mediaWaiting: 'Sound and picture were interrupted. They come back by themselves.',
  joining: 'Entering the room',
  joiningHint: 'Your browser is agreeing on keys with the others.',
  refused: {
    access: 'This link opens no talk on this server. Ask for a new invitation.',
    version: 'This page is older or newer than the server. Reload it.',
    origin: 'The server doesn’t know itself by this address. Use the address you were given.',
  } as Record<string, string>,
  broken: 'The part that seals has stopped. Nothing is sent. Reload the page to enter again.',
  stoppedHint: 'Agree over another channel what happened before you enter again.',
  reload: 'Reload the page',
};
