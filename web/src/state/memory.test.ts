import { expect, test } from 'vitest';
import { forgetful, Memory } from './memory';
import type { Unsent } from './unsent';

test('what wasn’t sent is kept for its talk, and goes with it', () => {
  const memory = new Memory(forgetful());
  const deed = { is: 'agenda_position', item: 'i', text: 'Half.', parents: [] } as const;
  const kept: Unsent[] = [{ id: 1, from: 3, deed: { ...deed, parents: [] } }];
  memory.keepUnsent('one', kept);
  expect(memory.unsent('one')).toEqual(kept);
  expect(memory.unsent('other')).toEqual([]);
  memory.forget('one');
  expect(memory.unsent('one')).toEqual([]);
  // What another version wrote is left out.
  memory.keepUnsent('one', [...kept, { id: 2, from: 3, deed: { is: 'later' } } as unknown as Unsent]);
  expect(memory.unsent('one')).toEqual(kept);
});

test('choices are kept, and one at a time', () => {
  const memory = new Memory(store());
  memory.prefer({ name: 'Amina' });
  memory.prefer({ camera: { on: false } });
  expect(memory.preferences()).toEqual({ name: 'Amina', camera: { on: false } });
});

test('a talk opened again goes first and keeps the key that ends it', () => {
  const memory = new Memory(store());
  memory.keep({ talk: 'a', fragment: '1.a', title: 'A', at: 1, control: 'secret' });
  memory.keep({ talk: 'b', fragment: '1.b', title: 'B', at: 2 });
  memory.keep({ talk: 'a', fragment: '1.a', title: 'A', at: 3 });
  expect(memory.talks()).toEqual([
    { talk: 'a', fragment: '1.a', title: 'A', at: 3, control: 'secret' },
    { talk: 'b', fragment: '1.b', title: 'B', at: 2 },
  ]);
  memory.forget('a');
  expect(memory.talks().map(({ talk }) => talk)).toEqual(['b']);
});

test('of too many talks those go first that others can open too', () => {
  const memory = new Memory(store());
  memory.keep({ talk: 'mine', fragment: '', title: '', at: 0, control: 'secret' });
  for (let at = 1; at <= 25; at += 1) {
    memory.keepUnsent(`${at}`, [{ id: 1, from: 3, deed: { is: 'agenda_position', item: 'i', text: 'Half.', parents: [] } }]);
    memory.keep({ talk: `${at}`, fragment: '', title: '', at });
  }
  const kept = memory.talks();
  expect(kept).toHaveLength(20);
  expect(memory.unsent('1')).toEqual([]);
  expect(memory.unsent('25')).toHaveLength(1);
  expect(kept.at(-1)?.talk).toBe('mine');
});

test('what is known of a talk grows; seats and a head’s keys aren’t lost to talks that came later', () => {
  const memory = new Memory(store());
  memory.keep({ talk: 'seat', kind: 'delegations', fragment: '', title: '', at: 0, secret: 'keys', head: true, claim: '1.c' });
  memory.keep({ talk: 'seat', kind: 'delegations', fragment: '', title: 'Fisheries', at: 0, secret: 'more' });
  for (let at = 1; at <= 25; at += 1) memory.keep({ talk: `${at}`, fragment: '', title: '', at });
  expect(memory.known('seat')).toMatchObject({ title: 'Fisheries', secret: 'more', head: true, claim: '1.c' });
  expect(memory.known('1')).toBeUndefined();
});

test('damaged and forbidden storage count as none', () => {
  const damaged = store();
  damaged.setItem('incamera-talks', '[{"talk":1},');
  damaged.setItem('incamera-preferences', '[]');
  expect(new Memory(damaged).talks()).toEqual([]);
  expect(new Memory(damaged).preferences()).toEqual({});
  const forbid = () => {
    throw new Error('forbidden');
  };
  const forbidden = new Memory({ getItem: forbid, setItem: forbid, removeItem: forbid });
  forbidden.prefer({ name: 'Amina' });
  expect(forbidden.operator()).toBeUndefined();
});

function store() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}
