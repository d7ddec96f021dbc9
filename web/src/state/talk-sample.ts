/** A talk to test with. */
import type { TalkView } from '../e2ee/talk-messages';

/** A founded talk, as the proposer's head sees it, with what is said otherwise. */
export function talkView(change: Partial<TalkView> = {}, own: Partial<TalkView['own']> = {}): TalkView {
  const seat = { delegation: 0, role: 'head', name: 'Amina', head: true, root: true, demoted: false, id: 'own', seat: 'ready', refused: null } as const;
  return {
    talk: 'talk',
    title: 'Fisheries',
    stage: 'founded',
    broken: null,
    own: { ...seat, ...own },
    delegations: [
      { index: 0, name: 'North', neutral: false, own: true },
      { index: 1, name: 'South', neutral: false, own: false },
    ],
    offer: null,
    claim: null,
    words: { words: ['a', 'b', 'c', 'd', 'e', 'f'], digits: '01234567890123456789' },
    compared: [],
    mismatch: false,
    lobby: [],
    waiting: [],
    seats: [],
    heads: [],
    rooms: [],
    acts: [],
    rules: { admit: 'each' },
    locked: false,
    ended: false,
    ...change,
  };
}
