/** What a tab remembers, and the address it was opened by. */

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
const OPERATOR = /^operator\.([A-Za-z0-9_-]{1,200})$/;

/** The part of Location, History and Storage that is used. */
export interface Place {
  pathname: string;
  hash: string;
  origin: string;
  /** Replaces the address without loading. */
  replace(path: string): void;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export type Arrival =
  /** `operator`: the token that the address brought. */
  | { name: 'home'; operator?: string }
  | { name: 'talk'; remembered: Remembered }
  /** A link without its secret, or an address that is none of ours. */
  | { name: 'broken'; why: 'incomplete' | 'nowhere' };

/** Reads the address and strips the secret from it at once. */
export function arrive(place: Place): Arrival {
  const fragment = place.hash.replace(/^#/, '');
  if (fragment !== '') place.replace(place.pathname);
  if (place.pathname === '/') {
    const operator = OPERATOR.exec(fragment)?.[1];
    return operator === undefined ? { name: 'home' } : { name: 'home', operator };
  }
  const talk = PATH.exec(place.pathname)?.[1];
  if (talk === undefined) {
    return { name: 'broken', why: place.pathname.startsWith('/t/') ? 'incomplete' : 'nowhere' };
  }
  const remembered = recall(place);
  const same = remembered?.talk === talk && (fragment === '' || remembered.fragment === fragment);
  if (same && remembered) return { name: 'talk', remembered };
  if (fragment === '') return { name: 'broken', why: 'incomplete' };
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
