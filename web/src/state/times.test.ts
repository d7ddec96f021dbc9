import { expect, test } from 'vitest';
import { dateWords, dayTimeWords, fromDateField, fromField, isZone, localTimes, spanWords, toDateField, toField, Zones, zoneWords } from './times';

const MARCH = Date.UTC(2027, 2, 12, 9, 30);

class Kept {
  all = new Map<string, string>();
  getItem = (key: string) => this.all.get(key) ?? null;
  setItem = (key: string, value: string) => void this.all.set(key, value);
  removeItem = (key: string) => void this.all.delete(key);
}

test('one moment reads as each zone has it', () => {
  expect(dayTimeWords(MARCH, 'UTC')).toMatch(/^Friday,? 12 March 2027(,| at) 09:30$/);
  expect(dayTimeWords(MARCH, 'Asia/Tokyo')).toContain('18:30');
  expect(spanWords(MARCH, 90, 'UTC').replaceAll(/\s/g, ' ')).toMatch(/09:30\s?–\s?11:00$/);
  expect(dateWords(20_000)).toBe('4 October 2024');
  expect(zoneWords('Asia/Kolkata', MARCH)).toBe('Asia/Kolkata (UTC+5:30)');
  expect(zoneWords('UTC', MARCH)).toBe('UTC');
});

test('fields give back what they were given', () => {
  expect(fromField(toField(MARCH))).toBe(MARCH);
  expect([toField(0), fromField(''), fromField('soon')]).toEqual(['', 0, 0]);
  expect(fromDateField(toDateField(20_000))).toBe(20_000);
  expect(fromDateField('')).toBeUndefined();
});

test('the second zone is remembered, and only if there is such a zone', () => {
  const store = new Kept();
  const zones = new Zones(store, 'UTC');
  zones.choose('Asia/Tokyo');
  expect(new Zones(store, 'UTC').second.get()).toBe('Asia/Tokyo');
  zones.choose('Mars/Olympus');
  expect(new Zones(store, 'UTC').second.get()).toBeUndefined();
  expect([isZone('Europe/Zurich'), isZone('Mars/Olympus'), isZone(null)]).toEqual([true, false, false]);
});

test('a moment is told where each delegation is, unless it is the same hour everywhere', () => {
  const zones = (...names: string[]) => names.map((zone, delegation) => ({ delegation, zone }));
  const words = (own: string, ...names: string[]) => localTimes(MARCH, zones(...names), own).map((one) => one.words);
  expect(words('UTC', 'Europe/Zurich', 'Africa/Nairobi')).toEqual(['10:30', '12:30']);
  expect(words('UTC', 'UTC', 'Africa/Nairobi')).toEqual(['09:30', '12:30']);
  // Of another name, but with the same clock.
  expect(words('UTC', 'UTC', 'Africa/Accra')).toEqual([]);
  expect(words('UTC')).toEqual([]);
  expect(words('UTC', 'Pacific/Kiritimati')).toEqual(['23:30']);
  expect(words('UTC', 'Pacific/Pago_Pago')[0]).toMatch(/^Thursday,? 11 March 2027.*22:30$/);
});

test('a zone that no browser knows is told in UTC, by its name', () => {
  expect(localTimes(MARCH, [{ delegation: 1, zone: 'Mars/Olympus' }], 'Europe/Zurich')).toEqual([{ delegation: 1, words: '09:30', unknown: 'Mars/Olympus' }]);
});
