import { expect, test } from 'vitest';
import { capacityOf, Layout, type Wanted } from './layout';
import { GOOD } from './people';
import type { Stage, Tile } from './tiles';

test('up to nine stand in a grid, in the room’s order', () => {
  expect(shown(new Layout().arrange(room(4), wish()))).toBe('0 1 2 3');
});

test('beyond that one is large: who spoke, and the first until somebody speaks', () => {
  const layout = new Layout();
  expect(shown(layout.arrange(room(11), wish({ capacity: 20 })))).toBe('[1] 0 1 2 3 4 5 6 7 8 9 10');
  expect(shown(layout.arrange(room(11), wish({ capacity: 20, featured: 7 })))).toBe('[7] 0 1 2 3 4 5 6 7 8 9 10');
});

test('a grid that was asked for stays one, screens and all', () => {
  expect(shown(new Layout().arrange(room(11, 3), wish({ view: 'grid', capacity: 20 })))).toBe(
    'S3 0 1 2 3 4 5 6 7 8 9 10',
  );
});

test('a screen is large', () => {
  expect(shown(new Layout().arrange(room(3, 2), wish()))).toBe('[S2] 0 1 2');
});

test('of two screens the other is beside', () => {
  expect(shown(new Layout().arrange(room(3, 1, 2), wish()))).toBe('[S1] S2 0 1 2');
  expect(shown(new Layout().arrange(room(3, 1, 2), wish({ pinned: '2 screen' })))).toBe('[S2] S1 0 1 2');
});

test('what is pinned is large in every layout, until it is gone', () => {
  for (const view of ['auto', 'grid', 'speaker'] as const) {
    const layout = new Layout();
    const pinned = wish({ view, pinned: '2 camera', featured: 1 });
    expect(shown(layout.arrange(room(3, 1), pinned))).toBe('[2] S1 0 1 2');
    expect(shown(layout.arrange(room(2), pinned))).toBe(view === 'speaker' ? '[1] 0' : '0 1');
  }
});

test('of two people the large one isn’t in the strip too', () => {
  expect(shown(new Layout().arrange(room(2), wish({ view: 'speaker' })))).toBe('[1] 0');
});

test('oneself: shown, small in the corner, hidden; alone always shown', () => {
  const at = (self: Wanted['self'], people: number) => shown(new Layout().arrange(room(people), wish({ self })));
  expect(at('shown', 3)).toBe('0 1 2');
  expect(at('small', 3)).toBe('1 2 (0)');
  expect(at('hidden', 3)).toBe('1 2');
  expect(at('hidden', 1)).toBe('0');
  expect(at('small', 1)).toBe('0');
});

test('more than there is room for are listed, and nothing jumps when somebody of the list speaks', () => {
  const layout = new Layout();
  const at = (more: Partial<Wanted>) => shown(layout.arrange(room(10), wish({ view: 'grid', capacity: 4, ...more })));
  expect(at({})).toBe('0 1 2 3 + 4 5 6 7 8 9');
  expect(at({ recent: [8] })).toBe('0 1 2 8 + 3 4 5 6 7 9');
  expect(at({ recent: [5, 8] })).toBe('0 1 5 8 + 2 3 4 6 7 9');
  // Both have a place already: who spoke last changes nothing.
  expect(at({ recent: [8, 5] })).toBe('0 1 5 8 + 2 3 4 6 7 9');
  // Who spoke long ago gives way first.
  expect(at({ recent: [9, 6, 8, 5] })).toBe('0 6 9 8 + 1 2 3 4 5 7');
});

test('somebody of the list who is pinned is large', () => {
  expect(shown(new Layout().arrange(room(10), wish({ capacity: 4, pinned: '7 camera' })))).toBe(
    '[7] 0 1 2 7 + 3 4 5 6 8 9',
  );
});

test('who sends a picture comes before who doesn’t', () => {
  const stage = room(6);
  stage.people = stage.people.map((tile) => ({ ...tile, sending: tile.leaf > 3 }));
  expect(shown(new Layout().arrange(stage, wish({ view: 'grid', capacity: 3 })))).toBe('0 4 5 + 1 2 3');
});

test('a place that somebody left goes to another, the others stay', () => {
  const layout = new Layout();
  const wanted = wish({ view: 'grid', capacity: 4 });
  layout.arrange(room(10), wanted);
  const stage = room(10);
  stage.people = stage.people.filter(({ leaf }) => leaf !== 1);
  expect(shown(layout.arrange(stage, wanted))).toBe('0 4 2 3 + 5 6 7 8 9');
});

test.each([
  [1280, 600, 200, 16, 16],
  [390, 600, 150, 6, 6],
  [844, 250, 200, 16, 8],
  [100, 50, 200, 16, 2],
])('%d x %d, tiles of %d, at most %d: %d', (width, height, least, most, count) => {
  expect(capacityOf(width, height, least, most)).toBe(count);
});

function wish(more: Partial<Wanted> = {}): Wanted {
  return { view: 'auto', self: 'shown', pinned: undefined, featured: undefined, recent: [], capacity: 9, ...more };
}

function room(people: number, ...screens: number[]): Stage {
  const tile = (leaf: number, kind: 'camera' | 'screen'): Tile => ({
    key: `${leaf} ${kind}`, leaf, name: `${leaf}`, own: leaf === 0, kind, slot: leaf, sending: true,
    microphone: true, hand: undefined, quality: GOOD, stale: false, delegation: null,
  });
  return {
    screens: screens.map((leaf) => tile(leaf, 'screen')),
    people: Array.from({ length: people }, (_, leaf) => tile(leaf, 'camera')),
  };
}

/** `[large] tiles + rest (corner)`; `S` is a screen. */
function shown({ large, tiles, rest, corner }: ReturnType<Layout['arrange']>): string {
  const name = ({ kind, leaf }: Tile) => `${kind === 'screen' ? 'S' : ''}${leaf}`;
  return [
    large ? `[${name(large)}]` : '',
    ...tiles.map(name),
    rest.length > 0 ? `+ ${rest.map(name).join(' ')}` : '',
    corner ? `(${name(corner)})` : '',
  ].filter((part) => part !== '').join(' ');
}
