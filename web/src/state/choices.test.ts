import { expect, test } from 'vitest';
import { ChoiceBook } from './choices';

function memory(stored?: string) {
  let value = stored ?? null;
  return { getItem: () => value, setItem: (_key: string, next: string) => void (value = next) };
}

test('a choice is remembered', () => {
  const place = memory();
  new ChoiceBook(place).set({ view: 'grid', self: 'small' });
  new ChoiceBook(place).announce('joins', false);
  const { view, self, announce } = new ChoiceBook(place).state.get();
  expect({ view, self, announce }).toEqual({
    view: 'grid',
    self: 'small',
    announce: { joins: false, hands: true, chat: true },
  });
});

test.each(['{', 'null', '7', '{"view":"round","shortcuts":"no","announce":{"chat":3}}', '{"announce":null}'])(
  'what can’t be read is as at first: %s',
  (stored) => {
    expect(new ChoiceBook(memory(stored)).state.get()).toEqual(new ChoiceBook().state.get());
  },
);

test('without storage a choice holds for the page', () => {
  const forbidden = { getItem: () => null, setItem: () => { throw new Error('quota'); } };
  const book = new ChoiceBook(forbidden);
  book.set({ shortcuts: false });
  expect(book.state.get().shortcuts).toBe(false);
});
