import { expect, test } from 'vitest';
import type { Kind } from './messages';
import { type Frame, ReceivePipe, isBefore, sealInPlace } from './pipes';

test('a frame that is sealed carries the sealed bytes', () => {
  const sent = frame([1, 2, 3]);
  expect(sealInPlace(sent, (data) => data.map((byte) => byte ^ 0xff))).toBe(true);
  expect([...new Uint8Array(sent.data)]).toEqual([254, 253, 252]);
});

test('a frame that can’t be sealed is dropped', () => {
  const refuse = () => {
    throw new Error('not seated');
  };
  expect(sealInPlace(frame([1]), refuse)).toBe(false);
});

test('an empty frame is dropped', () => {
  expect(sealInPlace(frame([]), (data) => data)).toBe(false);
});

test('a view into wasm memory is copied, not sent whole', () => {
  const memory = new Uint8Array([9, 9, 7, 9]);
  const sent = frame([1]);
  sealInPlace(sent, () => memory.subarray(2, 3));
  expect([...new Uint8Array(sent.data)]).toEqual([7]);
});

test('what opens goes on, opened, and its owner is told once', async () => {
  const bench = new Bench();
  expect(await bench.receive({ leaf: 2, at: 100 })).toBe(true);
  expect(await bench.receive({ leaf: 2, at: 200 })).toBe(true);
  expect(bench.changes).toEqual([{ slot: 5, leaf: 2, kind: 'camera', rtpTimestamp: 100 }]);
});

test('what doesn’t open is dropped and asks for one key frame a second', async () => {
  const bench = new Bench();
  for (const clock of [0, 300, 999]) expect(await bench.receive({ forged: true, clock })).toBe(false);
  expect(bench.keyFrameRequests).toBe(1);
  await bench.receive({ forged: true, clock: 1000 });
  expect(bench.keyFrameRequests).toBe(2);
});

test('the first frame after a gap asks for a key frame unless it is one', async () => {
  const bench = new Bench();
  await bench.receive({ forged: true, clock: 0 });
  await bench.receive({ leaf: 1, clock: 2000 });
  expect(bench.keyFrameRequests).toBe(2);
  await bench.receive({ forged: true, clock: 2100 });
  await bench.receive({ leaf: 1, clock: 4000, type: 'key' });
  expect(bench.keyFrameRequests).toBe(2);
});

test('a microphone is not let into a slot for pictures, nor a camera into one for sound', async () => {
  expect(await new Bench('video').receive({ leaf: 1, kind: 'microphone' })).toBe(false);
  expect(await new Bench('audio').receive({ leaf: 1, kind: 'camera' })).toBe(false);
  expect(await new Bench('audio').receive({ leaf: 1, kind: 'microphone' })).toBe(true);
});

test('the next person’s frames wait until the former picture is hidden', async () => {
  const bench = new Bench();
  await bench.receive({ leaf: 1, at: 100 });
  let passed: boolean | undefined;
  bench.hold = true;
  const waiting = bench.receive({ leaf: 2, at: 200 }).then((result) => (passed = result));
  await Promise.resolve();
  expect(passed).toBeUndefined();
  bench.release(true);
  await waiting;
  expect(passed).toBe(true);
});

test('if the former picture isn’t hidden, the next person’s frames are dropped and told again', async () => {
  const bench = new Bench();
  await bench.receive({ leaf: 1, at: 100 });
  bench.hold = true;
  const waiting = bench.receive({ leaf: 2, at: 200 });
  bench.release(false);
  expect(await waiting).toBe(false);
  bench.hold = false;
  expect(await bench.receive({ leaf: 2, at: 300 })).toBe(true);
  expect(bench.changes.map(({ rtpTimestamp }) => rtpTimestamp)).toEqual([100, 200, 300]);
});

test('a late frame of the former owner doesn’t take the slot back', async () => {
  const bench = new Bench();
  await bench.receive({ leaf: 1, at: 100 });
  await bench.receive({ leaf: 2, at: 200 });
  expect(await bench.receive({ leaf: 1, at: 150 })).toBe(false);
  expect(bench.changes.length).toBe(2);
});

test('a leaf that MLS gave to somebody else is told again', async () => {
  const bench = new Bench();
  await bench.receive({ leaf: 1, at: 100 });
  bench.pipe.forgetLeaf(1);
  await bench.receive({ leaf: 1, at: 200 });
  expect(bench.changes.length).toBe(2);
});

test('RTP time wraps', () => {
  expect(isBefore(1, 2)).toBe(true);
  expect(isBefore(2, 1)).toBe(false);
  expect(isBefore(0xffff_ff00, 10)).toBe(true);
  expect(isBefore(10, 0xffff_ff00)).toBe(false);
});

function frame(bytes: number[], type?: 'key' | 'delta', at = 0): Frame {
  return {
    data: new Uint8Array(bytes).buffer,
    type,
    getMetadata: () => ({ rtpTimestamp: at }),
  };
}

interface Received {
  leaf?: number;
  kind?: Kind;
  forged?: boolean;
  at?: number;
  clock?: number;
  type?: 'key' | 'delta';
}

class Bench {
  changes: { slot: number; leaf: number; kind: Kind; rtpTimestamp: number }[] = [];
  keyFrameRequests = 0;
  hold = false;
  release: (cleared: boolean) => void = () => undefined;
  pipe: ReceivePipe;
  #clock = 0;
  #next: Received = {};

  constructor(media: 'audio' | 'video' = 'video') {
    this.pipe = new ReceivePipe(5, media, {
      open: (data) => {
        if (this.#next.forged) throw new Error('refused');
        return { leaf: this.#next.leaf ?? 0, kind: this.#next.kind ?? 'camera', data };
      },
      now: () => this.#clock,
      requestKeyFrame: () => (this.keyFrameRequests += 1),
      handOver: (change, mustHide) => {
        this.changes.push(change);
        if (!this.hold || !mustHide) return Promise.resolve(true);
        return new Promise((resolve) => (this.release = resolve));
      },
    });
  }

  receive(next: Received): Promise<boolean> {
    this.#next = next;
    this.#clock = next.clock ?? this.#clock;
    return this.pipe.openInPlace(frame([1], next.type ?? 'delta', next.at ?? 0));
  }
}
