import { isolate } from '../forms';

/** What is wrong with a connection, in a plain sentence. */
export const quality = {
  mark: (name: string) => `Connection of ${isolate(name)}`,
  ownMark: 'Your connection',
  own: {
    uplink: {
      fair: 'Your connection loses or delays some of what you send.',
      poor: 'Your connection loses much of what you send. Turning your camera off helps your voice.',
    },
    downlink: {
      fair: 'Your connection loses some of what you receive.',
      poor: 'Your connection loses much of what you receive.',
    },
    device: {
      fair: 'Your computer is too busy to send more picture. Closing other programs helps.',
      poor: 'Your computer is too busy to send more picture. Closing other programs helps.',
    },
  },
  of: {
    uplink: {
      fair: (name: string) => `${isolate(name)}’s connection loses or delays some of what they send.`,
      poor: (name: string) => `${isolate(name)}’s connection loses much of what they send.`,
    },
    downlink: {
      fair: (name: string) => `${isolate(name)} doesn’t receive everything: their connection loses some.`,
      poor: (name: string) => `${isolate(name)} may not hear you: their connection loses much.`,
    },
    device: {
      fair: (name: string) => `${isolate(name)}’s computer is too busy to send more picture.`,
      poor: (name: string) => `${isolate(name)}’s computer is too busy to send more picture.`,
    },
  },
};
