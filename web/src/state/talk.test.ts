import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { E2ee, E2eeListener } from '../e2ee/client';
import type { Call, SessionEvent } from '../e2ee/messages';
import type { DeskNotice, TalkOpening } from '../e2ee/talk-messages';
import { RequestError } from '../signalling/http';
import type { ConnectionState, SignallingHooks } from '../signalling/socket';
import type { RegisterGroup } from '../wire/RegisterGroup';
import type { ServerMessage } from '../wire/ServerMessage';
import { ChoiceBook } from './choices';
import { amina, jonas, lifeView, line } from './life-sample';
import { Notices } from './notices';
import { Talk } from './talk';
import { talkView } from './talk-sample';
import type { Unsent } from './unsent';

const REGISTER = { type: 'register', group: 1, access: 'new', control: 'control' } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('it opens, proves who it is with what was kept last, and tells the session of the connection', async () => {
  const bench = new Bench();
  expect(bench.opened).toEqual({ talk: 'talk', origin: 'https://talks.example', fragment: '1.claim' });
  expect(await bench.prove('n')).toMatchObject({ key: 'fragment 1.claim' });
  bench.event({ type: 'keep', secret: 'kept' });
  expect(await bench.prove('n')).toMatchObject({ key: 'secret kept' });
  expect(bench.kept).toEqual([{ secret: 'kept' }]);
  bench.ready();
  bench.lose();
  expect(bench.types()).toEqual(['connected', 'disconnected']);
});

test('before a key is proven, what the session had to tell was heard', async () => {
  const bench = new Bench();
  // The worker's answer comes after the events of all that went before it.
  bench.beforeSettled = () => bench.event({ type: 'keep', secret: 'kept' });
  expect(await bench.prove('n')).toMatchObject({ key: 'secret kept' });
});

test('a claimed group is told to the server, then the talk goes on under the new key', async () => {
  const bench = new Bench();
  bench.ready();
  bench.event({ type: 'keep', secret: 'kept' });
  bench.event(REGISTER);
  // The server ends the socket that had proven the former key, maybe before it answers.
  bench.state({ name: 'refused', reason: 'access', detail: '' });
  expect(bench.turnedAway).toEqual([]);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.claims).toEqual([['talk', 1, { access: 'new', control: 'control', signature: 'signed' }]]);
  expect(bench.types()).toContain('registered');
  expect(bench.socket).toEqual(['start', 'stop', 'start']);
});

test('what the server can’t do now is tried again, what it refuses is told', async () => {
  const bench = new Bench();
  bench.event({ type: 'keep', secret: 'kept' });
  bench.refusals = [new RequestError('', 'unreachable'), new RequestError('', 'too_many')];
  bench.event(REGISTER);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bench.claims).toHaveLength(3);
  expect(bench.talk.failure.get()).toBeUndefined();
  bench.refusals = [new RequestError('', 'taken')];
  bench.event(REGISTER);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.talk.failure.get()).toContain('another talk');
});

test('a key that is refused otherwise turns one away', () => {
  const bench = new Bench();
  bench.state({ name: 'refused', reason: 'access', detail: '' });
  expect(bench.turnedAway).toEqual(['access']);
});

test('after a registration too: the new key has to be right', async () => {
  const bench = new Bench();
  bench.event({ type: 'keep', secret: 'kept' });
  bench.event(REGISTER);
  await vi.advanceTimersByTimeAsync(0);
  bench.state({ name: 'refused', reason: 'access', detail: '' });
  expect(bench.turnedAway).toEqual(['access']);
});

test('nothing of a person goes out untidied, and what is missing is asked for at its field', () => {
  const bench = new Bench();
  expect(() => bench.talk.claim({ delegation: ' ', person: 'Jonas' })).toThrow('delegation');
  expect(() => bench.talk.claim({ delegation: 'South', person: '' })).toThrow();
  expect(bench.inputs).toEqual([]);
  expect(bench.persisted).toBe(false);
  bench.talk.claim({ delegation: ' South  Sea ', person: ' Jonas' });
  expect(bench.inputs).toEqual([{ type: 'claim', delegation: 'South Sea', person: 'Jonas' }]);
  expect(bench.persisted).toBe(true);
  expect(() => bench.talk.refuse('s', '  ')).toThrow();
});

test('an invitation says until when it works, and comes back as link and code', async () => {
  const bench = new Bench();
  bench.talk.invite({ role: 'expert', hint: ' Chen ', days: 2, automatic: false }, 1_000);
  bench.talk.invite({ role: 'observer', hint: '', days: undefined, automatic: true }, 1_000);
  expect(bench.inputs).toEqual([
    { type: 'invite', role: 'expert', hint: 'Chen', expiry: 172_801_000, automatic: false },
    { type: 'invite', role: 'observer', hint: null, expiry: 0, automatic: true },
  ]);
  bench.event({ type: 'invited', id: 'i', fragment: '1.seat', code: 'CODE', role: 'expert', hint: 'Chen' });
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.talk.invited.get()).toEqual([
    { id: 'i', role: 'expert', hint: 'Chen', link: 'https://talks.example/t/talk#1.seat', code: 'CODE' },
  ]);
});

test('a press waits until something came of it', () => {
  const bench = new Bench();
  bench.talk.countersign();
  bench.talk.countersign();
  expect(bench.talk.sent.get()).toBe('countersign');
  bench.event({ type: 'talk', talk: talkView() });
  expect(bench.talk.sent.get()).toBeUndefined();
  bench.talk.approve(['a']);
  bench.talk.approve(['a']);
  bench.talk.approve(['b']);
  expect(bench.types()).toEqual(['countersign', 'approve', 'approve']);
  bench.refused('not now');
  expect(bench.talk.sent.get()).toBeUndefined();
  expect(bench.talk.notices.shown.get().map(({ text }) => text)).toEqual(['not now']);
});

test('the title and whose it is are kept', () => {
  const bench = new Bench();
  bench.event({ type: 'talk', talk: talkView() });
  bench.event({ type: 'talk', talk: talkView({ locked: true }) });
  expect(bench.kept).toEqual([{ title: 'Fisheries', head: true, root: true }]);
});

test.each<[DeskNotice, string]>([
  [{ code: 'act_in_force', id: 'x', act: { is: 'lock' } }, 'In force: Lock the room.'],
  [{ code: 'act_expired', id: 'x', act: { is: 'end' } }, 'Expired without both sides’ consent: End the talk.'],
  [{ code: 'act_superseded', id: 'x', act: { is: 'eject', seat: 's' } }, 'Void, since another decision came first: Eject Jonas.'],
  [{ code: 'act_in_force', id: 'x', act: { is: 'eject', seat: 'gone' } }, 'In force: Eject somebody.'],
  [{ code: 'void', reason: 'not-tip' }, 'Without effect: another version was written at the same time.'],
  [{ code: 'void', reason: 'bound' }, 'What you decided is void in the record (bound).'],
  [{ code: 'server_refuses' }, 'The server refuses'],
])('%o is told in words', (notice, words) => {
  const bench = new Bench();
  const seat = { id: 's', delegation: 1, name: 'Jonas', role: 'expert', vouched_by: 'B', approved_by: [], revoked: false } as const;
  bench.event({ type: 'talk', talk: talkView({ seats: [{ ...seat, approved_by: [] }] }) });
  bench.event({ type: 'desk', notice });
  const [told] = bench.talk.notices.shown.get();
  expect(told?.text.replace(/[\u2068\u2069]/g, '')).toContain(words);
});

test('while it isn’t certain which key the server has, the next one is tried', async () => {
  const bench = new Bench();
  bench.keys = 2;
  expect(await bench.prove('n')).toMatchObject({ key: 'fragment 1.claim' });
  bench.state({ name: 'refused', reason: 'access', detail: '' });
  await vi.advanceTimersByTimeAsync(0);
  expect([bench.turnedAway, bench.socket]).toEqual([[], ['start', 'stop', 'start']]);
  expect(await bench.prove('n')).toMatchObject({ key: 'fragment 1.claim 1' });
  bench.state({ name: 'refused', reason: 'access', detail: '' });
  expect(bench.turnedAway).toEqual(['access']);
});

test('who is in the room is told there what is new, and what was refused', () => {
  const bench = new Bench();
  const room = new Notices(new ChoiceBook());
  bench.event({ type: 'talk', talk: talkView() });
  const asks = { role: 'expert', hint: null, invited: true, expired: false, automatic: false, suspicions: [], state: 'asks' } as const;
  const lobby = (...names: string[]) => names.map((name) => ({ ...asks, suspicions: [], id: name, name }));
  bench.event({ type: 'talk', talk: talkView({ lobby: lobby('Chen') }) });
  bench.talk.tellIn(room);
  bench.event({ type: 'talk', talk: talkView({ lobby: lobby('Chen', 'Omar') }) });
  bench.refused('not now');
  const told = room.shown.get().map(({ text }) => text.replace(/[\u2068\u2069]/g, ''));
  expect(told).toEqual(['Omar asks to be seated.', 'not now']);
  expect(bench.talk.notices.shown.get()).toEqual([]);
});

test('what the other side writes is told, one’s own isn’t, and much at once is counted', () => {
  const bench = new Bench();
  const told = () => bench.talk.notices.shown.get().map(({ text }) => text.replaceAll(/[\u2068\u2069]/g, ''));
  const lines = [line({ is: 'seated', name: 'Cleo' }, jonas), line({ is: 'agenda_put', title: 'Quotas' }, amina), line({ is: 'agenda_put', title: 'Ships' }, jonas)];
  bench.event({ type: 'talk', talk: talkView() });
  bench.event({ type: 'life', life: lifeView({ timeline: lines.slice(0, 1) }) });
  // What stood there when the page was opened is no news.
  expect(told()).toEqual([]);
  bench.event({ type: 'life', life: lifeView({ timeline: lines }) });
  expect(told()).toEqual(['South put on the agenda: Ships.']);
  expect(bench.talk.newLines.get()).toBe(1);
  const more = [1, 2, 3].map((name) => line({ is: 'seated', name: `${name}` }, jonas));
  bench.event({ type: 'life', life: lifeView({ timeline: [...lines, ...more] }) });
  expect(told().at(-1)).toBe('3 new lines in the timeline');
});

test('what was seen goes beside the step, and an answer frees the button', () => {
  const bench = new Bench();
  const accept = { is: 'meeting_accept', meeting: 'm', seen: 5 } as const;
  bench.talk.take(accept);
  bench.talk.take(accept);
  expect(bench.inputs).toEqual([{ type: 'life', step: { is: 'meeting_accept', meeting: 'm' }, seen: 5 }]);
  bench.event({ type: 'life', life: lifeView() });
  bench.talk.take(accept);
  expect(bench.inputs).toHaveLength(2);
});

test('a backup needs a passphrase that is worth it, and says when it was made', async () => {
  const bench = new Bench();
  bench.event({ type: 'keep', secret: 'kept' });
  await expect(bench.talk.backup('  elevenchars ')).rejects.toMatchObject({ field: 'passphrase' });
  bench.event({ type: 'talk', talk: talkView({ stage: 'offered' }) });
  expect(await bench.talk.backup('twelve chars')).toBe('file of kept at https://talks.example');
  bench.event({ type: 'talk', talk: talkView() });
  await bench.talk.backup('twelve chars');
  expect(bench.kept.filter((one) => 'backup' in one)).toEqual([{ backup: 'early' }, { backup: 'full' }]);
});

test('the room hears of itself alone, and leaving it leaves the talk', () => {
  const bench = new Bench();
  bench.ready();
  const { line } = bench.talk;
  const heard: string[] = [];
  const room = line.forRoom();
  room.listen({
    send: () => undefined,
    event: ({ type }) => heard.push(type),
    owner: () => heard.push('owner'),
    refused: (error) => heard.push(error),
    broken: () => undefined,
  });
  const messages: string[] = [];
  const states: string[] = [];
  const part = line.signalling({
    prove: () => Promise.reject(new Error('not asked')),
    state: ({ name }) => states.push(name),
    message: ({ type }) => messages.push(type),
  });
  part.start();
  bench.event({ type: 'send_key_frame' });
  bench.event({ type: 'talk', talk: talkView() });
  bench.say({ type: 'entries', stream: 'record', entries: [], caught_up: true });
  bench.say({ type: 'refused', request: 0x8000_0001, reason: 'too_many', detail: '' });
  bench.say({ type: 'refused', request: 0xc000_0001, reason: 'bad_offer', detail: '' });
  bench.say({ type: 'answer', request: 0xe000_0001, sdp: '' });
  expect(heard).toEqual(['send_key_frame']);
  expect(states).toEqual(['ready']);
  expect(messages).toEqual(['refused', 'answer']);
  expect(bench.types()).toEqual(['connected', 'entries', 'refused']);
  part.stop();
  room.close();
  bench.say({ type: 'answer', request: 0xe000_0001, sdp: '' });
  bench.event({ type: 'send_key_frame' });
  expect([heard.length, messages.length]).toEqual([1, 2]);
  expect([bench.closed, bench.socket]).toEqual([false, ['start']]);
});

const item = { id: 'item', title: 'Quotas', order: 1, minutes: 0, state: 'open', marks: [], sides: [], last: 4 } as const;
const position = { is: 'agenda_position', item: 'item', text: 'Half.', parents: [] as number[] } as const;
const agenda = [{ ...item, marks: [], current_since: null, time: { agreed: null, said: [] }, sides: [] }];

test('a step is kept on the device until it stands in the record', async () => {
  const bench = new Bench();
  bench.event({ type: 'talk', talk: talkView() });
  bench.event({ type: 'life', life: lifeView({ agenda }) });
  bench.talk.take({ ...position, parents: [] });
  expect(bench.unsent).toMatchObject([{ deed: { text: 'Half.' } }]);
  // Another's line isn't it.
  const stands = { is: 'agenda_position', object: 'item', title: 'Quotas', text: 'Half.' } as const;
  bench.event({ type: 'life', life: lifeView({ agenda, timeline: [line(stands, jonas)] }) });
  expect(bench.unsent).toHaveLength(1);
  bench.event({ type: 'life', life: lifeView({ agenda, timeline: [line(stands, amina)] }) });
  expect(bench.unsent).toEqual([]);
});

test('what the page before couldn’t send is sent once the record was read, in its order and once', async () => {
  const kept = [
    { id: 1, from: 0, deed: { ...position, parents: [] } },
    { id: 2, from: 0, deed: { is: 'agenda_mark', item: 'item', state: 'parked', seen: 4 } },
    { id: 3, from: 0, deed: { is: 'team_refuse', team: 'gone', seen: 3, reason: { public: 'No.', between: '', cause: null } } },
  ] as Unsent[];
  const bench = new Bench(kept);
  bench.event({ type: 'talk', talk: talkView() });
  expect(bench.inputs).toEqual([]);
  bench.event({ type: 'life', life: lifeView({ agenda }) });
  await vi.runAllTimersAsync();
  const sent = [
    { type: 'life', step: { is: 'agenda_position', item: 'item', text: 'Half.', parents: [] } },
    { type: 'life', step: { is: 'agenda_mark', item: 'item', state: 'parked' }, seen: 4 },
  ];
  expect(bench.inputs).toEqual(sent);
  // What it went on from isn't there any more: that is told, and its words stay.
  expect(bench.unsent).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3, why: expect.stringMatching(/meanwhile/) as string }]);
  bench.event({ type: 'life', life: lifeView({ agenda }) });
  await vi.runAllTimersAsync();
  expect(bench.inputs).toEqual(sent);
});

test('another page of this device that is open sends it', async () => {
  const bench = new Bench([{ id: 1, from: 0, deed: { ...position, parents: [] } }], false);
  bench.event({ type: 'talk', talk: talkView() });
  bench.event({ type: 'life', life: lifeView({ agenda }) });
  await vi.runAllTimersAsync();
  expect(bench.inputs).toEqual([]);
});

test('what the session refuses keeps its words', async () => {
  const bench = new Bench();
  bench.event({ type: 'talk', talk: talkView() });
  bench.event({ type: 'life', life: lifeView({ agenda }) });
  bench.beforeSettled = () => bench.refused('this can’t be done');
  bench.talk.take({ ...position, parents: [] });
  await vi.runAllTimersAsync();
  expect(bench.unsent).toMatchObject([{ why: 'this can’t be done', deed: { text: 'Half.' } }]);
});

class Bench {
  inputs: { type: string }[] = [];
  kept: object[] = [];
  claims: [string, number, RegisterGroup][] = [];
  refusals: Error[] = [];
  turnedAway: string[] = [];
  /** How many keys there are to try. */
  keys = 1;
  socket: string[] = [];
  opened: TalkOpening | undefined;
  persisted = false;
  closed = false;
  beforeSettled: () => void = () => undefined;
  #listener!: E2eeListener;
  #hooks!: Pick<SignallingHooks, 'prove' | 'state' | 'message'>;
  readonly talk: Talk;

  /** `unsent`: what the device kept; `alone`: whether no other page has the talk open. */
  constructor(
    public unsent: readonly Unsent[] = [],
    alone = true,
  ) {
    const e2ee = {
      call: (call: Call) => Promise.resolve(this.#answer(call)),
      openTalk: (opening: TalkOpening) => (this.opened = opening),
      input: (json: string) => this.inputs.push(JSON.parse(json) as { type: string }),
      listen: (listener: E2eeListener) => (this.#listener = listener),
      close: () => (this.closed = true),
    } as unknown as E2ee;
    this.talk = new Talk({
      e2ee,
      signalling: (hooks) => {
        this.#hooks = hooks;
        return {
          start: () => this.socket.push('start'),
          stop: () => this.socket.push('stop'),
          send: () => true,
          sendText: () => true,
          wake: () => undefined,
        };
      },
      opening: { talk: 'talk', origin: 'https://talks.example', fragment: '1.claim' },
      claim: undefined,
      title: undefined,
      backup: undefined,
      unsent: { read: () => this.unsent, write: (list) => (this.unsent = list) },
      alone: () => Promise.resolve(alone),
      registerGroup: (talk, group, keys) => {
        this.claims.push([talk, group, keys]);
        const refusal = this.refusals.shift();
        return refusal ? Promise.reject(refusal) : Promise.resolve();
      },
      publishReadout: () => Promise.reject(new Error('not here')),
      readPublished: () => Promise.reject(new Error('not here')),
      persist: () => (this.persisted = true),
      kept: (change) => this.kept.push(change),
      turnedAway: (reason) => this.turnedAway.push(reason),
    });
    this.talk.start();
  }

  types(): string[] {
    return this.inputs.map(({ type }) => type);
  }

  prove(nonce: string) {
    return this.#hooks.prove(nonce);
  }

  state(state: ConnectionState): void {
    this.#hooks.state(state);
  }

  ready(): void {
    this.state({ name: 'ready', connection: 1, resumed: false, group: 1, claimed: true });
  }

  lose(): void {
    this.state({ name: 'waiting', attempt: 1 });
  }

  say(message: ServerMessage): void {
    this.#hooks.message(message, JSON.stringify(message));
  }

  event(event: SessionEvent): void {
    this.#listener.event(event);
  }

  refused(error: string): void {
    this.#listener.refused(error);
  }

  #answer(call: Call): unknown {
    switch (call.name) {
      case 'settled':
        this.beforeSettled();
        return null;
      case 'proveTalk':
        return {
          key: (call.secret ? `secret ${call.secret}` : `fragment ${call.fragment}`) + (call.nth > 0 ? ` ${call.nth}` : ''),
          signature: 's',
          keys: this.keys,
        };
      case 'signGroup':
        return 'signed';
      case 'makeBackup':
        return `file of ${call.secret} at ${call.origin}`;
      default:
        return { code: 'CODE' };
    }
  }
}
