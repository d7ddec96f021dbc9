import type { SessionNotice } from '../../e2ee/messages';
import { isolate } from '../forms';
import { talk } from './talk';

/** One text for each thing that a session may tell. */
export type NoticeTexts = {
  [Code in SessionNotice['code']]: (notice: Extract<SessionNotice, { code: Code }>) => string;
};

const letter = (delegation: number) => [...talk.letters][delegation] ?? '?';
const one = (name: string | null | undefined) => (name ? isolate(name) : 'Somebody');

export const notices: NoticeTexts = {
  joined: ({ name, by }) => `${one(name)} came in.${by ? ` Let in by ${isolate(by)}.` : ''}`,
  removed: ({ name, by }) => `${one(name)} left.${by ? ` Noted by ${isolate(by)}.` : ''}`,
  commit_refused: ({ by, rule }) => {
    if (rule === 'R-C5a') return `${one(by)} tried to seat somebody without every side’s approval. Refused.`;
    if (rule === 'R-C5b') return `${one(by)} tried to seat somebody who was ejected or withdrawn. Refused.`;
    if (rule === 'R-C5c') return `${one(by)} tried to seat somebody although the room is locked. Refused.`;
    if (rule === 'R-C5d') return `${one(by)} tried to use one invitation for two people. Refused.`;
    if (rule === 'R-C5') return `${one(by)} tried to seat somebody who has no valid seat. Refused.`;
    if (rule === 'R-C7') {
      return `${one(by)} tried to change what the room rests on without a decision of both sides. Refused.`;
    }
    return `${one(by)} tried a change that the rules forbid. It has no effect.`;
  },
  welcome_refused: () => 'Somebody sent a false invitation into this room. It was thrown away.',
  complaint: ({ name }) => `${one(name)} could not follow a change and is coming in again.`,
  reopened: () => 'The room was opened anew. Everybody is coming in again.',
  coming_back: () => 'The others lost sight of you. You are coming in again.',
  doubt: () => 'The state of the room is in doubt. Nothing is sent until it is clear.',
  silent: ({ delegation }) =>
    `Nobody of delegation ${letter(delegation)} is heard any more. Nothing is sent until they are, or have left.`,
  heard_again: ({ delegation }) => `Delegation ${letter(delegation)} is no longer silent. You are heard again.`,
  forged_sound: ({ name }) =>
    `Something was said in the name of ${isolate(name)} that they did not say. Ask them, and do not rely on it.`,
  chat_not_sent: ({ text }) => `Not sent: ${isolate(text)}`,
  server_refuses: () => 'The server refuses what the room needs. It is tried again.',
};
