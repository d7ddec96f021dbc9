/** Dates and times in words, in the reader's own zone and a second one that they chose. */
import { language } from '../text';
import { Cell } from './cell';

/** Western digits in every language, as in codes and addresses. */
export const locale = language === 'ar' ? 'ar-u-nu-latn' : 'en-GB';
const KEY = 'incamera-zone';
const DAY_MS = 86_400_000;
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Every zone that the browser knows, UTC first. */
export function allZones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
}

export function isZone(zone: unknown): zone is string {
  if (typeof zone !== 'string' || zone === '') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** A second zone, remembered on this device alone. */
export class Zones {
  readonly own: string;
  readonly second: Cell<string | undefined>;

  constructor(
    private readonly store: Store,
    own = ownZone(),
  ) {
    this.own = own;
    let kept: string | null = null;
    try {
      kept = store.getItem(KEY);
    } catch {
      // Storage may be forbidden: then there is one zone.
    }
    this.second = new Cell(isZone(kept) ? kept : undefined);
  }

  choose(zone: string | undefined): void {
    const chosen = isZone(zone) ? zone : undefined;
    this.second.set(chosen);
    try {
      if (chosen === undefined) this.store.removeItem(KEY);
      else this.store.setItem(KEY, chosen);
    } catch {
      // It holds as long as the page does.
    }
  }
}

/** One moment in somebody's zone: the hour, and the day where it is another than the reader's. */
export interface LocalTime {
  delegation: number;
  words: string;
  /** The name of a zone that this browser doesn't know; the words are in UTC then. */
  unknown: string | undefined;
}

/** A moment where each delegation is; nothing if the reader's own clock says the same as all of theirs. */
export function localTimes(at: number, zones: readonly { delegation: number; zone: string }[], own: string): LocalTime[] {
  const here = dayTimeWords(at, own);
  if (zones.every(({ zone }) => isZone(zone) && dayTimeWords(at, zone) === here)) return [];
  return zones.map(({ delegation, zone }) => {
    const known = isZone(zone);
    const there = known ? zone : 'UTC';
    const words = dayWords(at, there) === dayWords(at, own) ? hourWords(at, there) : dayTimeWords(at, there);
    return { delegation, words, unknown: known ? undefined : zone };
  });
}

export function hourWords(at: number, zone: string): string {
  return formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(at);
}

/** Each takes longer to make than to use a hundred times. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, made);
  return made;
}

export function dayWords(at: number, zone: string): string {
  return formatter({ dateStyle: 'long', timeZone: zone }).format(at);
}

export function dayTimeWords(at: number, zone: string): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return formatter({ ...day, ...time, timeZone: zone }).format(at);
}

/** When something begins and ends. */
export function spanWords(start: number, minutes: number, zone: string): string {
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const format = formatter({ ...day, ...time, timeZone: zone });
  return format.formatRange(start, start + minutes * 60_000);
}

/** A date without a time: days since 1970. */
export function dateWords(days: number): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(days * DAY_MS);
}

/** "Europe/Zurich" as it is known, with its distance from UTC at that time. */
export function zoneWords(zone: string, at: number): string {
  const part = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName');
  const offset = (part?.value ?? 'UTC').replace('GMT', 'UTC');
  const name = zone.replaceAll('_', ' ');
  return name === 'UTC' ? name : `${name} (${offset})`;
}

/** What `<input type="datetime-local">` has, in the reader's own zone; empty for none. */
export function toField(at: number): string {
  if (at === 0) return '';
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** 0 for what is no time. */
export function fromField(words: string): number {
  const at = words === '' ? Number.NaN : new Date(words).getTime();
  return Number.isNaN(at) ? 0 : at;
}

/** What `<input type="date">` has, of days since 1970. */
export function toDateField(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

export function fromDateField(words: string): number | undefined {
  const at = Date.parse(`${words}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : at / DAY_MS;
}
