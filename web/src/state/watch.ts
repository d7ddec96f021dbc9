/** Which sources to ask for when there are more than slots, the most wanted first. */
import type { Person } from '../e2ee/messages';
import type { Watch } from '../wire/Watch';
import type { Arrangement } from './layout';

type Source = Watch['source'];

export interface Scene {
  /** What the server has. */
  sources: readonly Source[];
  slots: readonly { media: 'audio' | 'video' }[];
  people: readonly Person[];
  arrangement: Arrangement;
  /** Who spoke last, the latest first. */
  recent: readonly number[];
  /** Widths in device pixels. */
  widths: { large: number; tile: number };
}

/** So that a window that is dragged doesn't ask at each pixel. */
const WIDTHS = [160, 320, 640, 960, 1280, 1920];
/** The server takes no longer lists. */
export const MAX_WATCHED = 64;

/**
 * Nothing while every source has a slot: the server then sends all of them. Once a list was sent
 * (`watching`) the server keeps to lists, so each change needs another. What comes after the last
 * free slot waits for one.
 */
export function watchList(scene: Scene, watching: boolean): Watch[] | undefined {
  const { sources, slots } = scene;
  const has = (media: 'audio' | 'video') => slots.filter((slot) => slot.media === media).length;
  const wants = (media: 'audio' | 'video') => sources.filter(({ kind }) => mediaOf(kind) === media).length;
  if (slots.length === 0) return undefined;
  if (!watching && wants('video') <= has('video') && wants('audio') <= has('audio')) return undefined;
  const list = [...pictures(scene), ...sounds(scene)];
  return list.slice(0, MAX_WATCHED);
}

function pictures({ sources, people, arrangement, recent, widths }: Scene): Watch[] {
  const { large, tiles, rest } = arrangement;
  const speakers = recent.map((leaf) => tiles.find((tile) => tile.leaf === leaf && tile.kind === 'camera'));
  const shown = [large, ...tiles.filter(({ kind }) => kind === 'screen'), ...speakers, ...tiles, ...rest];
  const list: Watch[] = [];
  const add = (source: Source | undefined, width: number) => {
    if (!source || list.some((one) => same(one.source, source))) return;
    list.push({ source, width: WIDTHS.find((step) => step >= width) ?? WIDTHS.at(-1)! });
  };
  // A screen that isn't shown yet is one that everybody is to look at.
  for (const source of sources) if (source.kind === 'screen') add(source, widths.large);
  for (const tile of shown) {
    if (!tile || tile.own) continue;
    const connection = people.find(({ leaf }) => leaf === tile.leaf)?.connection ?? undefined;
    const source = sources.find((one) => one.connection === connection && one.kind === tile.kind);
    add(source, tile === large ? widths.large : widths.tile);
  }
  // Whose connection isn't known yet.
  for (const source of sources) if (mediaOf(source.kind) === 'video') add(source, widths.tile);
  return moveFirst(list, sourceOf(large, people));
}

/** The loudest are heard anyway; these are heard however quiet they are. */
function sounds({ sources, people, arrangement: { large } }: Scene): Watch[] {
  const screens = sources.filter(({ kind }) => kind === 'screen_audio');
  const connection = people.find(({ leaf }) => leaf === large?.leaf)?.connection;
  const held = sources.filter((source) => source.kind === 'microphone' && source.connection === connection);
  return [...screens, ...held].slice(0, 2).map((source) => ({ source, width: 0 }));
}

function sourceOf(tile: Arrangement['large'], people: readonly Person[]): Source | undefined {
  const connection = people.find(({ leaf }) => leaf === tile?.leaf)?.connection;
  return tile && connection != null ? { connection, kind: tile.kind } : undefined;
}

function moveFirst(list: Watch[], first: Source | undefined): Watch[] {
  const found = list.find(({ source }) => first !== undefined && same(source, first));
  return found ? [found, ...list.filter((one) => one !== found)] : list;
}

function mediaOf(kind: Source['kind']): 'audio' | 'video' {
  return kind === 'microphone' || kind === 'screen_audio' ? 'audio' : 'video';
}

function same(a: Source, b: Source): boolean {
  return a.connection === b.connection && a.kind === b.kind;
}
