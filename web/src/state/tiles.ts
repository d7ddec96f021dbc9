/** What is to be seen in the room: one tile a person, and one for each shared screen. */
import type { Kind, Person, View } from '../e2ee/messages';

export interface Tile {
  key: string;
  leaf: number;
  name: string;
  own: boolean;
  kind: 'camera' | 'screen';
  /** The slot with the picture; nothing if there is none to show. */
  slot: number | undefined;
  microphone: boolean;
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
  own: Readonly<Record<Kind, boolean>>,
  shown: (leaf: number, kind: Kind, announced: boolean) => number | undefined,
): Stage {
  if (view?.state !== 'seated') return { screens: [], people: [] };
  const tile = (person: Person, kind: 'camera' | 'screen'): Tile => ({
    key: `${person.leaf} ${kind} ${person.name}`,
    leaf: person.leaf,
    name: person.name,
    own: person.own,
    kind,
    slot: person.own ? undefined : shown(person.leaf, kind, person.sending.includes(kind)),
    microphone: person.own ? own.microphone : person.sending.includes('microphone'),
    stale: person.stale,
  });
  const screens = view.people
    .map((person) => tile(person, 'screen'))
    .filter(({ own: mine, slot }) => (mine ? own.screen : slot !== undefined));
  return { screens, people: view.people.map((person) => tile(person, 'camera')) };
}

/** Columns of a grid of `count` tiles of 16:9 in `width` x `height`, as large as possible. */
export function columns(count: number, width: number, height: number): number {
  let best = 1;
  let bestArea = 0;
  for (let candidate = 1; candidate <= count; candidate += 1) {
    const rows = Math.ceil(count / candidate);
    const tileWidth = Math.min(width / candidate, (height / rows) * (16 / 9));
    if (tileWidth > bestArea + 1) {
      bestArea = tileWidth;
      best = candidate;
    }
  }
  return best;
}
