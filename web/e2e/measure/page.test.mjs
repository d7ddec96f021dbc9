// Numbers, written to the file that `cargo xtask measure` names: click to first picture, entering a fuller room, two
// heads who found a talk, the page's size.

import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { found } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const DIST = new URL('../../dist/', import.meta.url);
const report = {};

describe('measured', () => {
  after(() => {
    writeFileSync(process.env.INCAMERA_MEASURED, JSON.stringify(report));
  });

  test('the page in all is under 1 MB compressed', () => {
    const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.name.endsWith('.br'));
    report.page_brotli_bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(`${parentPath}/${name}`).size, 0);
    assert.ok(report.page_brotli_bytes > 100_000 && report.page_brotli_bytes < 1_000_000, `${report.page_brotli_bytes}`);
  });

  test('from "Enter" to the first picture', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'How long');
      const other = await conference.person('chromium', ben);
      const times = [];
      for (let round = 0; round < 5; round += 1) {
        await other.page.goto('about:blank');
        await other.page.goto(link);
        await other.reach('prejoin');
        const name = await other.page.$eval(id('name'), ({ value }) => value);
        if (name === '') await other.type('name', ben.name);
        await other.page.evaluate(timeFirstPicture, id('enter'), `${id('tile')}[data-picture="true"] .host video`);
        await other.enter();
        times.push(await until('the first picture', () => other.page.evaluate(() => globalThis.e2eFirstPicture)));
        await other.leave();
      }
      times.sort((a, b) => a - b);
      report.click_to_first_picture_ms = { median: Math.round(times[2]), all: times.map(Math.round) };
      assert.ok(times[2] < 5000, `${times}`);
    }));

  test('from "Propose" to words that both heads have compared', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('firefox', ben);
      await first.page.evaluateOnNewDocument(notePress, id('propose-talk'));
      await found(first, second, conference.server.url, { title: 'How long', delegations: ['Northland', 'Southland'] });
      const pressed = Number(await first.page.evaluate(() => sessionStorage.getItem('e2e-pressed')));
      report.two_heads_compared_ms = Date.now() - pressed;
      assert.ok(pressed > 0);
    }));

  test('entering a room of 2, 10 and 50', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'A full room');
      const count = async () => Number(/(\d+) people/.exec(await one.page.$eval(id('sentence'), (place) => place.textContent))?.[1] ?? 1);
      report.browser_enters_ms = {};
      let natives = 0;
      for (const people of [2, 10, 50]) {
        for (; natives < people - 2; natives += 1) conference.listener(link, `Guest ${natives + 1}`);
        await until(`${people - 1} people`, async () => (await count()) === people - 1, { ms: 240_000, seen: count });
        const other = await conference.person('chromium', ben);
        await other.page.goto(link);
        await other.reach('prejoin');
        await other.type('name', ben.name);
        const start = Date.now();
        await other.enter();
        report.browser_enters_ms[people] = Date.now() - start;
        await other.leave();
        await other.close();
      }
    }));
});

/** Runs in the page: from the click on a button to the first frame of another's picture. */
function timeFirstPicture(button, picture) {
  globalThis.e2eFirstPicture = undefined;
  document.querySelector(button).addEventListener('click', () => {
    const start = performance.now();
    const look = () => {
      const shown = [...document.querySelectorAll(picture)].some((video) => video.getVideoPlaybackQuality().totalVideoFrames > 0);
      if (shown) globalThis.e2eFirstPicture = performance.now() - start;
      else requestAnimationFrame(look);
    };
    look();
  }, { once: true });
}

/** Runs in the page: when a button is pressed. */
function notePress(button) {
  addEventListener('click', ({ target }) => {
    if (target.closest(button)) sessionStorage.setItem('e2e-pressed', String(Date.now()));
  }, { capture: true });
}
