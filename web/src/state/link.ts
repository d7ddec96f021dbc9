/** What a tab remembers, and the address it was opened by. */

export interface Remembered {
  talk: string;
  /** A talk between delegations, once that is known. */
  kind?: 'delegations';
  /** The link's secret part, without `#`; or the code, where there was no link. */
  fragment: string;
  /** Of a talk between delegations: what its session had kept. */
  secret?: string;
  name?: string;
  /** The seat's private key, as the worker made it: a reload comes back to the same seat. */
  seat?: string;
  /** Whether the person was in the room, or is waiting for it: a reload then goes straight back. */
  inside?: boolean;
  /** The keys came with a link of a demonstration: others have them too. */
  demonstration?: true;
  /** The team's room that it was; the plenary without it. */
  room?: string;
  microphone?: { on: boolean; deviceId?: string };
  camera?: { on: boolean; deviceId?: string };
}

const KEY = 'incamera';
const PATH = /^\/t\/([A-Za-z0-9_-]{22})\/?$/;
const READOUT = /^\/r\/([A-Za-z0-9_-]{22})\/?$/;
const OPERATOR = /^operator\.([A-Za-z0-9_-]{1,200})$/;
/** Keys of a demonstration: what a session keeps, as `incamera demo` prints it. */
const DEMONSTRATION = /^demo\.([A-Za-z0-9_-]{1,65536})$/;

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
  /** To be opened only where the server says that it is one. */
  | { name: 'demonstration'; remembered: Remembered }
  /** A published readout: whoever has the address may read it. */
  | { name: 'readout'; id: string }
  /** A link without its secret, or an address that is none of ours. */
  | { name: 'broken'; why: 'incomplete' | 'nowhere' };

/**
 * Reads the address and strips the secret from it at once. `known`: what this device keeps of talks
 * in which it has a seat; their address is enough.
 */
export function arrive(place: Place, known: (talk: string) => Remembered | undefined = () => undefined): Arrival {
  const fragment = place.hash.replace(/^#/, '');
  if (fragment !== '') place.replace(place.pathname);
  if (place.pathname === '/') {
    const operator = OPERATOR.exec(fragment)?.[1];
    return operator === undefined ? { name: 'home' } : { name: 'home', operator };
  }
  const readout = READOUT.exec(place.pathname)?.[1];
  if (readout !== undefined) return { name: 'readout', id: readout };
  const talk = PATH.exec(place.pathname)?.[1];
  if (talk === undefined) {
    return { name: 'broken', why: place.pathname.startsWith('/t/') ? 'incomplete' : 'nowhere' };
  }
  const secret = DEMONSTRATION.exec(fragment)?.[1];
  if (secret !== undefined) {
    return { name: 'demonstration', remembered: { talk, kind: 'delegations', fragment: '', secret, demonstration: true } };
  }
  const remembered = recall(place);
  const same = remembered?.talk === talk && (fragment === '' || remembered.fragment === fragment);
  if (same && remembered) return { name: 'talk', remembered };
  const kept = known(talk);
  if (kept && (fragment === '' || fragment === kept.fragment)) {
    remember(place, kept);
    return { name: 'talk', remembered: kept };
  }
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
