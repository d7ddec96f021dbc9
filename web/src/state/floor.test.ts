import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Person, View } from '../e2ee/messages';
import { ChoiceBook } from './choices';
import { Floor } from './floor';
import { Notices } from './notices';
import { GOOD, NO_SEAT, hands, qualitySentence, turnOf } from './people';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a reaction stands for some seconds; another takes its place', () => {
  const { floor } = bench();
  floor.reacted({ type: 'reaction', leaf: 1, name: 'Jonas', own: false, reaction: 'agree' });
  vi.advanceTimersByTime(3000);
  floor.reacted({ type: 'reaction', leaf: 1, name: 'Jonas', own: false, reaction: 'slower' });
  vi.advanceTimersByTime(3000);
  expect(floor.reactions.get().get(1)?.reaction).toBe('slower');
  vi.advanceTimersByTime(3000);
  expect(floor.reactions.get().size).toBe(0);
});

test('more reactions than others would be shown aren’t sent, and none without a connection', () => {
  const { floor, told } = bench();
  expect([0, 100, 200, 1300].map((now) => floor.mayReact(true, now))).toEqual([true, true, false, true]);
  expect(floor.mayReact(false, 9000)).toBe(false);
  expect(told()).toHaveLength(2);
});

test('who raises a hand is told once; one’s own, and those raised before one came, aren’t', () => {
  const { floor, told } = bench();
  floor.viewChanged(undefined, view(null, 4));
  floor.viewChanged(view(null, 4), view(9, 4));
  expect(told()).toEqual([]);
  floor.viewChanged(view(9, null), view(9, 12));
  floor.viewChanged(view(9, 12), view(9, 12));
  floor.viewChanged(view(9, 12), view(9, null));
  expect(told()).toEqual(['Jonas raised a hand.']);
});

test('what was asked to be quiet isn’t told, and nothing else is quiet', () => {
  const { floor, notices, choices, told } = bench();
  choices.announce('hands', false);
  floor.viewChanged(view(null, null), view(null, 1));
  floor.reacted({ type: 'reaction', leaf: 1, name: 'Jonas', own: false, reaction: 'agree' });
  expect(told()).toEqual([]);
  expect(floor.reactions.get().size).toBe(1);
  choices.announce('joins', false);
  notices.tellOf({ code: 'joined', name: 'Chen', by: null });
  expect(told()).toEqual([]);
  notices.tellOf({ code: 'doubt' });
  expect(told()).toHaveLength(1);
});

test('hands stand in the order in which they were raised', () => {
  const people = [person(0, 9), person(1, null), person(2, 4)];
  expect(hands(people).map(({ leaf }) => leaf)).toEqual([2, 0]);
  expect([0, 1, 2].map((leaf) => turnOf(leaf, people))).toEqual([2, undefined, 1]);
});

test('trouble is a sentence, its absence none', () => {
  expect(qualitySentence(GOOD, 'Jonas')).toBeUndefined();
  expect(qualitySentence({ level: 'poor', cause: 'uplink' }, undefined)).toMatch(/^Your connection loses/);
  expect(qualitySentence({ level: 'fair', cause: 'device' }, 'Jonas')).toMatch(/Jonas.*too busy/);
  expect(qualitySentence({ level: 'poor', cause: 'none' }, 'Jonas')).toBeUndefined();
});

function bench() {
  const choices = new ChoiceBook();
  const notices = new Notices(choices);
  const told = () => notices.shown.get().map(({ text }) => text.replace(/[\u2068\u2069]/g, ''));
  return { choices, notices, floor: new Floor(notices), told };
}

function person(leaf: number, hand: number | null): Person {
  return { leaf, name: ['Amina', 'Jonas'][leaf] ?? 'Chen', own: leaf === 0, sending: [], stale: false, hand, connection: null, quality: GOOD, ...NO_SEAT };
}

function view(own: number | null, other: number | null): View {
  return { state: { is: 'seated' }, title: null, room: null, epoch: 1, own_leaf: 0, people: [person(0, own), person(1, other)] };
}
