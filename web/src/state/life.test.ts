import { describe, expect, test } from 'vitest';
import type { AgendaItem, Commitment, Meeting, Readout, Team } from '../e2ee/life-messages';
import {
  actor, commitmentActs, current, floorActs, itemActs, meetingActs, missing, offeredTime, readoutActs, readoutState, stand, teamActs, teamRoom, waitsIn,
} from './life';
import { amina, document, jonas, lifeView, MARCH_12, meeting, plan, readout } from './life-sample';
import { talkView } from './talk-sample';

const head = actor(talkView());
const guest = actor(talkView({}, { head: false, role: 'observer' }));
const mediator = actor(talkView({ delegations: [{ index: 0, name: 'Lissen', neutral: true, own: true }] }));

describe('a meeting', () => {
  test.each<[string, Partial<Meeting>, string[]]>([
    ['proposed by them', {}, ['accept', 'decline', 'counter', 'postpone', 'cancel']],
    ['proposed by us', { offer: { plan, by: 0, agreed: [0] } }, ['takeBack', 'move', 'postpone', 'cancel']],
    ['agreed', { state: 'agreed', plan, offer: null }, ['begin', 'move', 'postpone', 'cancel']],
    ['agreed, to be moved', { state: 'agreed', plan }, ['accept', 'begin', 'decline', 'counter', 'postpone', 'cancel']],
    ['in session', { state: 'in_session', plan, offer: null }, ['adjourn', 'end']],
    ['adjourned', { state: 'adjourned', plan, offer: null }, ['resume', 'end', 'move', 'postpone', 'cancel']],
    ['postponed', { state: 'postponed', plan, offer: null }, ['move', 'cancel']],
    ['cancelled', { state: 'cancelled', plan, offer: null }, ['again']],
    ['declined', { state: 'declined', offer: null }, ['again']],
    ['held', { state: 'held', plan, offer: null }, []],
  ])('that is %s', (_, change, acts) => {
    expect(meetingActs(meeting(change), head)).toEqual(acts);
    expect(meetingActs(meeting(change), guest)).toEqual([]);
    // A mediator's consent isn't asked.
    expect(meetingActs(meeting(change), mediator)).not.toContain('accept');
  });
});

const item: AgendaItem = { id: 'i', title: 'Quotas', order: 1, minutes: 20, state: 'open', marks: [], current_since: null, time: { agreed: null, said: [] }, sides: [], last: 3 };
const team: Team = {
  id: 't', name: 'Charts', mandate: '', mode: 'video', place: '', start: 0, due: 0, members: [], room: 'r', state: 'proposed', agreed: [1], offer: null, reason: null, reports: [], last: 4,
};
const offer = { ...team, by: 1, agreed: [1] };
const commitment: Commitment = { id: 'c', text: 'Release the crews', owner: 0, who: '', due: 0, team: null, state: 'proposed', drop_asked: null, agreed: [1], reason: null, last: 5 };

describe('the floor', () => {
  const said = (...minutes: (number | null)[]) => minutes.flatMap((one, delegation) => (one === null ? [] : [{ delegation, minutes: one }]));
  const time = (...minutes: (number | null)[]) => ({ ...item, time: { agreed: null, said: said(...minutes) } });

  test('an item is called by a head, and set aside while it is before the meeting', () => {
    expect(floorActs(item, head)).toEqual(['call', 'proposeTime']);
    expect(floorActs({ ...item, current_since: 5 }, head)).toEqual(['rest', 'proposeTime']);
    expect(floorActs(item, guest)).toEqual([]);
    // A mediator leads through the agenda, and has no say in how long the sides speak.
    expect(floorActs(time(null, 10), mediator)).toEqual(['call']);
  });

  test('what is agreed to is another side’s word, unless one’s own is the same', () => {
    expect([time(), time(10), time(null, 10), time(5, 10), time(10, 10), time(null, 0)].map((one) => offeredTime(one, 0))).toEqual([
      undefined, undefined, 10, 10, undefined, 0,
    ]);
    expect(floorActs(time(null, 10), head)).toContain('agreeTime');
    expect(floorActs(time(10, 10), head)).not.toContain('agreeTime');
    expect(waitsIn(lifeView({ agenda: [time(null, 10)] }), head, 0)).toEqual([{ is: 'time', section: 'agenda', about: 'Quotas' }]);
  });
});

describe('a team’s room', () => {
  const members = ['x', 'y'].map((seat) => ({ seat, name: seat, delegation: 0 }));
  const works: Team = { ...team, members, state: 'agreed' };
  const place = { id: 'r', seats: ['x', 'y'], own: false, ready: false };
  const begin = { id: 'b', act: { is: 'begin_room' as const, room: 'r', seats: ['x'] }, seat_name: null, shut_out: [], agreed: [1], asked: [0, 1], own: false, expires_in: 9 };

  test.each<[string, Team, Parameters<typeof talkView>[0], ReturnType<typeof teamRoom>]>([
    ['not proposed', works, {}, { is: 'none', acts: ['beginRoom'] }],
    ['without members', { ...works, members: [] }, {}, { is: 'none', acts: [] }],
    ['of a team not agreed', { ...works, state: 'proposed' }, {}, { is: 'none', acts: [] }],
    ['asked for', works, { acts: [begin] }, { is: 'asked', acts: [] }],
    ['of others', works, { rooms: [place] }, { is: 'there', acts: ['endRoom'] }],
    ['of other people than the team', works, { rooms: [{ ...place, seats: ['x'] }] }, { is: 'there', acts: ['moreInRoom', 'endRoom'] }],
    ['one’s own, without the key', works, { rooms: [{ ...place, own: true }] }, { is: 'waits', acts: ['endRoom'] }],
    ['one’s own', works, { rooms: [{ ...place, own: true, ready: true }] }, { is: 'ready', acts: ['enterRoom', 'endRoom'] }],
    ['of a closed team', { ...works, state: 'closed' }, { rooms: [place] }, { is: 'there', acts: ['endRoom'] }],
  ])('that is %s', (_, one, change, expected) => {
    expect(teamRoom(one, talkView(change), head, true)).toEqual(expected);
    const entered = expected.acts.filter((act) => act === 'enterRoom');
    // Neither who isn't a head decides, nor who is bound by another act.
    expect(teamRoom(one, talkView(change), guest, true).acts).toEqual(entered);
    expect(teamRoom(one, talkView(change), head, false).acts).toEqual(entered);
  });
});

test('an item is marked, parked and opened again by heads', () => {
  expect(itemActs(item, head)).toEqual(['agree', 'park', 'change']);
  expect(itemActs({ ...item, marks: [0] }, head)).toEqual(['park', 'reopen', 'change']);
  expect(itemActs({ ...item, state: 'agreed', marks: [0, 1] }, head)).toEqual(['reopen', 'change']);
  expect(itemActs(item, guest)).toEqual([]);
});

test('a team’s member reports; heads decide', () => {
  expect(teamActs(team, head)).toEqual(['agree', 'refuse', 'change']);
  expect(teamActs({ ...team, agreed: [0] }, head)).toEqual(['change']);
  // Another mandate for a team at work.
  expect(teamActs({ ...team, state: 'agreed', agreed: [0, 1], offer }, head)).toEqual(['agree', 'refuse', 'report', 'change', 'close']);
  expect(teamActs({ ...team, state: 'agreed', agreed: [0, 1] }, head)).toEqual(['report', 'change', 'close']);
  const member = { seat: 'own', name: 'Amina', delegation: 0 };
  expect(teamActs({ ...team, state: 'agreed', agreed: [0, 1], members: [member] }, guest)).toEqual(['report']);
  expect(teamActs({ ...team, state: 'agreed' }, guest)).toEqual([]);
  expect(teamActs({ ...team, state: 'closed', members: [member] }, head)).toEqual([]);
});

test('a commitment is done by its owner and dropped by two', () => {
  expect(commitmentActs(commitment, head)).toEqual(['agree', 'drop']);
  expect(commitmentActs({ ...commitment, state: 'open' }, head)).toEqual(['done', 'drop']);
  expect(commitmentActs({ ...commitment, state: 'open', owner: 1 }, head)).toEqual(['drop']);
  expect(commitmentActs({ ...commitment, state: 'open', drop_asked: 1 }, head)).toEqual(['done', 'agreeDrop']);
  expect(commitmentActs({ ...commitment, state: 'open', drop_asked: 0 }, head)).toEqual(['done', 'keep']);
  expect(commitmentActs({ ...commitment, state: 'done', owner: 1 }, head)).toEqual(['reopen']);
  expect(commitmentActs({ ...commitment, state: 'dropped' }, head)).toEqual([]);
});

describe('a readout', () => {
  const open: Readout = readout({ versions: [{ entry: 7, parents: [], by: amina, at: 0, document: document(), brackets: 1 }] });
  const signature = { delegation: 0, by: 'Amina', on: 7, entry: 9, key: 'k', signature: '' };

  test('is signed by heads, once nothing stands in brackets and it is the only one', () => {
    expect(readoutActs(readout(), head)).toEqual(['sign', 'edit', 'comment', 'dispute']);
    expect(readoutActs(open, head)).not.toContain('sign');
    const other = { entry: 8, parents: [], by: jonas, at: 0, document: document(), brackets: 0 };
    const crossed = readout({ versions: [...readout().versions, other], tips: [7, 8] });
    expect(readoutActs(crossed, head)).not.toContain('sign');
    expect(readoutActs(readout(), guest)).toEqual(['comment']);
    expect(readoutActs(readout(), mediator)).not.toContain('sign');
  });

  test('a signature can be taken back until every side has signed', () => {
    expect(readoutActs(readout({ signatures: [signature] }), head)).toContain('unsign');
    const agreed = readout({ agreed: 7, hash: 'ff', signatures: [signature, { ...signature, delegation: 1 }] });
    expect(readoutActs(agreed, head)).toEqual(['publish', 'comment']);
    expect(readoutActs({ ...agreed, published: true }, head)).toEqual(['comment']);
    expect([readoutState(readout()), readoutState(readout({ signatures: [signature] })), readoutState(agreed)]).toEqual(['draft', 'signed', 'agreed']);
    expect(current(agreed)?.entry).toBe(7);
  });

  test('a side that disputes it can take that back', () => {
    const disputes = [{ delegation: 0, text: 'Not so', on: 7, by: amina }];
    expect(readoutActs(readout({ disputes }), head)).toContain('undispute');
    expect(readoutActs(readout({ disputes }), head)).not.toContain('dispute');
  });
});

test('what waits for a head is named, and nothing waits for who may only read', () => {
  const signed = { delegation: 1, by: 'Jonas', on: 7, entry: 9, key: 'k', signature: '' };
  const life = lifeView({
    meetings: [meeting(), meeting({ id: 'n', offer: { plan, by: 0, agreed: [0] } })],
    agenda: [{ ...item, marks: [1] }, item],
    teams: [team, { ...team, id: 'u', state: 'agreed', agreed: [0, 1], due: MARCH_12 }],
    commitments: [commitment, { ...commitment, id: 'd', state: 'open', due: MARCH_12 }],
    readouts: [readout({ signatures: [signed] }), readout({ id: 's' })],
  });
  const is = (now: number) => waitsIn(life, head, now).map((one) => one.is);
  expect(is(MARCH_12)).toEqual(['meeting', 'item', 'team', 'report', 'commitment', 'done', 'sign']);
  expect(is(MARCH_12 - 1)).not.toContain('report');
  expect(waitsIn(life, guest, MARCH_12)).toEqual([]);
  expect(waitsIn(life, actor(talkView({ ended: true })), MARCH_12)).toEqual([]);
});

test('sides that have to agree yet are those that are asked', () => {
  const delegations = [...talkView().delegations, { index: 2, name: 'Lissen', neutral: true, own: false }];
  expect(missing([0], delegations)).toEqual([1]);
});

test('how far a talk is', () => {
  const at = (change: Partial<Meeting>) => stand(talkView(), lifeView({ meetings: [meeting(change)] }));
  expect(stand(talkView({ stage: 'offered' }), undefined)).toBe('proposed');
  expect(stand(talkView(), undefined)).toBe('open');
  expect([at({}), at({ state: 'agreed' }), at({ state: 'in_session' }), at({ state: 'postponed' }), at({ state: 'held' })]).toEqual([
    'open', 'planned', 'session', 'postponed', 'held',
  ]);
  expect(stand(talkView(), lifeView({ readouts: [readout({ agreed: 7 })] }))).toBe('agreed');
  expect(stand(talkView({ ended: true }), undefined)).toBe('ended');
  expect(stand(talkView({ mismatch: true }), undefined)).toBe('broken');
});
