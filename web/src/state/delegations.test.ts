import { expect, test } from 'vitest';
import { ar } from '../text/ar';
import { en } from '../text/en';
import { look, MAX_DELEGATIONS } from './delegations';

const all = Array.from({ length: MAX_DELEGATIONS }, (_, index) => look(index));

test('no two delegations look the same', () => {
  expect(new Set(all.map(({ hue, pattern }) => `${hue} ${pattern}`)).size).toBe(MAX_DELEGATIONS);
  expect(new Set(all.map(({ letter }) => letter)).size).toBe(MAX_DELEGATIONS);
});

test('each language has a letter for each delegation', () => {
  for (const { letters } of [en.talk, ar.talk]) expect(new Set(letters).size).toBe(MAX_DELEGATIONS);
});

test('none has the red that means stop', () => {
  for (const { hue } of all) expect(hue > 45 && hue < 350).toBe(true);
});
