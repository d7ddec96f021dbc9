import { expect, test } from 'vitest';
import type { Asking, OpenAct, Seated, TalkView } from '../e2ee/talk-messages';
import { talkView } from './talk-sample';
import { asking, digitGroups, endingOf, halves, isBound, isForeign, step, waitsFor } from './talk-step';

test.each<[string, Partial<TalkView>, Partial<TalkView['own']>]>([
  ['loading', { stage: 'loading' }, {}],
  ['offered', { stage: 'offered' }, {}],
  ['claimed', { stage: 'claimed' }, {}],
  ['claiming', { stage: 'claiming' }, { delegation: 1, seat: 'none' }],
  ['countersigned', { stage: 'founding' }, {}],
  ['sent', { stage: 'founding' }, { delegation: 1 }],
  ['compare', {}, {}],
  ['compare', { compared: [1] }, {}],
  ['enter', { compared: [0] }, {}],
  ['enter', { words: null }, {}],
  ['ask', {}, { head: false, seat: 'none' }],
  ['asked', {}, { head: false, seat: 'asked' }],
  ['vouched', {}, { head: false, seat: 'vouched' }],
  ['refused', {}, { head: false, seat: 'refused' }],
  ['enter', {}, { head: false, seat: 'ready' }],
  ['demoted', {}, { head: false, demoted: true }],
  ['ended', { ended: true }, {}],
  ['broken', { mismatch: true, compared: [0] }, {}],
  ['broken', { stage: 'broken', ended: true }, {}],
])('%s comes next', (expected, change, own) => {
  expect(step(talkView(change, own))).toBe(expected);
});

test('a guest of a delegation that has a head can ask; a head’s own keys are still loading', () => {
  const guest = talkView({ stage: 'loading' }, { head: false, seat: 'none' });
  expect([step(guest), step(guest, true)]).toEqual(['loading', 'ask']);
  expect(step(talkView({ stage: 'loading' }), true)).toBe('loading');
  expect(step(talkView({ stage: 'loading' }, { head: false, seat: 'asked' }), true)).toBe('asked');
});

test('keys from a backup take a seat first', () => {
  expect(step(talkView({}, { seat: 'none' }))).toBe('ask');
  expect(step(talkView({}, { seat: 'asked' }))).toBe('vouched');
});

test('nothing known is still loading', () => {
  expect(step(undefined)).toBe('loading');
});

test('what waits for a head is counted: who asks, who needs approval, what isn’t agreed', () => {
  const person = { name: 'B', role: 'expert', suspicions: [] } as const;
  const asks = { ...person, suspicions: [], hint: null, invited: true, expired: false, automatic: false };
  const act: OpenAct = { id: '1', act: { is: 'lock' }, seat_name: null, shut_out: [], agreed: [1], asked: [0, 1], own: false, expires_in: 9 };
  const view = talkView({
    lobby: [{ ...asks, id: 'a', state: 'asks' }, { ...asks, id: 'b', state: 'vouched' }],
    waiting: [{ ...person, suspicions: [], id: 'c', delegation: 1, vouched_by: 'D' }],
    acts: [act, { ...act, id: '2', own: true, agreed: [0] }, { ...act, id: '3', asked: [1] }],
  });
  expect(waitsFor(view)).toBe(3);
  expect(waitsFor({ ...view, own: { ...view.own, head: false } })).toBe(0);
  expect(waitsFor(undefined)).toBe(0);
});

test('a side that agreed to an open act can agree to nothing else', () => {
  const act: OpenAct = {
    id: '1', act: { is: 'lock' }, seat_name: null, shut_out: [], agreed: [1], asked: [0, 1], own: false, expires_in: 500,
  };
  expect(isBound(talkView({ acts: [act] }))).toBe(false);
  expect(isBound(talkView({ acts: [act, { ...act, id: '2', own: true, agreed: [0] }] }))).toBe(true);
});

test('a head’s office is taken back by whoever can make heads, and by nobody else', () => {
  const seat = (id: string, delegation: number): Seated =>
    ({ id, delegation, name: id, role: 'delegate', vouched_by: '', approved_by: [], revoked: false });
  const head = (of: string, root: boolean) => ({ id: `key of ${of}`, delegation: 0, name: of, seat: of, own: false, root, revoked: false });
  const heads = [head('own', true), head('second', false)];
  const first = talkView({ heads });
  const second = talkView({ heads }, { root: false, id: 'second' });
  const ways = (view: TalkView) =>
    [seat('own', 0), seat('second', 0), seat('guest', 0), seat('theirs', 1)].map((one) => endingOf(view, one));
  expect(ways(first)).toEqual([undefined, 'revoke', 'withdraw', 'eject']);
  expect(ways(second)).toEqual([undefined, undefined, 'withdraw', 'eject']);
  expect(ways(talkView({ heads }, { head: false, root: false, id: 'guest' }))).toEqual([undefined, undefined, undefined, undefined]);
});

test('who asks to be a head waits for whoever can make one', () => {
  const asks: Asking = {
    id: '1', name: 'Eve', role: 'head', hint: null, invited: true, expired: false, automatic: false, suspicions: [], state: 'asks',
  };
  expect(asking(talkView({ lobby: [asks] }))).toHaveLength(1);
  expect(asking(talkView({ lobby: [asks] }, { root: false }))).toHaveLength(0);
  expect(asking(talkView({ lobby: [{ ...asks, role: 'expert' }] }, { root: false }))).toHaveLength(1);
});

test('each side reads its own half, and both halves are all words', () => {
  const words = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(halves(words, true)).toEqual({ yours: ['a', 'b', 'c'], theirs: ['d', 'e', 'f'] });
  expect(halves(words, false)).toEqual({ yours: ['d', 'e', 'f'], theirs: ['a', 'b', 'c'] });
  expect(digitGroups('01234567890123456789')).toEqual(['01234', '56789', '01234', '56789']);
});

test('the page is another side’s for all but the proposer’s people', () => {
  expect(isForeign(talkView(), 0)).toBe(false);
  expect(isForeign(talkView({}, { delegation: 1 }), undefined)).toBe(true);
  // Who hasn't asked for a seat yet is known by the key alone.
  expect(isForeign(talkView({}, { delegation: null }), 1)).toBe(true);
  expect(isForeign(talkView({ stage: 'claiming' }, { delegation: null }), undefined)).toBe(true);
  expect(isForeign(undefined, undefined)).toBe(false);
});
