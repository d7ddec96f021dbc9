/** Where each tile stands. Nothing moves because somebody speaks, but who is shown large. */
import type { SelfView, ViewChoice } from './choices';
import type { Stage, Tile } from './tiles';

export interface Wanted {
  view: ViewChoice;
  self: SelfView;
  /** The key of the tile that is held large. */
  pinned: string | undefined;
  /** Who spoke last, and those before. */
  featured: number | undefined;
  recent: readonly number[];
  /** How many tiles of people there is room for. */
  capacity: number;
}

export interface Arrangement {
  /** Shown large; nothing in a grid. */
  large: Tile | undefined;
  /** The grid, or the strip beside the large one. */
  tiles: Tile[];
  /** Who stands in no tile, in the room's order. */
  rest: Tile[];
  /** One's own picture, small in a corner. */
  corner: Tile | undefined;
}

export const NOTHING: Arrangement = { large: undefined, tiles: [], rest: [], corner: undefined };
/** By itself the page goes over to one large picture beyond this many people. */
const GRID_UP_TO = 9;

export class Layout {
  /** Keys of those in tiles, where they stand. */
  #places: string[] = [];

  arrange({ screens, people }: Stage, wanted: Wanted): Arrangement {
    const cameras = people.filter(({ kind }) => kind === 'camera');
    const others = cameras.filter(({ own }) => !own);
    const own = cameras.find((tile) => tile.own);
    const alone = others.length === 0;
    const self = alone ? 'shown' : wanted.self;
    const seated = self === 'shown' ? cameras : others;
    const ownScreens = people.filter(({ kind }) => kind === 'screen');
    const extra = [...screens, ...ownScreens];
    const { placed, rest } = this.#place(seated, wanted);
    const large = chooseLarge(screens, others, wanted, [...extra, ...cameras]);
    return {
      large,
      tiles: [...extra.filter(({ key }) => key !== large?.key), ...withoutLarge(placed, large, others)],
      rest: rest.filter(({ key }) => key !== large?.key),
      corner: self === 'small' ? own : undefined,
    };
  }

  #place(seated: readonly Tile[], wanted: Wanted): { placed: Tile[]; rest: Tile[] } {
    const capacity = Math.max(1, wanted.capacity);
    const byKey = new Map(seated.map((tile) => [tile.key, tile]));
    if (seated.length <= capacity) {
      this.#places = [...byKey.keys()];
      return { placed: [...seated], rest: [] };
    }
    const chosen = new Set(rank(seated, this.#places, wanted).slice(0, capacity));
    const stays = this.#places.slice(0, capacity).map((key) => (chosen.has(key) ? key : undefined));
    const standing = new Set(stays);
    const coming = [...byKey.keys()].filter((key) => chosen.has(key) && !standing.has(key));
    const places = Array.from({ length: capacity }, (_, at) => stays[at] ?? coming.shift());
    this.#places = places.filter((key) => key !== undefined);
    return {
      placed: this.#places.map((key) => byKey.get(key)!),
      rest: seated.filter(({ key }) => !this.#places.includes(key)),
    };
  }
}

/** Who gets a tile first: the pinned, oneself, who spoke, then who sends a picture; who has one keeps it. */
function rank(seated: readonly Tile[], places: readonly string[], wanted: Wanted): string[] {
  const has = new Set(places);
  const weight = (tile: Tile): number => {
    if (tile.key === wanted.pinned) return 0;
    if (tile.own) return 1;
    const spoke = wanted.recent.indexOf(tile.leaf);
    if (spoke >= 0) return 2 + spoke;
    return 100 + (tile.sending ? 0 : 2) + (has.has(tile.key) ? 0 : 1);
  };
  return [...seated].sort((a, b) => weight(a) - weight(b)).map(({ key }) => key);
}

function chooseLarge(
  screens: readonly Tile[],
  others: readonly Tile[],
  { view, pinned, featured }: Wanted,
  all: readonly Tile[],
): Tile | undefined {
  const held = all.find(({ key }) => key === pinned);
  if (held) return held;
  if (view === 'grid') return undefined;
  if (screens[0]) return screens[0];
  if (view === 'auto' && others.length < GRID_UP_TO) return undefined;
  return others.find(({ leaf }) => leaf === featured) ?? others.find(({ sending }) => sending) ?? others[0];
}

/** Who is large keeps an empty place in the strip, so that the others stand still. */
function withoutLarge(placed: Tile[], large: Tile | undefined, others: readonly Tile[]): Tile[] {
  if (large?.kind !== 'camera' || others.length > 1) return placed;
  return placed.filter(({ key }) => key !== large.key);
}

/** How many tiles fit where none is to be smaller than `least` wide. */
export function capacityOf(width: number, height: number, least: number, most: number): number {
  const fit = Math.floor(width / least) * Math.floor(height / ((least * 9) / 16));
  return Math.min(most, Math.max(2, fit));
}
