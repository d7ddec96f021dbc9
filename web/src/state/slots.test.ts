import { expect, test } from 'vitest';
import type { Kind } from '../e2ee/messages';
import { SlotBook } from './slots';

const ANNA = { leaf: 1, kind: 'camera' as const };
const BEN = { leaf: 2, kind: 'camera' as const };

test('a picture is shown once the screen reaches its first frame', () => {
  const book = bookWith();
  own(book, 1, 100);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
  expect(book.presented(7, 99, 0)).toBe(false);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
  expect(book.presented(7, 100, 0)).toBe(true);
  expect(book.shown(ANNA, true, 0)).toBe(7);
});

test('a name never stands on another’s face', () => {
  const book = bookWith();
  own(book, 1, 100);
  book.presented(7, 100, 0);
  own(book, 2, 200);
  // The screen may still show Anna, and soon shows Ben: neither name may stand on it.
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
  expect(book.shown(BEN, true, 0)).toBeUndefined();
  book.presented(7, 150, 0);
  expect(book.shown(BEN, true, 0)).toBeUndefined();
  book.presented(7, 200, 0);
  expect(book.shown(BEN, true, 0)).toBe(7);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
});

test('a browser that doesn’t say which frame it shows shows none', () => {
  const book = bookWith();
  own(book, 1, 100);
  expect(book.presented(7, undefined, 0)).toBe(false);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
});

test('a screen is no camera', () => {
  const book = bookWith();
  own(book, 1, 100, 'screen');
  book.presented(7, 100, 0);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
  expect(book.shown({ leaf: 1, kind: 'screen' }, true, 0)).toBe(7);
});

test('what is no longer sent goes away, and comes back with a new frame only', () => {
  const book = bookWith();
  own(book, 1, 100);
  book.presented(7, 100, 0);
  expect(book.shown(ANNA, false, 900)).toBe(7);
  expect(book.shown(ANNA, false, 1100)).toBeUndefined();
  expect(book.shown(ANNA, true, 1200)).toBeUndefined();
  book.presented(7, 5000, 1300);
  expect(book.shown(ANNA, true, 1300)).toBe(7);
});

test('a frozen picture stays while it is announced', () => {
  const book = bookWith();
  own(book, 1, 100);
  book.presented(7, 100, 0);
  expect(book.shown(ANNA, true, 60_000)).toBe(7);
});

test('a leaf that changed hands inherits no picture', () => {
  const book = bookWith();
  own(book, 1, 100);
  book.presented(7, 100, 0);
  book.forgetLeaf(1);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
  book.presented(7, 200, 0);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
});

test('slots of a former connection are unknown', () => {
  const book = bookWith();
  book.reset([{ slot: 9, media: 'video' }]);
  own(book, 1, 100);
  book.presented(7, 100, 0);
  expect(book.shown(ANNA, true, 0)).toBeUndefined();
});

function bookWith(): SlotBook {
  const book = new SlotBook();
  book.reset([{ slot: 7, media: 'video' }]);
  return book;
}

function own(book: SlotBook, leaf: number, rtpTimestamp: number, kind: Kind = 'camera'): void {
  book.ownerChanged({ slot: 7, leaf, kind, rtpTimestamp, turn: 1 });
}
