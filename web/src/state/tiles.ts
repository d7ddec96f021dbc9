/** What is to be seen in the room: one tile a person, and one for each shared screen. */
import type { Kind, Person, View } from '../e2ee/messages';
import { turnOf, type Quality } from './people';

export interface Tile {
  key: string;
  leaf: number;
  name: string;
  /** The place of their delegation; nothing in an open conversation. */
  delegation: number | null;
  own: boolean;
  kind: 'camera' | 'screen';
  /** The slot with the picture; nothing if there is none to show. */
  slot: number | undefined;
  /** Whether they say that they send it. */
  sending: boolean;
  microphone: boolean;
  /** Their turn among the raised hands, from 1. */
  hand: number | undefined;
  quality: Quality;
  stale: boolean;
}

export interface Stage {
  /** Shared screens, the largest things to be seen. */
  screens: Tile[];
  people: Tile[];
}

/** `shown` finds the slot with a person's picture. Own pictures come from the device, not a slot. */
export function stage(
  view: View | undefined,
  own: Readonly<Record<'microphone' | 'camera' | 'screen', boolean>>,
  shown: (leaf: number, kind: Kind, announced: boolean) => number | undefined,
): Stage {
  if (view?.state.is !== 'seated') return { screens: [], people: [] };
  const tile = (person: Person, kind: 'camera' | 'screen'): Tile => ({
    key: `${person.leaf} ${kind} ${person.name}`,
    leaf: person.leaf,
    name: person.name,
    delegation: person.delegation,
    own: person.own,
    kind,
    slot: person.own ? undefined : shown(person.leaf, kind, person.sending.includes(kind)),
    sending: person.own ? own[kind] : person.sending.includes(kind),
    microphone: person.own ? own.microphone : person.sending.includes('microphone'),
    hand: turnOf(person.leaf, view.people),
    quality: person.quality,
    stale: person.stale,
  });
  const screens = view.people.map((person) => tile(person, 'screen'));
  return {
    screens: screens.filter(({ slot }) => slot !== undefined),
    people: [
      ...view.people.map((person) => tile(person, 'camera')),
      // One's own screen stays small: shown large it would mirror itself.
      ...screens.filter((screen) => screen.own && own.screen),
    ],
  };
}

/** Columns of a grid of `count` tiles in `width` x `height`, for the largest tiles of that shape. */
export function columns(count: number, width: number, height: number, ratio = 16 / 9): number {
  let best = 1;
  let widest = 0;
  for (let candidate = 1; candidate <= count; candidate += 1) {
    const rows = Math.ceil(count / candidate);
    const tileWidth = Math.min(width / candidate, (height / rows) * ratio);
    if (tileWidth > widest + 1) {
      widest = tileWidth;
      best = candidate;
    }
  }
  return best;
}
