import { expect, test } from 'vitest';
import type { E2ee, E2eeListener } from '../e2ee/client';
import type { Call, SessionEvent } from '../e2ee/messages';
import type { TalkOpening, TalkView } from '../e2ee/talk-messages';
import { Devices, type MediaDevicesApi } from '../media/devices';
import type { SignallingHooks } from '../signalling/socket';
import { App, type AppParts } from './app';
import { lifeView, meeting, plan } from './life-sample';
import { Memory } from './memory';
import { talkView } from './talk-sample';

const TALK = 'AAAAAAAAAAAAAAAAAAAAAA';
const GUEST = { delegation: 1, role: 'expert', name: 'Chen', head: false } as const;

test('a claim link leads to the talk’s page; no camera is asked for', async () => {
  const bench = new Bench('#1.claim');
  await bench.start();
  expect(bench.page).toBe('talk');
  expect(bench.opened).toEqual([{ talk: TALK, origin: 'https://talks.example', fragment: '1.claim' }]);
  bench.ready();
  bench.view(talkView({ stage: 'claiming' }, { delegation: null, head: false, seat: 'none' }));
  await settled();
  expect([bench.page, bench.asked]).toEqual(['talk', 0]);
  expect(bench.hashes).toEqual([`/t/${TALK}`]);
});

test('a seat’s link asks for a name, then waits without a camera, then opens the room by itself', async () => {
  const bench = new Bench('#1.seat');
  await bench.start();
  expect(bench.page).toBe('prejoin');
  bench.ready();
  await settled();
  expect(bench.live).toBe(2);
  await bench.enter('');
  expect(bench.commands()).not.toContain('ask');
  await bench.enter('Chen');
  expect(bench.inputs).toContainEqual({ type: 'ask', person: 'Chen' });
  expect([bench.page, bench.live]).toEqual(['talk', 0]);
  bench.event({ type: 'keep', secret: 'seat' });
  for (const seat of ['asked', 'vouched'] as const) bench.view(talkView({}, { ...GUEST, seat }));
  expect(bench.page).toBe('talk');
  bench.view(talkView({}, { ...GUEST, seat: 'ready' }));
  await settled();
  expect(bench.page).toBe('room');
  expect(bench.live).toBe(2);
  expect(bench.commands().filter((type) => type === 'enter')).toHaveLength(1);
  // One worker and one connection, from the first page to the room; the session hears of it once.
  expect([bench.workers, bench.sockets]).toEqual([1, 1]);
  expect(bench.commands().filter((type) => type === 'connected')).toHaveLength(1);
  expect(bench.commands()).toContain('connection');
});

test('a reload while one waits goes on waiting, with the seat that was asked for', async () => {
  const bench = new Bench('#1.seat');
  await bench.start();
  await bench.enter('Chen');
  bench.event({ type: 'keep', secret: 'seat' });
  await bench.start('');
  expect(bench.page).toBe('talk');
  expect(bench.opened.at(-1)).toMatchObject({ secret: 'seat' });
  bench.view(talkView({}, { ...GUEST, seat: 'ready' }));
  await settled();
  expect(bench.page).toBe('room');
});

test('a code that turns out to be a seat’s asks for a name', async () => {
  const bench = new Bench('');
  bench.remembered({ talk: TALK, kind: 'delegations', fragment: 'CODE' });
  await bench.start();
  expect(bench.page).toBe('talk');
  expect(bench.opened).toEqual([{ talk: TALK, origin: 'https://talks.example', fragment: 'CODE' }]);
  bench.view(talkView({ stage: 'loading' }, { ...GUEST, seat: 'none' }));
  // Whose place is free has to be known first: it may be a claim's.
  expect(bench.page).toBe('talk');
  bench.ready(false);
  expect(bench.page).toBe('talk');
  bench.ready();
  expect(bench.page).toBe('prejoin');
  bench.back();
  expect(bench.page).toBe('talk');
  // Back means back.
  bench.view(talkView({ stage: 'loading' }, { ...GUEST, seat: 'none' }));
  expect(bench.page).toBe('talk');
});

test('keys from a backup take a seat under a name', async () => {
  const bench = new Bench('');
  bench.memory.keep({ talk: TALK, kind: 'delegations', fragment: '', title: '', at: 1, secret: 'head', head: true });
  await bench.start();
  bench.ready();
  bench.view(talkView({}, { seat: 'none', name: null, role: null }));
  expect(bench.page).toBe('talk');
  bench.toThreshold();
  await bench.enter('Amina');
  expect(bench.inputs).toContainEqual({ type: 'ask', person: 'Amina' });
  expect(bench.page).toBe('talk');
  bench.view(talkView({}, { seat: 'ready' }));
  await settled();
  expect(bench.page).toBe('room');
});

test('a head comes back by the address alone, from the page to the room and back', async () => {
  const bench = new Bench('');
  bench.memory.keep({ talk: TALK, kind: 'delegations', fragment: '', title: 'Fisheries', at: 1, secret: 'head', head: true });
  await bench.start();
  expect(bench.opened).toEqual([{ talk: TALK, origin: 'https://talks.example', secret: 'head' }]);
  bench.ready();
  bench.view(talkView());
  expect(bench.page).toBe('talk');
  bench.toThreshold();
  await settled();
  await bench.enter('ignored: the seat has the name');
  expect([bench.page, bench.live]).toEqual(['room', 2]);
  await bench.app.leave();
  expect([bench.page, bench.live]).toEqual(['talk', 0]);
  expect(bench.commands()).toContain('leave_room');
  // The connection stays, so the server is told that the media are done.
  expect(bench.sent).toEqual(['hangup']);
  // Nothing draws the person back in.
  bench.view(talkView({ compared: [0] }));
  expect(bench.page).toBe('talk');
  expect([bench.workers, bench.sockets, bench.closed]).toEqual([1, 1, 0]);
});

test('without a seat on this device the address alone is not enough', async () => {
  const bench = new Bench('');
  await bench.start();
  expect(bench.app.page.get()).toEqual({ name: 'broken', why: 'incomplete' });
});

test('another link of the talk doesn’t take a head’s keys from this device', async () => {
  const bench = new Bench('#1.seat');
  bench.memory.keep({ talk: TALK, kind: 'delegations', fragment: '', title: 'Fisheries', at: 1, secret: 'head', head: true });
  await bench.start();
  expect(bench.opened).toEqual([{ talk: TALK, origin: 'https://talks.example', secret: 'head' }]);
  expect(bench.page).toBe('talk');
});

test.each<[string, Partial<TalkView>, RegExp]>([
  ['words that differ', { mismatch: true }, /words differ/],
  ['a record that was changed', { stage: 'broken', broken: 'record' }, /record/],
  ['the end', { ended: true }, /ended/],
])('%s stop the room at once, and say why', async (_what, change, words) => {
  const bench = new Bench('');
  bench.memory.keep({ talk: TALK, kind: 'delegations', fragment: '', title: '', at: 1, secret: 'head', head: true });
  await bench.start();
  bench.ready();
  bench.view(talkView());
  bench.toThreshold();
  await settled();
  await bench.enter('');
  bench.view(talkView(change));
  const page = bench.app.page.get();
  if (page.name !== 'room') throw new Error(page.name);
  expect(page.room.failure.get()).toMatch(words);
  expect(bench.live).toBe(0);
  await bench.app.leave();
  expect(bench.page).toBe('talk');
});

test('a link that doesn’t fit is told on the talk’s page, not left at the threshold', async () => {
  const bench = new Bench('#1.seat');
  await bench.start();
  bench.ready();
  await settled();
  expect([bench.page, bench.live]).toEqual(['prejoin', 2]);
  bench.view(talkView({ stage: 'broken', broken: 'not_this_link' }, { ...GUEST, seat: 'none' }));
  expect([bench.page, bench.live]).toEqual(['talk', 0]);
});

test('a talk that is gone is forgotten, and everything let go', async () => {
  const bench = new Bench('#1.seat');
  await bench.start();
  bench.ready();
  await settled();
  bench.event({ type: 'keep', secret: 'seat' });
  expect(bench.memory.known(TALK)?.secret).toBe('seat');
  bench.hooks.state({ name: 'refused', reason: 'gone', detail: '' });
  expect(bench.app.page.get()).toEqual({ name: 'broken', why: 'gone' });
  expect([bench.memory.known(TALK), bench.live, bench.closed]).toEqual([undefined, 0, 1]);
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 80; turn += 1) await Promise.resolve();
}

test('the first page is told how far the talk is, and what waits', async () => {
  const bench = new Bench('');
  bench.memory.keep({ talk: TALK, kind: 'delegations', fragment: '', title: 'Fisheries', at: 1, secret: 'head', head: true });
  await bench.start();
  bench.view(talkView({ stage: 'loading' }));
  expect(bench.memory.known(TALK)?.stand).toBeUndefined();
  bench.view(talkView());
  expect(bench.memory.known(TALK)?.stand).toBe('open');
  bench.event({ type: 'life', life: lifeView({ meetings: [meeting({ state: 'agreed', plan })] }) });
  expect(bench.memory.known(TALK)).toMatchObject({
    stand: 'planned', title: 'Fisheries', secret: 'head', next: [{ is: 'meeting', section: 'meetings', at: plan.start }],
  });
  bench.event({ type: 'life', life: lifeView() });
  expect(bench.memory.known(TALK)).toMatchObject({ stand: 'open', next: [] });
});

class Bench {
  inputs: { type: string }[] = [];
  opened: TalkOpening[] = [];
  hashes: string[] = [];
  /** What the server was told by the page itself, but for the threshold's trial of the network. */
  sent: string[] = [];
  workers = 0;
  sockets = 0;
  closed = 0;
  asked = 0;
  /** Tracks that are running. */
  live = 0;
  app!: App;
  hooks!: Pick<SignallingHooks, 'state' | 'message'>;
  readonly memory = new Memory(store());
  #listener!: E2eeListener;
  readonly #tab = store();

  constructor(private hash: string) {}

  async start(hash = this.hash): Promise<void> {
    this.hash = hash;
    this.app = new App(this.#parts());
    await settled();
  }

  get page(): string {
    return this.app.page.get().name;
  }

  commands(): string[] {
    return this.inputs.map(({ type }) => type);
  }

  remembered(value: object): void {
    this.#tab.setItem('incamera', JSON.stringify(value));
  }

  ready(claimed = true): void {
    this.hooks.state({ name: 'ready', connection: 1, resumed: false, group: 1, claimed });
  }

  back(): void {
    const page = this.app.page.get();
    if (page.name === 'prejoin') page.prejoin.back?.();
  }

  event(event: SessionEvent): void {
    this.#listener.event(event);
  }

  view(talk: TalkView): void {
    this.event({ type: 'talk', talk });
  }

  toThreshold(): void {
    const page = this.app.page.get();
    if (page.name === 'talk') page.enter();
  }

  async enter(name: string): Promise<void> {
    const page = this.app.page.get();
    if (page.name !== 'prejoin') throw new Error(page.name);
    if (page.prejoin.purpose === 'ask') page.prejoin.setName(name);
    await page.prejoin.enter();
    await settled();
  }

  #parts(): AppParts {
    const none = () => Promise.reject(new Error('not here'));
    return {
      place: {
        pathname: `/t/${TALK}`,
        hash: this.hash,
        origin: 'https://talks.example',
        storage: this.#tab,
        replace: (path) => this.hashes.push(path),
      },
      memory: this.memory,
      version: 2,
      supported: () => 'yes',
      e2ee: () => this.#worker(),
      devices: () => new Devices(this.#devices()),
      serverInfo: none,
      createTalk: none,
      destroyTalk: none,
      registerGroup: none,
      findGroup: none,
      publishReadout: none,
      readPublished: none,
      persist: () => undefined,
      probe: none,
      media: () => ({
        start: () => undefined,
        pause: () => undefined,
        resume: () => undefined,
        wake: () => undefined,
        stop: () => undefined,
        setTracks: () => undefined,
        handle: () => undefined,
        sendKeyFrame: () => undefined,
        stats: () => undefined,
      }),
      signalling: (hooks) => {
        this.hooks = hooks;
        this.sockets += 1;
        const done = () => undefined;
        const send = ({ type }: { type: string }) => {
          if (this.page === 'room') this.sent.push(type);
          return true;
        };
        return { start: done, stop: done, wake: done, send, sendText: () => true };
      },
      now: () => 0,
      today: () => 0,
    };
  }

  #worker(): E2ee {
    this.workers += 1;
    return {
      call: (call: Call) => Promise.resolve(this.#answer(call)),
      openTalk: (opening: TalkOpening) => this.opened.push(opening),
      input: (json: string) => this.inputs.push(JSON.parse(json) as { type: string }),
      cleared: () => undefined,
      listen: (listener: E2eeListener) => (this.#listener = listener),
      close: () => (this.closed += 1),
    } as unknown as E2ee;
  }

  #answer(call: Call): unknown {
    if (call.name !== 'readInvitation') return null;
    const fragment = /#(.*)$/.exec(call.text)?.[1];
    const kind = fragment === undefined ? 'code' : fragment.replace('1.', '');
    return { kind, talk: TALK, fragment, code: 'CODE', origin: 'https://talks.example', access: 'key' };
  }

  #devices(): MediaDevicesApi {
    return {
      addEventListener: () => undefined,
      enumerateDevices: () => Promise.resolve([]),
      getDisplayMedia: () => Promise.reject(new Error('none')),
      getUserMedia: (constraints: MediaStreamConstraints) => {
        this.asked += 1;
        const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
        this.live += kinds.length;
        const track = (kind: string) => ({ kind, stop: () => (this.live -= 1), getSettings: () => ({}) });
        return Promise.resolve({ getTracks: () => kinds.map(track) } as unknown as MediaStream);
      },
    } as unknown as MediaDevicesApi;
  }
}

function store() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}
