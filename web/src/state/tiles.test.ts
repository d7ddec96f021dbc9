import { expect, test } from 'vitest';
import type { Kind, View } from '../e2ee/messages';
import { GOOD, NO_SEAT } from './people';
import { columns, stage } from './tiles';

const QUIET = { hand: null, connection: null, quality: GOOD, ...NO_SEAT };

const OFF = { microphone: false, camera: false, screen: false };

test('every person has a tile, by the roster’s order', () => {
  const { people } = stage(view(), OFF, () => undefined);
  expect(people.map(({ name, own }) => [name, own])).toEqual([
    ['Amina', true],
    ['Jonas', false],
  ]);
});

test('a shared screen stands apart and keeps its camera beside it', () => {
  const shown = (leaf: number, kind: Kind) => (leaf === 1 ? (kind === 'screen' ? 8 : 7) : undefined);
  const { screens, people } = stage(view(), OFF, shown);
  expect(screens.map(({ name, slot }) => [name, slot])).toEqual([['Jonas', 8]]);
  expect(people.map(({ slot }) => slot)).toEqual([undefined, 7]);
});

test('one’s own screen stays among the small tiles', () => {
  const { screens, people } = stage(view(), { ...OFF, screen: true }, () => undefined);
  expect(screens).toEqual([]);
  expect(people.map(({ kind }) => kind)).toEqual(['camera', 'camera', 'screen']);
});

test('nobody is shown unless the room is sealed', () => {
  expect(stage({ ...view(), state: { is: 'stopped', code: 'fork' } }, OFF, () => 7).people).toEqual([]);
});

test.each([
  [1, 1200, 600, 1],
  [2, 1200, 600, 2],
  [4, 1200, 600, 2],
  [6, 1200, 600, 3],
  [2, 360, 600, 1],
])('%i tiles in %i x %i stand in %i columns', (count, width, height, expected) => {
  expect(columns(count, width, height)).toBe(expected);
});

function view(): View {
  return {
    state: { is: 'seated' },
    title: 'A talk',
    room: 'room',
    epoch: 1,
    own_leaf: 0,
    people: [
      { leaf: 0, name: 'Amina', own: true, sending: [], stale: false, ...QUIET },
      { leaf: 1, name: 'Jonas', own: false, sending: ['camera', 'screen'], stale: false, ...QUIET },
    ],
  };
}
