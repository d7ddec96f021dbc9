import { expect, test } from 'vitest';
import type { FromWorker } from './messages';
import { Runner, type SessionApi } from './runner';

test('wire messages go out as they are, events as events', () => {
  const bench = new Bench();
  const append = '{"type":"append","request":1}';
  bench.session.queue(append, event({ type: 'send_key_frame' }));
  bench.runner.input('{"type":"connected"}');
  expect(bench.posted).toEqual([
    { type: 'send', json: append },
    { type: 'event', event: { type: 'send_key_frame' } },
  ]);
  expect(bench.keyFrames).toBe(1);
});

test('the session is woken when it wants to be', () => {
  const bench = new Bench();
  bench.session.due = 500;
  bench.runner.input('{}');
  expect(bench.timers).toEqual([500]);
  bench.now = 500;
  bench.session.due = undefined;
  bench.wake();
  expect(bench.session.inputs.at(-1)).toBe('{"type":"timeout"}');
});

test('a leaf that changes hands is told', () => {
  const bench = new Bench();
  bench.session.queue(view([1, 'Amina'], [2, 'Jonas']));
  bench.runner.input('{}');
  bench.session.queue(view([1, 'Amina'], [2, 'Chen']));
  bench.runner.input('{}');
  expect(bench.changedLeaves).toEqual([2]);
});

test('without a session nothing is sealed or opened', () => {
  const bench = new Bench(false);
  expect(() => bench.runner.seal('camera', new Uint8Array(1))).toThrow();
  expect(() => bench.runner.open(new Uint8Array(1))).toThrow();
});

test('after a trap the session is never used again', () => {
  const bench = new Bench();
  bench.session.trap = true;
  bench.runner.input('{}');
  expect(bench.posted).toMatchObject([{ type: 'broken' }]);
  expect(() => bench.runner.seal('camera', new Uint8Array(1))).toThrow('no session');
});

test('a refused command is told and the session goes on', () => {
  const bench = new Bench();
  bench.session.refusal = 'too long';
  bench.runner.input('{"type":"chat"}');
  expect(bench.posted).toMatchObject([{ type: 'refused' }]);
  expect(bench.runner.seal('camera', new Uint8Array(1))).toBeDefined();
});

test('a kind that this version doesn’t know is refused', () => {
  const bench = new Bench();
  bench.session.kind = 4;
  expect(() => bench.runner.open(new Uint8Array(1))).toThrow();
});

function event(event: object): string {
  return JSON.stringify({ type: 'event', event });
}

function view(...people: [number, string][]): string {
  return event({ type: 'view', view: { people: people.map(([leaf, name]) => ({ leaf, name })) } });
}

class FakeSession implements SessionApi {
  inputs: string[] = [];
  due: number | undefined;
  kind = 1;
  trap = false;
  refusal: string | undefined;
  #outputs: string[] = [];
  queue(...outputs: string[]): void {
    this.#outputs.push(...outputs);
  }
  input(_now: number, json: string): void {
    if (this.trap) throw new WebAssembly.RuntimeError('unreachable');
    if (this.refusal !== undefined) throw new Error(this.refusal);
    this.inputs.push(json);
  }
  output(): string | undefined {
    return this.#outputs.shift();
  }
  timeout(): number | undefined {
    return this.due;
  }
  seal(_kind: number, frame: Uint8Array): Uint8Array {
    return frame;
  }
  open(_now: number, frame: Uint8Array): Uint8Array {
    return frame;
  }
  openedLeaf(): number {
    return 1;
  }
  openedKind(): number {
    return this.kind;
  }
}

class Bench {
  now = 0;
  posted: FromWorker[] = [];
  timers: number[] = [];
  changedLeaves: number[] = [];
  keyFrames = 0;
  session = new FakeSession();
  wake: () => void = () => undefined;
  runner = new Runner({
    post: (message) => this.posted.push(message),
    now: () => this.now,
    setTimer: (run, ms) => {
      this.wake = run;
      return this.timers.push(ms);
    },
    clearTimer: () => undefined,
    leafChanged: (leaf) => this.changedLeaves.push(leaf),
    sendKeyFrame: () => (this.keyFrames += 1),
  });

  constructor(start = true) {
    if (start) this.runner.start(this.session);
  }
}
