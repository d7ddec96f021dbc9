import { expect, test } from 'vitest';
import type { Person } from '../e2ee/messages';
import { GOOD, hands, NO_SEAT } from './people';
import { talkView } from './talk-sample';
import { allotments, calledItem, clockWords, elapsed, type Heard, Turns } from './turns';
import { lifeView } from './life-sample';

const CALL = { id: 'i', current_since: 1_000_000 };
const STEP = 250;
const PEOPLE = [person(0, 0), person(1, 1), person(2, 1), person(3, null)];
const { delegations } = talkView();

/** Ticks for so many seconds while these are heard. */
function listen(turns: Turns, from: number, seconds: number, ...leaves: number[]): number {
  const end = from + seconds * 1000;
  for (let now = from; now <= end; now += STEP) turns.hear(new Set(leaves), PEOPLE, now);
  return end;
}

const spoken = (turns: Turns) => Object.fromEntries(turns.heard.get()?.spoken ?? []);

/** One side speaks, then the other, then two at once; the page sleeps in between. */
function counts(turns: Turns) {
  const then = listen(turns, 0, 10, 1);
  expect(spoken(turns)).toEqual({ 1: 10_000 });
  listen(turns, then, 3, 0);
  expect(spoken(turns)).toEqual({ 0: 3_000, 1: 10_000 });
  listen(turns, 60_000, 2, 1, 2);
  expect(spoken(turns)).toEqual({ 0: 3_000, 1: 13_000 });
}

test('each side’s time is what its people were heard, and nobody else’s', () => counts(following()));

/** Counting that is wrong in one way. */
const BROKEN: Record<string, (...heard: Parameters<Turns['hear']>) => Parameters<Turns['hear']>> = {
  'for everybody': (_, people, now) => [new Set([0, 1, 2]), people, now],
  'for the other side': (speaking, people, now) => [speaking, people.map((one) => ({ ...one, delegation: 1 - (one.delegation ?? 0) })), now],
  'for who has no side': (speaking, people, now) => [speaking, people.map((one) => ({ ...one, delegation: null })), now],
  'too fast': (speaking, people, now) => [speaking, people, now * 2],
  'not at all': (speaking, people) => [speaking, people, 0],
};

test.each(Object.entries(BROKEN))('the control: time that is counted %s is noticed', (_, wrong) => {
  class Wrong extends Turns {
    override hear(...heard: Parameters<Turns['hear']>) {
      super.hear(...wrong(...heard));
    }
  }
  const turns = new Wrong();
  turns.follow(CALL, CALL.current_since);
  expect(() => counts(turns)).toThrow();
});

test('two of one side at once use its time once, two sides each their own', () => {
  const turns = following();
  listen(turns, 0, 4, 0, 1, 2);
  expect(spoken(turns)).toEqual({ 0: 4_000, 1: 4_000 });
});

test('silence, strangers to every side, and people who aren’t there count for nobody', () => {
  const turns = following();
  listen(turns, 0, 4);
  listen(turns, 4000, 4, 3, 99);
  expect(spoken(turns)).toEqual({});
});

test('a page that slept counts nothing of it', () => {
  const turns = following();
  listen(turns, 0, 1, 0);
  turns.hear(new Set([0]), PEOPLE, 3_600_000);
  expect(spoken(turns)).toEqual({ 0: 2_000 });
});

test('nothing is counted while no item is before the meeting, and each call begins anew', () => {
  const turns = new Turns();
  listen(turns, 0, 5, 0);
  expect(turns.heard.get()).toBeUndefined();
  turns.follow(CALL, CALL.current_since);
  // What was heard before the call isn't its.
  listen(turns, 6_000, 2, 0);
  expect(spoken(turns)).toEqual({ 0: 2_000 });
  // The same call, told again.
  turns.follow({ ...CALL }, CALL.current_since + 60_000);
  expect(spoken(turns)).toEqual({ 0: 2_000 });
  turns.follow({ id: 'j', current_since: 2_000_000 }, 2_000_000);
  expect(spoken(turns)).toEqual({});
  listen(turns, 20_000, 1, 1);
  turns.follow({ ...CALL, current_since: 3_000_000 }, 3_000_000);
  expect(spoken(turns)).toEqual({});
  turns.follow(undefined, 3_000_000);
  expect(turns.heard.get()).toBeUndefined();
});

test('whoever came later than the call is told since when the page heard', () => {
  const from = (today: number) => {
    const turns = new Turns();
    turns.follow(CALL, today);
    return turns.heard.get()!.from;
  };
  expect(from(CALL.current_since + 2_000)).toBeUndefined();
  expect(from(CALL.current_since + 300_000)).toBe(CALL.current_since + 300_000);
  // The other side's clock is ahead.
  expect(from(CALL.current_since - 300_000)).toBeUndefined();
});

test('nobody’s time is shown before all sides agreed on it, then all sides’ in one order', () => {
  const heard: Heard = { item: 'i', from: undefined, spoken: new Map([[1, 90_000]]) };
  const item = (agreed: number | null) => ({ id: 'i', time: { agreed, said: [{ delegation: 0, minutes: 3 }] } });
  expect(allotments(item(null), delegations, heard)).toEqual([]);
  const shown = allotments(item(3), delegations, heard);
  expect(shown.map(({ delegation, used, share, up }) => [delegation, used, share, up])).toEqual([
    [0, 0, 0, false],
    [1, 90_000, 0.5, false],
  ]);
  // Whoever reads, and whichever order the page has them in.
  expect(allotments(item(3), [...delegations].reverse(), heard)).toEqual(shown);
  // A mediator has no allotment.
  const mediator = { index: 2, name: 'Lissen', neutral: true, own: false };
  expect(allotments(item(3), [...delegations, mediator], heard)).toEqual(shown);
  // Of another item, nothing was heard.
  expect(allotments(item(3), delegations, { ...heard, item: 'j' })).toEqual([]);
});

test('time that is used up is said to be, and no share is more than the whole', () => {
  const up = (ms: number) => {
    const heard = { item: 'i', from: undefined, spoken: new Map([[0, ms]]) };
    const { up, share } = allotments({ id: 'i', time: { agreed: 1, said: [] } }, delegations, heard)[0]!;
    return [up, share];
  };
  expect(up(59_999)[0]).toBe(false);
  expect(up(60_000)).toEqual([true, 1]);
  expect(up(90_000)).toEqual([true, 1]);
});

test('the queue is the hands in their order', () => {
  const people = [{ ...PEOPLE[0]!, hand: 9 }, PEOPLE[1]!, { ...PEOPLE[2]!, hand: 4 }];
  expect(hands(people).map(({ leaf, delegation }) => [leaf, delegation])).toEqual([[2, 1], [0, 0]]);
});

test('clocks are read as clocks, and none runs backwards', () => {
  expect([0, 999, 65_000, 3_845_000].map(clockWords)).toEqual(['0:00', '0:00', '1:05', '1:04:05']);
  expect([elapsed(1_000, 5_000), elapsed(5_000, 1_000)]).toEqual([4_000, 0]);
  expect(calledItem(lifeView())).toBeUndefined();
  expect(calledItem(undefined)).toBeUndefined();
});

function following(): Turns {
  const turns = new Turns();
  turns.follow(CALL, CALL.current_since);
  return turns;
}

function person(leaf: number, delegation: number | null): Person {
  return { leaf, name: `P${leaf}`, own: leaf === 0, sending: [], stale: false, hand: null, connection: null, quality: GOOD, ...NO_SEAT, delegation };
}
