import { expect, test } from 'vitest';

import { ar } from '../text/ar';
import { refusal } from './refusal';

test('a refusal is said in the page’s words', () => {
  expect(refusal('talk:not_head')).toBe('Only a head of a delegation can do this.');
  expect(refusal('talk:not-tip')).toBe('This wasn’t written: another version was written at the same time.');
  expect(refusal('talk:what is this')).toBe('This wasn’t written: the rules of the record don’t allow it.');
  for (const sentence of Object.values(ar.talk.refusal.sentences)) expect(sentence).not.toMatch(/[a-z]/i);
});

test('what has no code stays as it is', () => {
  expect(refusal('The server is full.')).toBe('The server is full.');
});
