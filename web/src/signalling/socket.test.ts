import { expect, test } from 'vitest';
import type { ServerMessage } from '../wire/ServerMessage';
import { type ConnectionState, PROTOCOL_VERSION, Signalling, type Socket, backoff } from './socket';

test('the handshake proves the key and then lets everything through', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  expect(pair.server.sent).toEqual([
    { type: 'hello', version: PROTOCOL_VERSION },
    { type: 'prove', key: 'key', signature: 'signed nonce', resume: null },
  ]);
  expect(pair.states.map(({ name }) => name)).toEqual(['connecting', 'ready']);
  pair.say({ type: 'appended', request: 1, position: 0 });
  expect(pair.messages).toEqual([{ type: 'appended', request: 1, position: 0 }]);
});

test('nothing is sent before the server is ready', async () => {
  const pair = new Pair();
  pair.signalling.start();
  expect(pair.signalling.send({ type: 'hangup' })).toBe(false);
  await pair.becomeReady();
  expect(pair.signalling.send({ type: 'hangup' })).toBe(true);
});

test('a lost connection is opened again, at once and then within two seconds', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  const waits = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const lostAt = pair.clock;
    pair.server.onclose?.();
    expect(pair.states.at(-1)?.name).toBe('waiting');
    pair.runNextTimer();
    waits.push(pair.clock - lostAt);
    expect(pair.states.at(-1)?.name).toBe('connecting');
  }
  expect(waits[0]).toBeLessThanOrEqual(250);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2000);
});

test('after a minute without the server the page tries less often', () => {
  expect(backoff(30, 59_000, 1)).toBe(2_000);
  expect(backoff(30, 61_000, 1)).toBe(15_000);
});

test('a server that hangs in the handshake is given up', () => {
  const pair = new Pair();
  pair.signalling.start();
  pair.server.onopen?.();
  pair.runNextTimer();
  expect(pair.server.closed).toBe(true);
  expect(pair.states.at(-1)?.name).toBe('waiting');
});

test('silence is answered by a ping, and silence after it by a new connection', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.runNextTimer();
  expect(pair.server.sent.at(-1)).toEqual({ type: 'ping' });
  pair.say({ type: 'pong' });
  expect(pair.server.closed).toBe(false);
  pair.runNextTimer();
  pair.runNextTimer();
  expect(pair.server.closed).toBe(true);
});

test('waking up asks the connection for a sign of life', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.signalling.wake();
  expect(pair.server.sent.at(-1)).toEqual({ type: 'ping' });
  const woken = pair.clock;
  pair.runNextTimer();
  expect(pair.clock - woken).toBeLessThanOrEqual(1_500);
  expect(pair.states.at(-1)?.name).toBe('waiting');
});

test('a lost connection is gone on with, and one that was left is not', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.server.onclose?.();
  pair.runNextTimer();
  await pair.becomeReady({ connection: 1, resumed: true });
  expect(pair.server.sent.at(-1)).toMatchObject({ resume: { connection: 1, token: 'token 1' } });
  expect(pair.states.at(-1)).toEqual({
    name: 'ready',
    connection: 1,
    resumed: true,
    group: 1,
    claimed: false,
  });
  // The server was restarted: it knows neither.
  pair.server.onclose?.();
  pair.runNextTimer();
  await pair.becomeReady({ connection: 7, resumed: false });
  expect(pair.states.at(-1)).toMatchObject({ name: 'ready', connection: 7, resumed: false });
  const last = pair.server;
  pair.signalling.stop();
  expect(last.code).toBe(1000);
  pair.signalling.start();
  await pair.becomeReady();
  expect(pair.server.sent.at(-1)).toMatchObject({ resume: null });
});

test('on another network the socket is replaced without waiting for it', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  const former = pair.server;
  pair.signalling.wake('network');
  expect(former.code).toBe(4000);
  expect(pair.server).not.toBe(former);
  await pair.becomeReady({ connection: 1, resumed: true });
  expect(pair.server.sent.at(-1)).toMatchObject({ resume: { connection: 1, token: 'token 1' } });
});

test('a page that stood still gives the answer a chance to be read', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.runNextTimer();
  pair.late = 5_000;
  pair.runNextTimer();
  expect(pair.server.closed).toBe(false);
  pair.late = 0;
  pair.say({ type: 'pong' });
  expect(pair.states.at(-1)?.name).toBe('ready');
  // The control: in time it is given up.
  pair.runNextTimer();
  pair.runNextTimer();
  expect(pair.server.closed).toBe(true);
});

test('waking up ends a wait', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.server.onclose?.();
  pair.signalling.wake();
  expect(pair.states.at(-1)?.name).toBe('connecting');
});

test('a refusal that trying again would not change is final', async () => {
  const pair = new Pair();
  pair.signalling.start();
  pair.say({ type: 'refused', request: null, reason: 'access', detail: 'No such talk.' });
  expect(pair.states.at(-1)).toEqual({ name: 'refused', reason: 'access', detail: 'No such talk.' });
  expect(pair.timers.size).toBe(0);
});

test('a refusal of another kind is tried again', async () => {
  const pair = new Pair();
  pair.signalling.start();
  pair.say({ type: 'refused', request: null, reason: 'stopping', detail: '' });
  expect(pair.states.at(-1)?.name).toBe('waiting');
});

test.each(['no JSON', '[]', 'null', '7', new ArrayBuffer(4)])('%s ends the connection', (data) => {
  const pair = new Pair();
  pair.signalling.start();
  pair.server.onmessage?.({ data });
  expect(pair.server.closed).toBe(true);
});

test('a connection that no longer drains is replaced', async () => {
  const pair = new Pair();
  pair.signalling.start();
  await pair.becomeReady();
  pair.server.bufferedAmount = 9 * 1024 * 1024;
  expect(pair.signalling.send({ type: 'hangup' })).toBe(false);
  expect(pair.server.closed).toBe(true);
});

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  bufferedAmount = 0;
  sent: unknown[] = [];
  closed = false;
  code: number | undefined;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code?: number): void {
    this.closed = true;
    this.code = code;
  }
}

/** A client and the server's end of its latest socket, in virtual time. */
class Pair {
  clock = 0;
  /** How much too late timers are. */
  late = 0;
  server = new FakeSocket();
  states: ConnectionState[] = [];
  messages: ServerMessage[] = [];
  timers = new Map<number, { at: number; run: () => void }>();
  #lastTimer = 0;

  signalling = new Signalling({
    open: () => (this.server = new FakeSocket()),
    prove: (nonce) => Promise.resolve({ key: 'key', signature: `signed ${nonce}` }),
    state: (state) => this.states.push(state),
    message: (message) => this.messages.push(message),
    setTimer: (run, ms) => {
      this.#lastTimer += 1;
      this.timers.set(this.#lastTimer, { at: this.clock + ms, run });
      return this.#lastTimer;
    },
    clearTimer: (timer) => this.timers.delete(timer),
    now: () => this.clock,
    random: () => 1,
  });

  say(message: ServerMessage): void {
    this.server.onmessage?.({ data: JSON.stringify(message) });
  }

  async becomeReady(ready = { connection: 1, resumed: false }): Promise<void> {
    this.server.onopen?.();
    this.say({ type: 'challenge', version: PROTOCOL_VERSION, nonce: 'nonce' });
    await Promise.resolve();
    await Promise.resolve();
    const token = `token ${ready.connection}`;
    this.say({ type: 'ready', ...ready, token, keep_seconds: 30, group: 1, claimed: false });
  }

  runNextTimer(): void {
    const [id, timer] = [...this.timers].sort(([, a], [, b]) => a.at - b.at)[0]!;
    this.timers.delete(id);
    this.clock = timer.at + this.late;
    timer.run();
  }
}
