import { expect, test } from 'vitest';
import type { SignallingHooks } from '../signalling/socket';
import type { ClientMessage } from '../wire/ClientMessage';
import type { Refusal } from '../wire/Refusal';
import { type Exchange, Network, type Path, type ProbeResult } from './network';
import { networkLine } from './networktext';
import { onlyPath } from '../media/probe';

const WORKS = { works: true, roundTrip: 12.4 };
const FAILS = { works: false, roundTrip: undefined };

test('nothing is asked of the person before the server knows the talk', async () => {
  const bench = new Bench({ udp: WORKS, tcp: WORKS });
  expect(bench.told).toEqual([]);
  bench.ready();
  expect(bench.told).toEqual(['ready']);
  bench.hooks.state({ name: 'waiting', attempt: 1 });
  bench.ready();
  expect(bench.told).toEqual(['ready']);
});

test('a refusal is told, and no path is tried', () => {
  const bench = new Bench({ udp: WORKS, tcp: WORKS });
  bench.hooks.state({ name: 'refused', reason: 'gone', detail: '' });
  expect(bench.told).toEqual(['gone']);
  expect(bench.tried).toEqual([]);
});

test('UDP is tried before TCP, and the server is let go afterwards', async () => {
  const bench = new Bench({ udp: WORKS, tcp: WORKS });
  bench.ready();
  await settled();
  expect(bench.tried).toEqual(['udp', 'tcp']);
  expect(bench.sent.map(({ type }) => type)).toEqual(['ping', 'probe', 'probe', 'hangup']);
  expect(bench.network.state.get()).toEqual({ is: 'known', udp: true, tcp: true, roundTrip: 12 });
});

test.each([
  [WORKS, FAILS, 'good', /UDP works/],
  [FAILS, WORKS, 'bad', /only TCP works/],
  [FAILS, FAILS, 'bad', /neither UDP nor TCP/],
])('what doesn’t get through is said', async (udp, tcp, tone, words) => {
  const bench = new Bench({ udp, tcp });
  bench.ready();
  await settled();
  const line = networkLine(bench.network.state.get());
  expect(line.tone).toBe(tone);
  expect(line.words).toMatch(words);
});

test('where the browser doesn’t tell the round trip, a ping does', async () => {
  const bench = new Bench({ udp: { works: true, roundTrip: undefined }, tcp: FAILS });
  bench.ready();
  bench.now += 31;
  bench.hooks.message({ type: 'pong' }, '');
  await settled();
  expect(bench.network.state.get()).toMatchObject({ roundTrip: 31 });
});

test('a connection lost in between is tried again when it is back', async () => {
  const bench = new Bench({ udp: WORKS, tcp: WORKS });
  bench.answers = false;
  bench.ready();
  await settled();
  expect(bench.network.state.get()).toEqual({ is: 'trying' });
  bench.hooks.state({ name: 'waiting', attempt: 1 });
  await settled();
  expect(bench.network.state.get()).toEqual({ is: 'unreachable' });
  bench.answers = true;
  bench.ready();
  await settled();
  expect(bench.network.state.get()).toMatchObject({ is: 'known', udp: true });
});

test('a server that answers but takes no connection is full, or another version', async () => {
  const bench = new Bench({ udp: WORKS, tcp: WORKS });
  bench.version = 2;
  bench.hooks.state({ name: 'waiting', attempt: 1 });
  await settled();
  expect(bench.network.state.get()).toEqual({ is: 'full' });
  bench.version = 3;
  bench.hooks.state({ name: 'waiting', attempt: 2 });
  await settled();
  expect(bench.told).toEqual(['version']);
});

test('only the candidates of one path are left', () => {
  const candidate = (path: string) => `a=candidate:1 1 ${path} 100 192.0.2.1 8081 typ host`;
  const sdp = ['v=0', candidate('udp'), candidate('TCP'), 'a=end-of-candidates', ''].join('\r\n');
  expect(onlyPath(sdp, 'tcp')).toBe(['v=0', candidate('TCP'), 'a=end-of-candidates', ''].join('\r\n'));
  expect(onlyPath(sdp, 'udp')).toContain(' udp ');
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

class Bench {
  told: (Refusal | 'ready')[] = [];
  tried: Path[] = [];
  sent: ClientMessage[] = [];
  answers = true;
  version: number | undefined;
  now = 0;
  hooks!: Pick<SignallingHooks, 'state' | 'message'>;
  readonly network: Network;

  constructor(results: Record<Path, ProbeResult>) {
    this.network = new Network(
      {
        signalling: (hooks) => {
          this.hooks = hooks;
          return {
            start: () => undefined,
            stop: () => undefined,
            wake: () => undefined,
            sendText: () => true,
            send: (message) => this.#send(message),
          };
        },
        prove: () => Promise.resolve({ key: '', signature: '' }),
        probe: async (path: Path, exchange: Exchange) => {
          this.tried.push(path);
          await exchange('offer');
          return results[path];
        },
        now: () => this.now,
        version: 2,
        serverInfo: () =>
          this.version === undefined
            ? Promise.reject(new Error('unreachable'))
            : Promise.resolve({ version: this.version, proposing: 'open', demonstration: false }),
      },
      { ready: () => this.told.push('ready'), refused: (reason) => this.told.push(reason) },
    );
    this.network.start();
  }

  ready(): void {
    this.hooks.state({ name: 'ready', connection: 1, resumed: false, group: 1, claimed: true });
  }

  #send(message: ClientMessage): boolean {
    this.sent.push(message);
    if (message.type === 'probe' && this.answers) {
      const { request } = message;
      queueMicrotask(() => this.hooks.message({ type: 'answer', request, sdp: 'answer' }, ''));
    }
    return true;
  }
}
