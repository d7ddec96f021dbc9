/** What this device remembers: choices, and talks that were opened here. The server learns none of it. */
import type { Preferred } from '../media/devices';
import type { Next, Stand } from './life';
import { isUnsent, type Unsent } from './unsent';

export interface Preferences extends Preferred {
  name?: string;
}

/** A talk that was opened on this device. */
export interface KnownTalk {
  talk: string;
  /** Between delegations, or an open conversation. */
  kind?: 'delegations';
  /** The link's secret part; empty where the secret below stands for it. */
  fragment: string;
  title: string;
  /** When it was last opened; milliseconds since 1970. */
  at: number;
  /** The secret that can end an open conversation; whoever proposed it has it. */
  control?: string;
  /** Of a talk between delegations: one's seat, and a head's keys. */
  secret?: string;
  /** Whether the secret speaks for a delegation. */
  head?: boolean;
  /** Whether it has the delegation's own keys: those that can have the talk erased. */
  root?: boolean;
  /** The claim link's secret part, with whoever proposed the talk. */
  claim?: string;
  /** Whether the keys were put into a file, before the other side's or after. */
  backup?: 'early' | 'full';
  /** How far it was when it was last seen here, and what waited then. */
  stand?: Stand;
  next?: Next[];
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const PREFERENCES = 'incamera-preferences';
const TALKS = 'incamera-talks';
const UNSENT = 'incamera-unsent:';
const OPERATOR = 'incamera-operator';
/** The oldest go first; those that only this device can end or speak in go last. */
const MAX_TALKS = 20;

export class Memory {
  constructor(private readonly store: Store) {}

  preferences(): Preferences {
    const value = this.#read(PREFERENCES);
    return isObject(value) ? (value as Preferences) : {};
  }

  prefer(change: Preferences): void {
    this.#write(PREFERENCES, { ...this.preferences(), ...change });
  }

  /** The operator's token, if it was opened or typed here. */
  operator(): string | undefined {
    return this.#get(OPERATOR) ?? undefined;
  }

  setOperator(token: string | undefined): void {
    if (token === undefined) this.#guarded(() => this.store.removeItem(OPERATOR));
    else this.#guarded(() => this.store.setItem(OPERATOR, token));
  }

  /** The latest first. */
  talks(): KnownTalk[] {
    const value = this.#read(TALKS);
    return Array.isArray(value) ? value.filter(isTalk).sort((a, b) => b.at - a.at) : [];
  }

  /** Puts a talk first. What was known of it and isn't said again stays. */
  keep(talk: KnownTalk): void {
    const others = this.talks().filter((one) => one.talk !== talk.talk);
    const known = this.talks().find((one) => one.talk === talk.talk);
    const kept = [{ ...known, ...talk }, ...others];
    while (kept.length > MAX_TALKS) {
      const last = kept.findLastIndex(({ control, secret }) => control === undefined && secret === undefined);
      const [gone] = kept.splice(last > 0 ? last : kept.length - 1, 1);
      this.keepUnsent(gone!.talk, []);
    }
    this.#write(TALKS, kept);
  }

  /** What is known of a talk, if it was opened here. */
  known(talk: string): KnownTalk | undefined {
    return this.talks().find((one) => one.talk === talk);
  }

  /** What was written in a talk and isn't in its record yet. */
  unsent(talk: string): Unsent[] {
    const value = this.#read(UNSENT + talk);
    return Array.isArray(value) ? value.filter(isUnsent) : [];
  }

  keepUnsent(talk: string, list: readonly Unsent[]): void {
    if (list.length > 0) this.#write(UNSENT + talk, list);
    else this.#guarded(() => this.store.removeItem(UNSENT + talk));
  }

  forget(talk: string): void {
    this.keepUnsent(talk, []);
    this.#write(TALKS, this.talks().filter((one) => one.talk !== talk));
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(this.#get(key) ?? 'null');
    } catch {
      return undefined;
    }
  }

  #get(key: string): string | null {
    return this.#guarded(() => this.store.getItem(key)) ?? null;
  }

  #write(key: string, value: unknown): void {
    this.#guarded(() => this.store.setItem(key, JSON.stringify(value)));
  }

  /** Full or forbidden storage costs the memory, not the talk. */
  #guarded<T>(use: () => T): T | undefined {
    try {
      return use();
    } catch {
      return undefined;
    }
  }
}

/** A store that lasts as long as the page. */
export function forgetful(): Store {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTalk(value: unknown): value is KnownTalk {
  if (!isObject(value)) return false;
  const { talk, fragment, title, at, control, secret, claim } = value;
  return (
    [talk, fragment, title].every((part) => typeof part === 'string') &&
    typeof at === 'number' &&
    [control, secret, claim].every((part) => part === undefined || typeof part === 'string')
  );
}
