import { expect, test } from 'vitest';
import { PushToTalk } from './push-to-talk';

test('open while held, closed after', async () => {
  const bench = new Bench();
  expect(bench.talk.press()).toBe(true);
  await bench.granted();
  expect([bench.on, bench.talk.held.get()]).toEqual([true, true]);
  bench.talk.release();
  expect([bench.on, bench.talk.held.get()]).toEqual([false, false]);
});

test('let go while the browser asks: closed all the same', async () => {
  const bench = new Bench();
  bench.talk.press();
  bench.talk.release();
  await bench.granted();
  expect(bench.on).toBe(false);
});

test('a microphone that is open isn’t held, so letting go doesn’t close it', () => {
  const bench = new Bench();
  bench.on = true;
  expect(bench.talk.press()).toBe(false);
  bench.talk.release();
  expect(bench.on).toBe(true);
});

test('muted while held: closed until pressed anew', async () => {
  const bench = new Bench();
  bench.talk.press();
  await bench.granted();
  bench.on = false;
  bench.talk.devicesChanged();
  expect(bench.talk.held.get()).toBe(false);
  bench.talk.release();
  expect(bench.on).toBe(false);
});

test('a microphone that doesn’t open isn’t held', async () => {
  const bench = new Bench();
  bench.broken = true;
  bench.talk.press();
  await bench.granted();
  expect(bench.talk.held.get()).toBe(false);
});

class Bench {
  on = false;
  broken = false;
  #grant: (() => void)[] = [];
  talk = new PushToTalk({
    setMicrophone: (on) => {
      if (!on) {
        this.on = false;
        return Promise.resolve();
      }
      return new Promise((resolve) =>
        this.#grant.push(() => {
          this.on = !this.broken;
          resolve();
        }),
      );
    },
    state: { get: () => ({ microphone: { on: this.on, pending: this.#grant.length > 0 } }) },
  });

  async granted(): Promise<void> {
    for (const grant of this.#grant.splice(0)) grant();
    await new Promise((resolve) => setTimeout(resolve));
  }
}
