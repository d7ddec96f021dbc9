/** Who is in the room, with what each told the others. */
import type { Person } from '../e2ee/messages';
import type { PersonSeat } from '../e2ee/talk-messages';
import { text } from '../text';

export type QualityLevel = 'good' | 'fair' | 'poor';
export type QualityCause = 'none' | 'uplink' | 'downlink' | 'device';

export interface Quality {
  level: QualityLevel;
  cause: QualityCause;
}

export const GOOD: Quality = { level: 'good', cause: 'none' };

/** What people have by their seat where there are no delegations. */
export const NO_SEAT: PersonSeat = { seat: null, delegation: null, role: null, vouched_by: null, approved_by: [] };

/** Those who raised a hand, the first first. */
export function hands(people: readonly Person[]): Person[] {
  return people.filter(({ hand }) => hand !== null).sort((a, b) => a.hand! - b.hand!);
}

/** 1 for who raised a hand first; nothing for who didn't. */
export function turnOf(leaf: number, people: readonly Person[]): number | undefined {
  const index = hands(people).findIndex((person) => person.leaf === leaf);
  return index < 0 ? undefined : index + 1;
}

/** What is wrong, in plain words; `name` of who has the trouble, nothing for oneself. */
export function qualitySentence({ level, cause }: Quality, name: string | undefined): string | undefined {
  if (level === 'good' || cause === 'none') return undefined;
  return name === undefined ? text.quality.own[cause][level] : text.quality.of[cause][level](name);
}
