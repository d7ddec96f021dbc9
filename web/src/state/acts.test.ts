import { expect, test } from 'vitest';

import type { OpenAct } from '../e2ee/talk-messages';
import { openActWords } from './acts';

const LOCK: OpenAct = {
  id: '1', act: { is: 'lock' }, seat_name: null, shut_out: [], agreed: [1], asked: [0, 1], own: false, expires_in: 9,
};

test('a lock says whom it keeps out', () => {
  expect(openActWords(LOCK)).toBe('Lock the room');
  const words = openActWords({ ...LOCK, shut_out: ['Cy', 'Dee'] });
  expect(words.replaceAll(/[\u2066-\u2069]/g, '')).toBe('Lock the room: it keeps out Cy and Dee');
});
