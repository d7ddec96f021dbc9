import { expect, test } from 'vitest';
import type { Person } from '../e2ee/messages';
import { NOTHING } from './layout';
import { GOOD, NO_SEAT } from './people';
import type { Tile } from './tiles';
import { type Scene, watchList } from './watch';

test('nothing is asked for while everything has a slot', () => {
  expect(watchList(scene({ cameras: 3, slots: 3 }), false)).toBeUndefined();
  expect(watchList(scene({ cameras: 3, slots: 0 }), false)).toBeUndefined();
});

test('once a list was sent the server keeps to lists', () => {
  expect(asked(scene({ cameras: 3, slots: 3 }), true)).toBe('1 2 3');
});

test('more than slots: who stands in a tile, in the order of the tiles, then the listed', () => {
  expect(asked(scene({ cameras: 5, slots: 3, tiles: [4, 2], rest: [1, 3, 5] }))).toBe('4 2 1 3 5');
});

test('the large one comes first, then who spoke', () => {
  expect(asked(scene({ cameras: 5, slots: 3, tiles: [1, 2, 3, 4, 5], large: 5, recent: [4, 2] }))).toBe('5 4 2 1 3');
});

test('a screen comes before every camera but a pinned one', () => {
  expect(asked(scene({ cameras: 4, slots: 2, screens: [3] }))).toBe('s3 1 2 3 4');
  expect(asked(scene({ cameras: 4, slots: 2, screens: [3], large: 2 }))).toBe('2 s3 1 3 4');
});

test('who speaks outside of the tiles has to get a tile first', () => {
  expect(asked(scene({ cameras: 3, slots: 2, tiles: [1, 2], rest: [3], recent: [3] }))).toBe('1 2 3');
});

test('whose connection isn’t known comes last', () => {
  expect(asked(scene({ cameras: 3, slots: 2, unknown: [1] }))).toBe('2 3 1');
});

test('widths go in steps; what is large is asked for large', () => {
  const list = watchList(scene({ cameras: 3, slots: 2, large: 2, widths: { large: 1000, tile: 170 } }), false);
  expect(list?.map(({ width }) => width)).toEqual([1280, 320, 320]);
});

test('the sound of a screen and of the large one is asked for when sounds are scarce', () => {
  const few = scene({ cameras: 3, slots: 9, large: 2, audio: 2 });
  few.sources = [...few.sources, ...[1, 2, 3].map((connection) => ({ connection, kind: 'microphone' as const }))];
  few.sources = [...few.sources, { connection: 1, kind: 'screen_audio' }];
  expect(asked(few)).toBe('2 1 3 a1 m2');
});

interface Given {
  cameras: number;
  slots: number;
  audio?: number;
  screens?: number[];
  tiles?: number[];
  rest?: number[];
  large?: number;
  recent?: number[];
  /** Leaves that didn't tell their connection. */
  unknown?: number[];
  widths?: Scene['widths'];
}

function scene(given: Given): Scene {
  const leaves = Array.from({ length: given.cameras }, (_, index) => index + 1);
  const tile = (leaf: number) => ({ key: `${leaf}`, leaf, kind: 'camera', own: false, sending: true }) as Tile;
  return {
    sources: [
      ...leaves.map((connection) => ({ connection, kind: 'camera' as const })),
      ...(given.screens ?? []).map((connection) => ({ connection, kind: 'screen' as const })),
    ],
    slots: [
      ...Array<{ media: 'video' }>(given.slots).fill({ media: 'video' }),
      ...Array<{ media: 'audio' }>(given.audio ?? 0).fill({ media: 'audio' }),
    ],
    people: leaves.map((leaf): Person => ({
      leaf, name: `${leaf}`, own: false, sending: ['camera'], stale: false, hand: null, quality: GOOD, ...NO_SEAT,
      connection: given.unknown?.includes(leaf) ? null : leaf,
    })),
    arrangement: {
      ...NOTHING,
      large: given.large === undefined ? undefined : tile(given.large),
      tiles: (given.tiles ?? leaves).map(tile),
      rest: (given.rest ?? []).map(tile),
    },
    recent: given.recent ?? [],
    widths: given.widths ?? { large: 1280, tile: 320 },
  };
}

function asked(given: Scene, watching = false): string | undefined {
  const letter = { camera: '', screen: 's', microphone: 'm', screen_audio: 'a' };
  return watchList(given, watching)?.map(({ source }) => `${letter[source.kind]}${source.connection}`).join(' ');
}
