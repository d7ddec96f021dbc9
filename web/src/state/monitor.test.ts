import { expect, test } from 'vitest';
import { Monitor } from './monitor';
import type { Quality } from './people';

test('a lasting loss is told once, and its end once', async () => {
  const bench = new Bench();
  await bench.pass(6, 0);
  expect(bench.told).toEqual([]);
  await bench.pass(6, 0.2);
  expect(bench.told).toEqual(['poor uplink']);
  await bench.pass(10, 0);
  expect(bench.told).toEqual(['poor uplink', 'good none']);
});

test('statistics that don’t come say nothing', async () => {
  const bench = new Bench();
  bench.broken = true;
  await bench.pass(10, 0.5);
  expect(bench.told).toEqual([]);
});

class Bench {
  told: string[] = [];
  broken = false;
  #now = 0;
  #lost = 0;
  readonly #monitor = new Monitor({
    now: () => this.#now,
    stats: () =>
      this.broken
        ? Promise.reject(new Error('closed'))
        : Promise.resolve(new Map([['a', { type: 'remote-inbound-rtp', fractionLost: this.#lost }]]) as never),
    theirs: () => new Set<string>(),
    changed: ({ level, cause }: Quality) => this.told.push(`${level} ${cause}`),
  });

  async pass(samples: number, lost: number): Promise<void> {
    this.#lost = lost;
    for (let at = 0; at < samples; at += 1) {
      this.#now += 2000;
      await this.#monitor.tick();
    }
  }
}
