import { expect, test } from 'vitest';
import { Speakers } from './speakers';

/** `[from, to, leaf, level]` in seconds; everybody else is quiet. */
type Talk = [number, number, number, number];

const STEP = 250;

/** `seconds -> leaf`: who has the place, at each change. */
function places(seconds: number, ...talks: Talk[]): [number, number | undefined][] {
  const speakers = new Speakers();
  const changes: [number, number | undefined][] = [];
  for (let at = 0; at <= seconds * 1000; at += STEP) {
    for (const leaf of new Set(talks.map(([, , leaf]) => leaf))) {
      const now = talks.find(([from, to, who]) => who === leaf && from * 1000 <= at && at < to * 1000);
      speakers.hear(leaf, now?.[3] ?? 0.001, at);
    }
    speakers.speaking(at);
    if (speakers.featured !== changes.at(-1)?.[1]) changes.push([at / 1000, speakers.featured]);
  }
  return changes;
}

test('whoever speaks gets the place, after a moment', () => {
  expect(places(5, [1, 4, 7, 0.2])).toEqual([[2, 7]]);
});

test('a short noise gets nothing', () => {
  expect(places(10, [1, 1.5, 1, 0.9], [3, 3.75, 1, 0.9], [6, 6.25, 2, 0.9])).toEqual([]);
});

test('a noise doesn’t take the place from who speaks', () => {
  expect(places(10, [0, 10, 1, 0.1], [4, 5, 2, 0.9])).toEqual([[1, 1]]);
});

test('an answer takes the place once the other is quiet', () => {
  expect(places(10, [0, 4, 1, 0.1], [4, 8, 2, 0.1])).toEqual([[1, 1], [5, 2]]);
});

test('two who talk at once don’t flap', () => {
  const both = places(60, [0, 60, 1, 0.1], [1, 60, 2, 0.12]);
  expect(both).toEqual([[1, 1]]);
});

test('two who take turns quickly change at most every second and a half', () => {
  const turns = Array.from({ length: 40 }, (_, turn): Talk => [turn, turn + 1, turn % 2, 0.2]);
  const changes = places(40, ...turns);
  const gaps = changes.slice(1).map(([at], index) => at - changes[index]![0]);
  expect(Math.min(Infinity, ...gaps)).toBeGreaterThanOrEqual(1.5);
});

test('who interrupts for long and louder gets the place', () => {
  expect(places(10, [0, 10, 1, 0.05], [2, 10, 2, 0.5])).toEqual([[1, 1], [4.5, 2]]);
});

test('a pause between words doesn’t end a speech', () => {
  expect(places(6, [0, 0.5, 3, 0.2], [1, 1.5, 3, 0.2], [2, 2.5, 3, 0.2])).toEqual([[1, 3]]);
});

test('the frame lights at once, and goes out soon', () => {
  const speakers = new Speakers();
  speakers.hear(4, 0.3, 1000);
  expect([...speakers.speaking(1000)]).toEqual([4]);
  expect([...speakers.speaking(1600)]).toEqual([4]);
  expect([...speakers.speaking(1800)]).toEqual([]);
});

test('who leaves is forgotten', () => {
  const speakers = new Speakers();
  for (let at = 0; at <= 2000; at += STEP) {
    speakers.hear(4, 0.3, at);
    speakers.speaking(at);
  }
  expect([speakers.featured, speakers.recent]).toEqual([4, [4]]);
  speakers.forget(4);
  expect([speakers.featured, speakers.recent]).toEqual([undefined, []]);
});
