/** Every word of the page, in English. Another language is another file of this shape. */
import type { SessionNotice, SessionState } from '../e2ee/messages';
import type { DeviceProblem } from '../media/devices';

/** Keeps the direction of a name to itself (UAX #9: first strong isolate). */
const isolate = (name: string) => `\u2068${name}\u2069`;
/** One text for each thing that a session may tell. */
type NoticeTexts = {
  [Code in SessionNotice['code']]: (notice: Extract<SessionNotice, { code: Code }>) => string;
};
type StopCode = Extract<SessionState, { is: 'stopped' }>['code'];

const one = (name: string | null | undefined) => (name ? isolate(name) : 'Somebody');

export const en = {
  product: 'In Camera',

  home: {
    lead: 'A sealed room for talks between organisations that don’t share a server they trust.',
    propose: 'Propose a talk',
    title: 'What is it about?',
    titleHint: 'Sealed with the talk: the server never learns it.',
    titlePlaceholder: 'Fisheries, second round',
    name: 'Your name',
    namePlaceholder: 'Amina Diallo',
    submit: 'Make the invitation',
    submitting: 'Making the invitation',
    needTitle: 'Give the talk a title, so that guests know what they are invited to.',
    needName: 'Enter the name under which the others will see you.',
    guest: 'Invited to a talk? Open the link you were sent.',
    points: [
      'Picture, sound and words are sealed in your browser and opened in theirs. The server passes on what it can’t read.',
      'Guests need the link and a browser. No account, nothing to install.',
      'A sentence tells you at all times who can hear you.',
    ],
  },

  prejoin: {
    heading: 'Before you enter',
    preview: 'Your camera, as the others will see you',
    invitation: 'The invitation',
    invitationHint: 'Whoever has this link can enter. Send it over a channel that you trust.',
    copy: 'Copy link',
    copied: 'Copied',
    copyFailed: 'Your browser did not allow copying. Select the link and copy it yourself.',
    link: 'Invitation link',
    name: 'Your name',
    nameHint: 'The others see it, sealed. The server doesn’t.',
    camera: 'Camera',
    microphone: 'Microphone',
    level: 'Microphone level',
    levelHint: 'Say a few words: the bar should move.',
    enter: 'Enter the room',
    entering: 'Entering',
    without: 'You can enter without camera or microphone, and listen.',
    askAgain: 'Try again',
    asking: 'Your browser is asking for permission.',
    cameraOff: 'Your camera is off',
    noName: 'Enter your name first.',
    unnamedDevice: (number: number) => `Device ${number}`,
  },

  devices: {
    turnOn: { microphone: 'Turn mic on', camera: 'Turn camera on', screen: 'Share screen' },
    turnOff: { microphone: 'Mute mic', camera: 'Turn camera off', screen: 'Stop sharing the screen' },
    problem: {
      microphone: {
        denied:
          'The browser was not allowed to use the microphone. Allow it beside the address, then try again.',
        missing: 'No microphone was found. Plug one in, or enter and listen.',
        busy: 'Another program is using the microphone. Close that program, then try again.',
        insecure:
          'Browsers give out the microphone over HTTPS only. Ask for an address that starts with https://.',
        unplugged: 'The microphone was unplugged. Plug it in, or choose another.',
        other: 'The microphone did not start. Try again, or choose another.',
      } satisfies Record<DeviceProblem, string>,
      camera: {
        denied:
          'The browser was not allowed to use the camera. Allow it beside the address, then try again.',
        missing: 'No camera was found. Plug one in, or enter without.',
        busy: 'Another program is using the camera. Close that program, then try again.',
        insecure:
          'Browsers give out the camera over HTTPS only. Ask for an address that starts with https://.',
        unplugged: 'The camera was unplugged. Plug it in, or choose another.',
        other: 'The camera did not start. Try again, or choose another.',
      } satisfies Record<DeviceProblem, string>,
      screen: {
        denied: 'The browser was not allowed to share the screen.',
        missing: 'There is no screen to share.',
        busy: 'The system did not give out the screen. Try again.',
        insecure: 'Browsers share the screen over HTTPS only.',
        unplugged: 'Sharing has ended.',
        other: 'The screen could not be shared. Try again.',
      } satisfies Record<DeviceProblem, string>,
    },
  },

  sentence: {
    joining: 'Sealing the room. Nothing is sent yet.',
    left: 'You have left. Nothing is sent.',
    sealed: 'Sealed.',
    alone: 'Nobody else is here.',
    people: (count: number) => `${count} people.`,
    uncompared: 'Not yet compared.',
    noRecording: 'No recording declared.',
    stopped: 'Stopped.',
    stoppedBecause: {
      fork: 'The server shows others a different room than you. Nothing is sent.',
      bad_record: 'The record of this talk can’t be opened with your link. Nothing is sent.',
      replaced: 'Your seat was taken in another tab or on another device. Nothing is sent from here.',
      internal: 'The sealing failed in a way that it never should. Nothing is sent.',
    } satisfies Record<StopCode, string>,
    open: 'Who can hear you',
  },

  roster: {
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
  },

  room: {
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
  },

  notices: {
    joined: ({ name, by }) => `${one(name)} came in.${by ? ` Let in by ${isolate(by)}.` : ''}`,
    removed: ({ name, by }) => `${one(name)} left.${by ? ` Noted by ${isolate(by)}.` : ''}`,
    commit_refused: ({ by }) => `${one(by)} tried a change that the rules forbid. It has no effect.`,
    welcome_refused: () => 'Somebody sent a false invitation into this room. It was thrown away.',
    complaint: ({ name }) => `${one(name)} could not follow a change and is coming in again.`,
    reopened: () => 'The room was opened anew. Everybody is coming in again.',
    coming_back: () => 'The others lost sight of you. You are coming in again.',
    doubt: () => 'The state of the room is in doubt. Nothing is sent until it is clear.',
    chat_not_sent: ({ text }) => `Not sent: ${isolate(text)}`,
    server_refuses: () => 'The server refuses what the room needs. It is tried again.',
  } satisfies NoticeTexts as NoticeTexts,

  chat: {
    heading: 'Chat',
    empty: 'Sealed like everything here. Whoever comes later doesn’t see what was written before.',
    write: 'Write to everyone',
    send: 'Send',
    close: 'Close chat',
    from: (name: string, words: string) => `${isolate(name)}: ${isolate(words)}`,
    failed: 'Not sent: you are not in the room at the moment.',
    tooLong: 'Too long: at most 2000 characters.',
  },

  left: {
    heading: 'You have left the room',
    hint: 'Camera and microphone are off. You can enter again from this tab.',
    again: 'Enter again',
    home: 'To the first page',
  },

  link: {
    heading: 'This link is not complete',
    hint: 'The part after # is missing or damaged. Ask for the link again and open the whole of it.',
    home: 'To the first page',
  },

  unsupported: {
    heading: 'This browser can’t seal a call',
    hint: 'Use a current Chrome, Edge or Firefox.',
    insecure:
      'This address is not secure, so the browser gives out neither camera nor keys. Use an address that starts with https://.',
  },

  server: {
    unreachable: 'The server could not be reached. Check your connection, then try again.',
  },
};
