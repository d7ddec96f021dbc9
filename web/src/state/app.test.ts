import { expect, test } from 'vitest';
import type { E2ee } from '../e2ee/client';
import type { Call } from '../e2ee/messages';
import { Devices, type MediaDevicesApi } from '../media/devices';
import type { SignallingHooks } from '../signalling/socket';
import { App, type AppParts } from './app';
import { Memory } from './memory';

const TALK = 'AAAAAAAAAAAAAAAAAAAAAA';

test('a link that can’t be read is told before the server or a camera is asked', async () => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.problem = 'mistyped';
  bench.start();
  await settled();
  expect(bench.app.page.get()).toEqual({ name: 'broken', why: 'mistyped' });
  expect(bench.app.phase.get()).toBe('broken');
  expect([bench.sockets, bench.asked.length]).toEqual([0, 0]);
});

test('a link whose talk is another than its address says counts as damaged', async () => {
  const bench = new Bench(`/t/${'B'.repeat(22)}`, '#1.secret');
  bench.start();
  await settled();
  expect(bench.app.page.get()).toEqual({ name: 'broken', why: 'mistyped' });
});

test.each([
  ['gone', 'gone'],
  ['access', 'unknown'],
  ['version', 'version'],
  ['origin', 'origin'],
] as const)('%s is told instead of asking for a camera', async (reason, why) => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.memory.keep({ talk: TALK, fragment: '1.secret', title: 'Fisheries', at: 1 });
  bench.start();
  await settled();
  expect(bench.app.phase.get()).toBe('prejoin');
  bench.hooks.state({ name: 'refused', reason, detail: '' });
  await settled();
  expect(bench.app.page.get()).toEqual({ name: 'broken', why });
  expect(bench.asked).toEqual([]);
  expect(bench.memory.talks()).toHaveLength(reason === 'gone' ? 0 : 1);
});

test('the first time both are asked for, the next time what was on', async () => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.start();
  await settled();
  expect(bench.asked).toEqual([]);
  bench.ready();
  await settled();
  expect(bench.asked).toEqual([['audio', 'video']]);
  const { devices } = prejoin(bench.app);
  await devices.setCamera(false);
  prejoin(bench.app).setName('Amina');
  expect(bench.memory.preferences()).toMatchObject({ name: 'Amina', camera: { on: false } });
  bench.asked = [];
  bench.start();
  await settled();
  bench.ready();
  await settled();
  expect(bench.asked).toEqual([['audio']]);
  expect(prejoin(bench.app).state.get().name).toBe('Amina');
});

test('a refused permission isn’t taken for a wish', async () => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.denied = true;
  bench.start();
  await settled();
  bench.ready();
  await settled();
  expect(prejoin(bench.app).devices.state.get().camera.problem).toBe('denied');
  expect(bench.memory.preferences()).toMatchObject({ camera: { on: true }, microphone: { on: true } });
});

test('whoever made the talk on this device invites, after a reload too', async () => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.start();
  await settled();
  expect(prejoin(bench.app).invitation).toBeUndefined();
  bench.memory.keep({ talk: TALK, fragment: '1.secret', title: 'Fisheries', at: 1, control: 'key' });
  bench.start();
  await settled();
  expect(prejoin(bench.app).invitation).toEqual({
    link: `https://talks.example/t/${TALK}#1.secret`,
    code: 'CODE',
  });
});

test('keys of a demonstration are taken only where the server says that it is one', async () => {
  for (const demonstration of [true, false, undefined]) {
    const bench = new Bench(`/t/${TALK}`, '#demo.c2VjcmV0');
    bench.demonstration = demonstration;
    bench.start();
    await settled();
    const page = bench.app.page.get();
    if (demonstration) {
      expect(page.name).toBe('talk');
      expect(page.name === 'talk' && page.talk.demonstration).toBe(true);
      expect(bench.opened).toMatchObject([{ talk: TALK, secret: 'c2VjcmV0' }]);
    } else {
      expect(page).toEqual({ name: 'broken', why: 'no_demonstration' });
      expect([bench.opened, bench.sockets]).toEqual([[], 0]);
    }
    expect(bench.memory.talks()).toEqual([]);
  }
});

test('a name is asked for at its field', async () => {
  const bench = new Bench(`/t/${TALK}`, '#1.secret');
  bench.start();
  await settled();
  await prejoin(bench.app).enter();
  expect(prejoin(bench.app).state.get()).toMatchObject({ entering: false, problem: { field: 'name' } });
});

function prejoin(app: App) {
  const page = app.page.get();
  if (page.name !== 'prejoin') throw new Error(`on ${page.name}`);
  return page.prejoin;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

class Bench {
  problem: string | undefined;
  denied = false;
  asked: string[][] = [];
  sockets = 0;
  demonstration: boolean | undefined;
  readonly opened: object[] = [];
  app!: App;
  hooks!: Pick<SignallingHooks, 'state' | 'message'>;
  readonly memory = new Memory(store());
  readonly #tab = store();

  constructor(
    private readonly pathname: string,
    private readonly hash: string,
  ) {}

  /** Opens the address in a new page. */
  start(): void {
    this.app = new App(this.#parts());
  }

  ready(): void {
    this.hooks.state({ name: 'ready', connection: 1, resumed: false, group: 1, claimed: true });
  }

  #parts(): AppParts {
    const { pathname, hash } = this;
    const none = () => Promise.reject(new Error('not here'));
    return {
      place: { pathname, hash, origin: 'https://talks.example', storage: this.#tab, replace: () => {} },
      memory: this.memory,
      version: 2,
      supported: () => 'yes',
      e2ee: () => this.#worker(),
      devices: () => new Devices(this.#devices()),
      serverInfo: () =>
        this.demonstration === undefined
          ? none()
          : Promise.resolve({ version: 2, proposing: 'open', demonstration: this.demonstration }),
      createTalk: none,
      destroyTalk: none,
      registerGroup: none,
      findGroup: none,
      publishReadout: none,
      readPublished: none,
      persist: () => undefined,
      probe: none,
      media: () => {
        throw new Error('not here');
      },
      signalling: (hooks) => {
        this.hooks = hooks;
        this.sockets += 1;
        return {
          start: () => undefined,
          stop: () => undefined,
          wake: () => undefined,
          send: () => true,
          sendText: () => true,
        };
      },
      now: () => 0,
      today: () => 0,
    };
  }

  #worker(): E2ee {
    return {
      call: (call: Call) => this.#answer(call),
      listen: () => undefined,
      openTalk: (opening: object) => this.opened.push(opening),
    } as unknown as E2ee;
  }

  #answer(call: Call): Promise<unknown> {
    if (call.name !== 'readInvitation') return Promise.resolve('');
    if (this.problem !== undefined) return Promise.reject(new Error(this.problem));
    return Promise.resolve({ kind: 'open', talk: TALK, fragment: '1.secret', code: 'CODE', origin: 'https://talks.example', access: 'key' });
  }

  #devices(): MediaDevicesApi {
    return {
      addEventListener: () => undefined,
      enumerateDevices: () => Promise.resolve([]),
      getDisplayMedia: () => Promise.reject(new Error('none')),
      getUserMedia: (constraints: MediaStreamConstraints) => {
        const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
        this.asked.push(kinds);
        if (this.denied) return Promise.reject(Object.assign(new Error(), { name: 'NotAllowedError' }));
        const tracks = kinds.map((kind) => ({ kind, stop: () => {}, getSettings: () => ({}) }));
        return Promise.resolve({ getTracks: () => tracks } as unknown as MediaStream);
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
