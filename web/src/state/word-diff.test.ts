import { describe, expect, test } from 'vitest';
import { type Change, wordDiff } from './word-diff';

const without = (changes: Change[], kind: Change['kind']) =>
  changes.filter((one) => one.kind !== kind).map(({ text }) => text).join('');

const PAIRS: [string, string][] = [
  ['', ''],
  ['', 'New text.\nOf two lines.'],
  ['Old text.', ''],
  ['The sides meet on 3 May.', 'The sides will meet on 5 May.'],
  ['One.\nTwo.\nThree.\n', 'One.\nThree.\nFour.\n'],
  ['a b c d', 'd c b a'],
  ['اتفق الطرفان على [كل] شيء.', 'اتفق الطرفان على كل شيء مهم.'],
];

describe.each(PAIRS)('from %j to %j', (before, after) => {
  test('both texts are whole in it', () => {
    const changes = wordDiff(before, after);
    expect(without(changes, 'added')).toBe(before);
    expect(without(changes, 'removed')).toBe(after);
    for (const [nth, one] of changes.entries()) {
      expect(one.text).not.toBe('');
      expect(changes[nth + 1]?.kind).not.toBe(one.kind);
    }
  });
});

test('only the words that changed are marked', () => {
  expect(wordDiff('The sides meet on 3 May.', 'The sides will meet on 5 May.')).toEqual([
    { kind: 'same', text: 'The sides ' },
    { kind: 'added', text: 'will ' },
    { kind: 'same', text: 'meet on ' },
    { kind: 'removed', text: '3' },
    { kind: 'added', text: '5' },
    { kind: 'same', text: ' May.' },
  ]);
});

test('a line that stays is never marked for one that moved in before it', () => {
  const changes = wordDiff('The first.\nThe last.\n', 'Something else.\nThe first.\nThe last.\n');
  expect(changes).toEqual([
    { kind: 'added', text: 'Something else.\n' },
    { kind: 'same', text: 'The first.\nThe last.\n' },
  ]);
});

test('texts too long to compare word by word are still whole', () => {
  const long = (word: string) => `${word} `.repeat(3_000).trim();
  const changes = wordDiff(long('a b'), long('c d'));
  expect(changes.map(({ kind }) => kind)).toEqual(['removed', 'added']);
  expect(changes.map(({ text }) => text.length)).toEqual([long('a b').length, long('c d').length]);
});
