// How long a record of many entries takes to be read and shown, written to the file that `cargo xtask measure record`
// names: the finished talk of `incamera demo`, with more entries, opened again and again in Chromium.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { has, section } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const ENTRIES = 500;
const RUNS = 10;

describe('measured', () => {
  test(`a record of ${ENTRIES} entries, from its arrival to its timeline`, () =>
    inConference({ demo: true, args: ['--entries', String(ENTRIES)] }, async (conference) => {
      const link = conference.server.lines.find((line) => line.includes('#demo.'));
      const one = await conference.person('chromium', PEOPLE.ada);
      await one.page.evaluateOnNewDocument(noteReading, id('line'));
      await one.page.goto(link);
      await one.reach('talk');
      await section(one, 'timeline');
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) {
        // The tab remembers the person and the section: everything else is read anew.
        await one.page.reload();
        runs.push(await until('the timeline', () => one.page.evaluate(() => globalThis.e2eRead?.shown && globalThis.e2eRead)));
      }
      const figure = (of) => {
        const all = runs.map(of).map(Math.round).toSorted((a, b) => a - b);
        return { median: all[RUNS / 2], all };
      };
      const report = {
        entries: runs[0].entries,
        lines: runs[0].lines,
        message_bytes: runs[0].bytes,
        arrival_to_shown_ms: figure(({ arrived, shown }) => shown - arrived),
        arrival_to_told_ms: figure(({ arrived, told }) => told - arrived),
        load_to_shown_ms: figure(({ shown }) => shown),
      };
      assert.ok(report.entries >= ENTRIES && report.lines > 0, JSON.stringify(report));
      // The page draws the latest at first; the others are there.
      await until('all lines', async () => {
        if (await has(one, 'earlier')) await one.click('earlier');
        return (await one.page.$$(id('line'))).length >= ENTRIES - 20;
      });
      writeFileSync(process.env.INCAMERA_MEASURED, JSON.stringify(report));
    }));
});

/** Runs in the page: when the record's first entries arrived, when the worker told the life, when its lines were there. */
function noteReading(lines) {
  const noted = { entries: 0, bytes: 0 };
  globalThis.e2eRead = noted;
  const Native = WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const message = typeof data === 'string' && data.includes('"entries"') ? JSON.parse(data) : undefined;
        if (message?.type !== 'entries' || message.stream !== 'record') return;
        noted.arrived ??= performance.now();
        noted.entries += message.entries.length;
        noted.bytes += data.length;
      });
    }
  };
  const NativeWorker = Worker;
  globalThis.Worker = class extends NativeWorker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        if (data?.type === 'event' && data.event.type === 'life') noted.told ??= performance.now();
      });
    }
  };
  const look = () => {
    const count = document.querySelectorAll(lines).length;
    // Drawn: the frame after the one that has them.
    if (count > 0 && noted.told !== undefined) requestAnimationFrame(() => Object.assign(noted, { shown: performance.now(), lines: count }));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
