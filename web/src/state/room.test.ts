import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { E2ee, E2eeListener } from '../e2ee/client';
import { KINDS, type Kind, type SessionEvent, type View } from '../e2ee/messages';
import { Devices } from '../media/devices';
import type { MediaHooks } from '../media/session';
import type { ConnectionState, SignallingHooks } from '../signalling/socket';
import type { ClientMessage } from '../wire/ClientMessage';
import type { ServerMessage } from '../wire/ServerMessage';
import { GOOD, NO_SEAT } from './people';
import { Room } from './room';

const QUIET = { hand: null, connection: null, quality: GOOD, ...NO_SEAT };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('media starts once the person is seated and connected, in either order', () => {
  const connectedFirst = new Bench();
  connectedFirst.connect(1);
  connectedFirst.seat();
  expect(connectedFirst.mediaCalls).toEqual(['start room']);
  const seatedFirst = new Bench();
  seatedFirst.seat();
  seatedFirst.connect(1);
  expect(seatedFirst.mediaCalls).toEqual(['start room']);
});

test('each new connection offers again, without a click', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat();
  bench.lose();
  bench.connect(2);
  expect(bench.mediaCalls).toEqual(['start room', 'pause', 'start room']);
  expect(bench.inputs.map(({ type }) => type)).toContain('disconnected');
});

test('a connection that was lost and found keeps its media', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat();
  bench.lose();
  bench.connect(1, true);
  expect(bench.mediaCalls).toEqual(['start room', 'pause', 'resume']);
  // A server that was restarted counts its connections from the beginning.
  bench.lose();
  bench.connect(1, false);
  expect(bench.mediaCalls.slice(3)).toEqual(['pause', 'start room']);
});

test('a new roster on the same connection offers nothing', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat();
  bench.seat('Amina', 'Jonas');
  expect(bench.mediaCalls).toEqual(['start room']);
});

test('a stopped room stops media', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat();
  bench.event({ type: 'view', view: { ...view('Amina'), state: { is: 'stopped', code: 'fork' } } });
  expect(bench.mediaCalls.at(-1)).toBe('stop');
  expect(bench.room.closed).toBe(true);
  expect(bench.room.scene.stage.get().people).toEqual([]);
});

test('entries go to the session as they came', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.say({ type: 'appended', request: 3, position: 9 });
  expect(bench.inputs.at(-1)).toEqual({ type: 'appended', request: 3, position: 9 });
});

test('a refused offer goes to media, any other refusal to the session', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.say({ type: 'refused', request: 0xc000_0001, reason: 'bad_offer', detail: '' });
  expect(bench.mediaMessages).toHaveLength(1);
  bench.say({ type: 'refused', request: 7, reason: 'too_many', detail: '' });
  expect(bench.mediaMessages).toHaveLength(1);
  expect(bench.inputs.at(-1)).toMatchObject({ type: 'refused', request: 7 });
});

test('who comes and goes is told, and who let them', () => {
  const bench = new Bench();
  bench.event({ type: 'notice', notice: { code: 'joined', name: 'Jonas', by: 'Amina' } });
  bench.event({ type: 'notice', notice: { code: 'removed', name: 'Jonas', by: null } });
  const told = bench.room.notices.shown.get().map(({ text }) => text.replace(/[\u2068\u2069]/g, ''));
  expect(told).toEqual(['Jonas came in. Let in by Amina.', 'Jonas left.']);
});

test('chat that isn’t looked at counts as unread', () => {
  const bench = new Bench();
  bench.seat('Amina', 'Jonas');
  bench.event({ type: 'chat', leaf: 1, name: 'Jonas', text: 'Good morning', own: false });
  bench.event({ type: 'chat', leaf: 0, name: 'Amina', text: 'Good morning', own: true });
  expect(bench.room.chat.state.get()).toMatchObject({ unread: 1 });
  bench.room.chat.setOpen(true);
  bench.event({ type: 'chat', leaf: 1, name: 'Jonas', text: 'Shall we begin?', own: false });
  expect(bench.room.chat.state.get()).toMatchObject({ unread: 0 });
});

test('chat is refused before it is sealed for somebody', () => {
  const bench = new Bench();
  expect(bench.room.say('hello')).toBe(false);
  bench.seat();
  expect(bench.room.say('x'.repeat(2001))).toBe(false);
  expect(bench.room.say(' hello ')).toBe(true);
  expect(bench.inputs.at(-1)).toEqual({ type: 'chat', text: 'hello' });
});

test('the next owner’s frames are let go only after the former picture left the stage', () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat('Amina', 'Jonas', 'Chen');
  bench.slots(7);
  bench.owner(7, 1, 100);
  bench.room.scene.presented(7, 100);
  expect(bench.shown()).toEqual({ Jonas: 7 });
  bench.owner(7, 2, 200);
  expect(bench.shown()).toEqual({});
  expect(bench.cleared).toEqual([1]);
  vi.advanceTimersByTime(0);
  expect(bench.cleared).toEqual([1, 2]);
  bench.room.scene.presented(7, 200);
  expect(bench.shown()).toEqual({ Chen: 7 });
});

test('what one sends is announced when it changes, and again after being seated anew', () => {
  const bench = new Bench();
  bench.seat();
  const announced = () => bench.inputs.filter(({ type }) => type === 'sending').length;
  expect(announced()).toBe(KINDS.length);
  bench.seat('Amina', 'Jonas');
  expect(announced()).toBe(KINDS.length);
  bench.event({ type: 'view', view: { ...view('Amina'), state: { is: 'joining' } } });
  bench.seat();
  expect(announced()).toBe(2 * KINDS.length);
});

test('a final refusal is told and lets go of everything', () => {
  const bench = new Bench();
  bench.signalling!.state({ name: 'refused', reason: 'access', detail: '' });
  expect(bench.room.failure.get()).toContain('opens no talk');
  expect(bench.closed).toBe(true);
});

test('leaving waits until the others can know, but not for ever', async () => {
  const bench = new Bench();
  bench.connect(1);
  bench.seat();
  const left = bench.room.leave();
  expect(bench.inputs.at(-1)).toEqual({ type: 'leave' });
  expect(bench.closed).toBe(false);
  await vi.advanceTimersByTimeAsync(1500);
  await left;
  expect(bench.closed).toBe(true);
});

function view(...names: string[]): View {
  return {
    state: { is: 'seated' },
    title: 'A talk',
    room: 'room',
    epoch: 1,
    own_leaf: 0,
    people: names.map((name, leaf) => ({ leaf, name, own: leaf === 0, sending: ['camera'], stale: false, ...QUIET })),
  };
}

class Bench {
  inputs: { type: string }[] = [];
  sent: ClientMessage[] = [];
  mediaCalls: string[] = [];
  mediaMessages: ServerMessage[] = [];
  cleared: number[] = [];
  closed = false;
  signalling: Pick<SignallingHooks, 'prove' | 'state' | 'message'> | undefined;
  #listener: E2eeListener | undefined;
  #media: MediaHooks | undefined;
  room: Room;

  constructor() {
    const e2ee = {
      call: () => Promise.resolve(''),
      open: () => undefined,
      input: (json: string) => this.inputs.push(JSON.parse(json) as { type: string }),
      cleared: (_slot: number, turn: number) => this.cleared.push(turn),
      listen: (listener: E2eeListener) => (this.#listener = listener),
      close: () => (this.closed = true),
    } as unknown as E2ee;
    this.room = new Room(
      { talk: 'talk', fragment: '1.secret', seat: '{}' },
      {
        e2ee,
        devices: new Devices(undefined),
        origin: 'https://talks.example',
        now: () => performance.now(),
        today: () => Date.now(),
        signalling: (hooks) => {
          this.signalling = hooks;
          return {
            start: () => undefined,
            stop: () => undefined,
            send: (message) => this.sent.push(message) > 0,
            sendText: () => true,
            wake: () => undefined,
          };
        },
        media: (hooks) => {
          this.#media = hooks;
          return {
            start: (room) => this.mediaCalls.push(`start ${room}`),
            pause: () => this.mediaCalls.push('pause'),
            resume: () => this.mediaCalls.push('resume'),
            wake: (cause) => this.mediaCalls.push(`wake ${cause}`),
            stop: () => this.mediaCalls.push('stop'),
            setTracks: () => undefined,
            handle: (message) => this.mediaMessages.push(message),
            sendKeyFrame: () => undefined,
            stats: () => undefined,
          };
        },
      },
    );
    this.room.enter();
  }

  connect(connection: number, resumed = false): void {
    this.signalling!.state({ name: 'ready', connection, resumed, group: 0, claimed: true } satisfies ConnectionState);
  }

  lose(): void {
    this.signalling!.state({ name: 'waiting', attempt: 1 });
  }

  say(message: ServerMessage): void {
    this.signalling!.message(message, JSON.stringify(message));
  }

  event(event: SessionEvent): void {
    this.#listener!.event(event);
  }

  seat(...names: string[]): void {
    this.event({ type: 'view', view: view(...(names.length > 0 ? names : ['Amina'])) });
  }

  slots(...slots: number[]): void {
    this.#media!.slots(slots.map((slot) => ({ slot, media: 'video' }) as never));
  }

  owner(slot: number, leaf: number, rtpTimestamp: number, kind: Kind = 'camera'): void {
    this.#listener!.owner({ slot, leaf, kind, rtpTimestamp, turn: leaf });
    if (this.cleared.length === 0) vi.advanceTimersByTime(0);
  }

  /** Name -> slot of what stands on the stage. */
  shown(): Record<string, number> {
    const tiles = this.room.scene.stage.get().people.filter(({ slot }) => slot !== undefined);
    return Object.fromEntries(tiles.map(({ name, slot }) => [name, slot!]));
  }
}
