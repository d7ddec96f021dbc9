import { isolate } from '../forms';

export const chat = {
  heading: 'Chat',
  empty: 'Sealed like everything here. Whoever comes later doesn’t see what was written before.',
  write: 'Write to everyone',
  send: 'Send',
  close: 'Close chat',
  from: (name: string, words: string) => `${isolate(name)}: ${isolate(words)}`,
  /** The true host of a link that reads like another. */
  host: (host: string) => `is ${host}`,
  failed: 'Not sent: you are not in the room at the moment.',
  tooLong: 'Too long: at most 2000 characters.',
};
