import { expect, test } from 'vitest';
import type { Act, OpenAct, TalkView } from '../e2ee/talk-messages';
import { goneActs } from './acts';
import { talkView } from './talk-sample';

const SEAT = { id: 's', delegation: 1, name: 'Jonas', role: 'expert', vouched_by: 'B', approved_by: [], revoked: false } as const;
const open = (act: Act): OpenAct => ({ id: 'x', act, seat_name: 'Jonas', agreed: [0], asked: [0, 1], own: true, expires_in: 3 });

test.each<[string, Act, Partial<TalkView>]>([
  ['In force: Eject Jonas', { is: 'eject', seat: 's' }, { seats: [{ ...SEAT, approved_by: [], revoked: true }] }],
  ['Lapsed: Eject Jonas', { is: 'eject', seat: 's' }, { seats: [{ ...SEAT, approved_by: [] }] }],
  ['In force: Lock the room', { is: 'lock' }, { locked: true }],
  ['Lapsed: Lock the room', { is: 'lock' }, {}],
  ['In force: Unlock the room', { is: 'unlock' }, {}],
  ['In force: End the talk', { is: 'end' }, { ended: true }],
  ['In force: Each side seats its own people', { is: 'rules', admit: 'roster' }, { rules: { admit: 'roster' } }],
  ['Lapsed: Each side seats its own people', { is: 'rules', admit: 'roster' }, {}],
])('%s', (words, act, after) => {
  const told = goneActs(talkView({ acts: [open(act)] }), talkView(after));
  expect(told).toHaveLength(1);
  expect(told[0]!.replace(/[\u2068\u2069]/g, '')).toContain(words);
});

test('an act that is still open, and a lock of a locked room, are not told', () => {
  const locked = { locked: true, acts: [open({ is: 'lock' })] };
  expect(goneActs(talkView(locked), talkView(locked))).toEqual([]);
  expect(goneActs(talkView(locked), talkView({ locked: true }))).toEqual([]);
});
