import { describe, expect, test } from 'vitest';
import { Alerts } from './alerts';
import { bracketRuns, begin, documentLines, finished, openTexts } from './document';
import { keepFields, readFields } from './draft';
import { commitmentOf, itemOf, NO_REASON, planFields, planOf, reasonOf, teamOf, wordsOf } from './life-forms';
import { amina, document, plan, readout } from './life-sample';
import { FieldProblem } from './prejoin';
import { talkView } from './talk-sample';

function field(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldProblem) return error.field;
    throw error;
  }
  return 'none';
}

test('a plan comes out of its form as it went in', () => {
  expect(planOf(planFields(plan))).toEqual(plan);
});

describe('what is missing is said at its field', () => {
  const fields = planFields(plan);
  const reason = { ...NO_REASON, public: 'The strait is closed.' };
  test.each<[string, () => unknown]>([
    ['none', () => planOf(fields)],
    ['start', () => planOf({ ...fields, start: '' })],
    ['minutes', () => planOf({ ...fields, minutes: '0' })],
    ['minutes', () => planOf({ ...fields, minutes: '20161' })],
    ['place', () => planOf({ ...fields, place: ' ' })],
    ['none', () => planOf({ ...fields, place: '', mode: 'video' })],
    ['none', () => reasonOf(reason)],
    ['public', () => reasonOf(NO_REASON)],
    ['cause-date', () => reasonOf({ ...reason, causeText: 'A speech' })],
    ['cause-text', () => reasonOf({ ...reason, causeDate: '2027-03-10' })],
    ['cause-link', () => reasonOf({ ...reason, causeDate: '2027-03-10', causeText: 'A speech', causeLink: 'http://example.org' })],
    ['none', () => reasonOf({ ...reason, causeDate: '2027-03-10', causeText: 'A speech', causeLink: 'https://example.org' })],
    ['title', () => itemOf({ title: ' ', order: '1', minutes: '' })],
    ['mandate', () => teamOf({ name: 'Charts', mandate: '', mode: 'video', place: '', start: '', due: '', members: [] })],
    ['text', () => commitmentOf({ text: '', owner: '0', who: '', due: '' })],
    ['text', () => wordsOf(' \n')],
    ['headline', () => finished(document({ headline: ' ' }))],
    ['paragraph-0', () => finished(document({ paragraphs: [{ text: ' ', attribution: { is: 'none' } }] }))],
  ])('%s', (expected, run) => expect(field(run)).toBe(expected));
});

test('numbers that are none are none', () => {
  expect(itemOf({ title: 'Quotas', order: 'x', minutes: '-4' })).toEqual({ title: 'Quotas', order: 0, minutes: 0 });
});

test('a document is tidied: empty lines go, five points stay', () => {
  const points = [' one ', '', 'two', 'three', 'four', 'five', 'six'];
  const paragraphs = [{ text: 'A', attribution: { is: 'none' } as const }, { text: ' ', attribution: { is: 'none' } as const }];
  const { points: kept, paragraphs: told } = finished(document({ points, paragraphs }));
  expect([kept, told.length]).toEqual([['one', 'two', 'three', 'four', 'five'], 1]);
});

test('text in brackets is found, closed or not', () => {
  const open = (words: string) => bracketRuns(words).filter((run) => run.open).map((run) => run.text);
  expect(open('The sides [will] meet on [3|5] May.')).toEqual(['[will]', '[3|5]']);
  expect(open('An end] without a [beginning')).toEqual([']', '[beginning']);
  expect(open('Nothing is open.')).toEqual([]);
  expect(openTexts(document({ headline: 'A [b]', points: ['[c] d'], paragraphs: [{ text: '[e] [f]', attribution: { is: 'role', delegation: 0, role: '[g]' } }] }))).toBe(5);
  expect(openTexts(document())).toBe(0);
  const words = 'a [b] c] d [e';
  expect(bracketRuns(words).map((run) => run.text).join('')).toBe(words);
});

test('a document reads as lines, with whose words they are', () => {
  const attribution = { is: 'anonymous', delegation: 1 } as const;
  const lines = documentLines(document({ place: 'Lissen', date: '12 March', points: ['One.'], paragraphs: [{ text: 'A.', attribution }] }), talkView().delegations);
  expect(lines.replaceAll(/[\u2068\u2069]/g, '')).toBe(
    'The strait reopens\nLissen, 12 March\n\n- One.\n\nA.\n— an official of South, on condition of anonymity',
  );
});

test('a version that joins two follows both, and changes neither', () => {
  const other = { entry: 8, parents: [], by: amina, at: 0, document: document({ headline: 'Another' }), brackets: 0 };
  const both = readout({ versions: [...readout().versions, other], tips: [7, 8] });
  const draft = begin(both.versions, both.tips);
  expect(draft.parents).toEqual([7, 8]);
  draft.document.headline = 'Changed';
  expect(both.versions[1]!.document.headline).toBe('Another');
});

test('a form is as it was left, and takes nothing that it has no field for', () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const initial = { title: '', members: [] as string[] };
  keepFields(store, 'a', { title: 'Quotas', members: 'x', other: 1 });
  expect(readFields(store, 'a', initial)).toEqual({ title: 'Quotas', members: [] });
  expect(readFields(store, 'b', initial)).toEqual(initial);
  keepFields(store, 'a', undefined);
  expect(kept.size).toBe(0);
  kept.set('incamera-draft:a', '{broken');
  expect(readFields(store, 'a', initial)).toEqual(initial);
});

test('the browser says something only if it may, and only while nobody looks', async () => {
  const shown: string[] = [];
  let hidden = false;
  const alerts = new Alerts({ permission: () => 'default', request: async () => 'granted', show: (words) => shown.push(words), hidden: () => hidden });
  hidden = true;
  alerts.tell('one');
  await alerts.ask();
  alerts.tell('two');
  hidden = false;
  alerts.tell('three');
  expect(shown).toEqual(['two']);
});
