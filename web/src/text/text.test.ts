import { describe, expect, test } from 'vitest';
import { LANGUAGES, type LanguageCode, pickLanguage } from '.';
import { en } from './en';
import { plurals } from './forms';

type Entry = [path: string, value: unknown];

const catalogues = await Promise.all(
  (Object.keys(LANGUAGES) as LanguageCode[]).map(async (code) => ({
    code,
    messages: await LANGUAGES[code].load(),
  })),
);

describe.each(catalogues)('$code', ({ code, messages }) => {
  test('has what the English catalogue has, and nothing else', () => {
    const paths = (catalogue: object) => entries(catalogue).map(([path]) => path).sort();
    expect(paths(messages)).toEqual(paths(en));
  });

  test('says something everywhere, and everything with its placeholders', () => {
    expect(faults(messages)).toEqual([]);
  });

  test('doesn’t leave English where a translation belongs', () => {
    const english = new Map(entries(en));
    const same = entries(messages).filter(
      ([path, value]) => typeof value === 'string' && path !== 'product' && english.get(path) === value,
    );
    expect(code === 'en' ? [] : same).toEqual([]);
  });
});

test('an empty text and a forgotten placeholder are found', () => {
  const broken = { home: { lead: ' ', of: () => 'Screen' }, room: { of: (name: string) => `${name}` } };
  const shape = { home: { lead: 'x', of: (name: string) => name }, room: { of: (name: string) => name } };
  expect(faults(broken, shape)).toEqual(['home.lead is empty', 'home.of leaves out an argument']);
});

test('each form of Arabic’s plural is reached', () => {
  const plural = plurals('ar-u-nu-latn');
  const forms = { zero: '0', one: '1', two: '2', few: '# few', many: '# many', other: '# other' };
  expect([0, 1, 2, 3, 11, 100].map((count) => plural(count, forms))).toEqual([
    '0', '1', '2', '3 few', '11 many', '100 other',
  ]);
});

test.each([
  [null, ['de-CH', 'ar-EG', 'en'], 'ar'],
  [null, ['de-CH'], 'en'],
  ['ar', ['en-GB'], 'ar'],
  ['xx', ['en-GB'], 'en'],
  ['toString', [], 'en'],
] as const)('chosen %s, preferred %s: %s', (chosen, preferred, picked) => {
  expect(pickLanguage(chosen, preferred)).toBe(picked);
});

/** What is wrong with a catalogue. A text that is made of something has to name all of it. */
function faults(messages: object, shape: object = en): string[] {
  const arities = new Map(entries(shape).map(([path, value]) => [path, (value as { length?: number }).length ?? 0]));
  return entries(messages).flatMap(([path, value]) => {
    if (typeof value === 'string') return value.trim() === '' ? [`${path} is empty`] : [];
    if (typeof value !== 'function') return [`${path} is no text`];
    return lacks(value as (...args: unknown[]) => string, arities.get(path) ?? 0)
      ? [`${path} leaves out an argument`]
      : [];
  });
}

function lacks(say: (...args: unknown[]) => string, arity: number): boolean {
  if (say.length < arity) return true;
  const written = source(say);
  // Each parameter's name stands in the body too.
  return parameters(written).some((name) => written.split(new RegExp(`\\b${name}\\b`)).length < 3);
}

const source = (say: (...args: never[]) => string) => Function.prototype.toString.call(say);

function parameters(written: string): string[] {
  const head = /^\(?\{?\s*([^=]*?)\s*\}?\)?\s*=>/.exec(written)?.[1] ?? '';
  return head.match(/[A-Za-z_]\w*/g) ?? [];
}

function entries(value: unknown, path = ''): Entry[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => entries(inner, path === '' ? key : `${path}.${key}`));
}
