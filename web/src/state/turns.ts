/** The agenda item before the meeting: its clock, whose turn is next, and how long each side spoke on it. */
import type { AgendaItem, LifeView } from '../e2ee/life-messages';
import type { Person } from '../e2ee/messages';
import type { Delegation } from '../e2ee/talk-messages';
import { Cell } from './cell';

/** Whoever is there so soon after a call has heard all of it. */
const SOON_MS = 10_000;
/** A page that slept heard nothing meanwhile. */
const LONGEST_MS = 1_000;

type Called = Pick<AgendaItem, 'id' | 'current_since'>;

/** What this page heard while an item was before the meeting. */
export interface Heard {
  item: string;
  /** Since when, if the page came later than the call. */
  from: number | undefined;
  /** Milliseconds, by delegation. */
  spoken: ReadonlyMap<number, number>;
}

export function calledItem(life: Pick<LifeView, 'agenda'> | undefined): AgendaItem | undefined {
  return life?.agenda.find(({ current_since }) => current_since !== null);
}

export class Turns {
  /** Nothing while no item is before the meeting. */
  readonly heard = new Cell<Heard | undefined>(undefined);
  #call = '';
  #at: number | undefined;

  /** `today`: by the clock on the wall, as the record's times are. */
  follow(called: Called | undefined, today: number): void {
    const call = called ? `${called.id} ${called.current_since}` : '';
    if (call === this.#call) return;
    this.#call = call;
    this.#at = undefined;
    if (!called) return this.heard.set(undefined);
    const late = today - called.current_since! > SOON_MS;
    this.heard.set({ item: called.id, from: late ? today : undefined, spoken: new Map() });
  }

  /** Who is heard right now, by leaf; to be called as time goes on. `now` never goes back. */
  hear(speaking: ReadonlySet<number>, people: readonly Person[], now: number): void {
    const heard = this.heard.get();
    if (!heard) return;
    const passed = Math.min(now - (this.#at ?? now), LONGEST_MS);
    this.#at = now;
    // Two of one side who speak at once use its time once.
    const sides = new Set(people.filter(({ leaf }) => speaking.has(leaf)).map(({ delegation }) => delegation));
    sides.delete(null);
    if (sides.size === 0 || passed <= 0) return;
    const spoken = new Map(heard.spoken);
    for (const side of sides) spoken.set(side!, (spoken.get(side!) ?? 0) + passed);
    this.heard.set({ ...heard, spoken });
  }
}

/** How long an item has been before the meeting; clocks differ, and none runs backwards. */
export function elapsed(since: number, today: number): number {
  return Math.max(0, today - since);
}

/** "4:05", or "1:04:05". */
export function clockWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** One side's speaking time. */
export interface Allotment {
  delegation: number;
  name: string;
  /** Milliseconds. */
  used: number;
  /** Of what it has, from 0 to 1. */
  share: number;
  up: boolean;
}

/** In the charter's order, for every reader the same; nothing unless all sides agreed on a time. */
export function allotments({ id, time }: Pick<AgendaItem, 'id' | 'time'>, delegations: readonly Delegation[], heard: Heard | undefined): Allotment[] {
  if (time.agreed === null || heard?.item !== id) return [];
  const whole = time.agreed * 60_000;
  const asked = delegations.filter(({ neutral }) => !neutral).sort((one, other) => one.index - other.index);
  return asked.map(({ index, name }) => {
    const used = heard.spoken.get(index) ?? 0;
    return { delegation: index, name, used, share: Math.min(1, used / whole), up: used >= whole };
  });
}
