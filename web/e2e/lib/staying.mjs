// Coming back after a fault, and how long it takes.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { until } from './until.mjs';

const REPORT = join(import.meta.dirname, '../../../target/recovery.json');

/** Waits until all see and hear each other. */
export async function together(...people) {
  const pairs = people.flatMap((one) => people.filter((other) => other !== one).map((other) => [one, other]));
  await Promise.all(pairs.map(([one, other]) => one.seesAndHears(other.person, { ms: 60_000 })));
}

/** How many peer connections a page has made. */
export function peers({ page }) {
  return page.evaluate(() => globalThis.e2ePeers.length);
}

/**
 * Makes a fault, or ends it, and measures how long people take to be back: frames of each are decoded
 * again, then the known picture is seen and the known tone heard. What `fault` returns must have come
 * true too.
 * @param {string} name @param {string} kind @param {import('./conference.mjs').Participant[]} people
 * @param {number} limit the aim in ms, for the report: how long it takes depends on the machine
 * @param {() => Promise<(() => Promise<boolean>) | void>} fault
 */
export async function recovered(name, kind, people, limit, fault) {
  const watched = await Promise.all(people.map(watchFrames));
  try {
    const also = await fault();
    const from = Date.now();
    const watches = watched.map(async (watch, index) => {
      await watch.flows(from);
      return { who: people[index].person.name, ms: Date.now() - from };
    });
    const held = also ? until(`${name}: what is to come true`, also, { ms: 25_000, every: 50 }).then(() => Date.now() - from) : undefined;
    const [frames, heldMs] = await Promise.all([Promise.all(watches), held]);
    await together(...people);
    const wholeMs = Date.now() - from;
    const stoodStill = watched.map((watch) => watch.longest());
    const slowest = Math.max(heldMs ?? 0, ...frames.map(({ ms }) => ms));
    record({ fault: name, browser: kind, recovery_ms: slowest, held_ms: heldMs, seen_and_heard_ms: wholeMs, picture_stood_ms: Math.max(...stoodStill), limit_ms: limit });
    return slowest;
  } finally {
    // Or a failed test would look on for ever.
    for (const watch of watched) watch.stop();
  }
}

/** Counts decoded frames of all that a person receives. */
async function watchFrames(one) {
  let last = await one.framesDecoded();
  let lastAt = Date.now();
  let longest = 0;
  let stopped = false;
  const look = async () => {
    while (!stopped) {
      // A question that was asked of a browser while it slept may never be answered.
      const late = new Promise((resolve) => setTimeout(resolve, 3_000, last));
      const now = await Promise.race([one.framesDecoded().catch(() => last), late]);
      const at = Date.now();
      if (now !== last) {
        longest = Math.max(longest, at - lastAt);
        [last, lastAt] = [now, at];
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  void look();
  return {
    /** Frames come again after `from`, ten within a second and a half. */
    async flows(from) {
      await until(`frames at ${one.person.name}`, async () => {
        const before = last;
        const begun = Date.now();
        if (begun < from) return false;
        while (Date.now() - begun < 1500) {
          if (last >= before + 5 || (last < before && last >= 5)) return true;
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return false;
      }, { ms: 30_000, every: 10 });
    },
    longest: () => longest,
    stop() {
      stopped = true;
    },
  };
}

/** Adds a line to the report. */
function record(line) {
  mkdirSync(dirname(REPORT), { recursive: true });
  let lines = [];
  try {
    lines = JSON.parse(readFileSync(REPORT, 'utf8'));
  } catch {
    // The first one.
  }
  lines = lines.filter(({ fault, browser }) => fault !== line.fault || browser !== line.browser);
  lines.push(line);
  writeFileSync(REPORT, `${JSON.stringify(lines, undefined, 2)}\n`);
}

/** A process and all that it started. */
export function family(pid) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found;
}
