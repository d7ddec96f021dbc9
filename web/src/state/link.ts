/** What a tab remembers, and the link it was opened by. */

export interface Remembered {
  talk: string;
  /** The link's secret part, without `#`. */
  fragment: string;
  name?: string;
  /** The seat's private key, as the worker made it: a reload comes back to the same seat. */
  seat?: string;
  /** Whether the person was in the room: a reload then goes straight back. */
  inside?: boolean;
  microphone?: { on: boolean; deviceId?: string };
  camera?: { on: boolean; deviceId?: string };
}

const KEY = 'incamera';
const PATH = /^\/t\/([A-Za-z0-9_-]{22})\/?$/;

/** The part of Location, History and Storage that is used. */
export interface Place {
  pathname: string;
  hash: string;
  origin: string;
  /** Replaces the address without loading. */
  replace(path: string): void;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export type Arrival = { name: 'home' } | { name: 'talk'; remembered: Remembered } | { name: 'broken' };

/** Reads the address and strips the secret from it at once. */
export function arrive(place: Place): Arrival {
  const fragment = place.hash.replace(/^#/, '');
  if (fragment !== '') place.replace(place.pathname);
  const talk = PATH.exec(place.pathname)?.[1];
  if (talk === undefined) return { name: place.pathname === '/' ? 'home' : 'broken' };
  const remembered = recall(place);
  const same = remembered?.talk === talk && (fragment === '' || remembered.fragment === fragment);
  if (same && remembered) return { name: 'talk', remembered };
  if (fragment === '') return { name: 'broken' };
  const fresh = { talk, fragment };
  remember(place, fresh);
  return { name: 'talk', remembered: fresh };
}

export function linkOf(place: Pick<Place, 'origin'>, talk: string, fragment: string): string {
  return `${place.origin}/t/${talk}#${fragment}`;
}

export function remember(place: Pick<Place, 'storage'>, remembered: Remembered): void {
  place.storage.setItem(KEY, JSON.stringify(remembered));
}

function recall(place: Place): Remembered | undefined {
  try {
    const value = JSON.parse(place.storage.getItem(KEY) ?? 'null') as Remembered | null;
    return typeof value?.talk === 'string' && typeof value.fragment === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
