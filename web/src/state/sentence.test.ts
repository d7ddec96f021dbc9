import { expect, test } from 'vitest';
import type { SessionState, View } from '../e2ee/messages';
import type { TalkView } from '../e2ee/talk-messages';
import { GOOD, NO_SEAT } from './people';
import { sentence } from './sentence';
import { talkView } from './talk-sample';

test('it counts the people of the verified roster', () => {
  check({ is: 'seated' }, 3, 'uncompared', 'Sealed. 3 people. Not yet compared. No recording declared.');
});

test('alone is said in words', () => {
  check({ is: 'seated' }, 1, 'uncompared', 'Sealed. Nobody else is here. Not yet compared. No recording declared.');
});

test('before the keys are agreed it claims nothing', () => {
  check({ is: 'joining' }, 0, 'pending', 'Sealing the room. Nothing is sent yet.');
});

test('a stop says why', () => {
  check({ is: 'stopped', code: 'fork' }, 2, 'stop', 'Stopped. The server shows others a different room than you. Nothing is sent.');
});

test('between delegations it counts them, and says whether the words were compared', () => {
  const places = [0, 0, 1, 1, 1];
  check({ is: 'seated' }, 5, 'verified', 'Sealed. 5 people, 2 delegations. No recording declared. Roots verified.', {
    places,
    talk: talkView({ compared: [0] }),
  });
  // The other side's word isn't one's own.
  check({ is: 'seated' }, 5, 'uncompared', 'Sealed. 5 people, 2 delegations. Not yet compared. No recording declared.', {
    places,
    talk: talkView({ compared: [1] }),
  });
});

test('words that differ stop it, whatever the room says', () => {
  const talk = talkView({ compared: [0], mismatch: true });
  check({ is: 'seated' }, 2, 'stop', 'Stopped. The words differ.', { places: [0, 1], talk });
});

function check(
  state: SessionState,
  people: number,
  tone: string,
  words: string,
  within: { places: number[]; talk?: TalkView } = { places: [] },
): void {
  const view: View = {
    title: null,
    room: null,
    epoch: 0,
    own_leaf: 0,
    people: Array.from({ length: people }, (_, leaf) => ({
      leaf,
      name: `Person ${leaf}`,
      own: leaf === 0,
      sending: [],
      stale: false,
      hand: null,
      connection: null,
      quality: GOOD,
      ...NO_SEAT,
      delegation: within.places[leaf] ?? null,
    })),
    state,
  };
  const said = sentence(view, within.talk);
  expect({ tone: said.tone, words: said.parts.join(' ') }).toEqual({ tone, words });
}
