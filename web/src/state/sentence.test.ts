import { expect, test } from 'vitest';
import type { SessionState } from '../e2ee/messages';
import { GOOD, NO_SEAT } from './people';
import { sentence } from './sentence';

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

function check(state: SessionState, people: number, tone: string, words: string): void {
  const said = sentence({
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
    })),
    state,
  });
  expect({ tone: said.tone, words: said.parts.join(' ') }).toEqual({ tone, words });
}
