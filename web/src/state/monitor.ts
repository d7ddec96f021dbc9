/** Watches how well one's own media goes, and tells it when it changes for longer than a moment. */
import { Cell } from './cell';
import { GOOD, type Quality } from './people';
import { judge, type Sample, sampleOf, Steady } from './quality';

export interface MonitorHooks {
  now(): number;
  stats(): Promise<RTCStatsReport> | undefined;
  /** M-lines of people who lose packets on their own way to the server. */
  theirs(): ReadonlySet<string>;
  changed(quality: Quality): void;
}

const INTERVAL_MS = 2_000;

export class Monitor {
  readonly quality = new Cell<Quality>(GOOD);
  #steady = new Steady();
  #before: { sample: Sample; at: number } | undefined;
  #due = -Infinity;

  constructor(private readonly hooks: MonitorHooks) {}

  /** The connection is another one: its counters begin anew. */
  reset(): void {
    this.#before = undefined;
  }

  async tick(): Promise<void> {
    const at = this.hooks.now();
    if (at < this.#due) return;
    this.#due = at + INTERVAL_MS;
    const report = await this.hooks.stats()?.catch(() => undefined);
    if (!report) return;
    const sample = sampleOf(report.values());
    const before = this.#before;
    this.#before = { sample, at };
    if (!before || at <= before.at) return;
    const verdict = judge(before.sample, sample, (at - before.at) / 1000, this.hooks.theirs());
    const told = this.#steady.take(verdict);
    const { level, cause } = this.quality.get();
    if (told.level === level && told.cause === cause) return;
    this.quality.set(told);
    this.hooks.changed(told);
  }
}
