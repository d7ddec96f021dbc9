// Staying, the slower half: sleep, a tab in the background, a second tab, a reload, a crash.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chat, id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { family, peers, recovered, together } from '../lib/staying.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const SECOND = 1000;

async function two(conference, kind, options) {
  const one = await conference.person(kind, ada, options);
  const link = await one.propose(conference.server.url, 'Staying');
  const other = await conference.person('chromium', ben);
  await other.accept(link);
  await together(one, other);
  return [one, other];
}

/** How many tiles a person has of another. */
async function tilesOf(one, person) {
  return (await one.tiles()).filter(({ name }) => name === person.name).length;
}

/** Stops everything of a browser for a while, as sleep does. */
async function sleep({ browser }, ms) {
  const processes = family(browser.process().pid);
  for (const pid of processes) process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, ms));
  for (const pid of processes) process.kill(pid, 'SIGCONT');
}

for (const kind of ['chromium', 'firefox']) {
  describe(`sleeping and coming back, ${kind}`, () => {
    test('a laptop that sleeps for a moment, and one that sleeps past its seat', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind);
        await recovered('slept 5 s', kind, [one, other], 3 * SECOND, () => sleep(one, 5 * SECOND));
        await recovered('slept 36 s', kind, [one, other], 10 * SECOND, () => sleep(one, 36 * SECOND));
        await until('one tile for one person', async () => (await tilesOf(other, ada)) === 1);
        await chat(one, other);
      }));

    test('a second tab with the same seat: the first says so in a sentence, and can have it back', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind);
        await one.page.evaluate(() => void globalThis.open(location.href));
        await one.reach('stopped');
        const says = await one.page.evaluate(() => document.body.innerText);
        assert.match(says, /Your seat was taken in another tab or on another device/);
        await until('one tile for one person', async () => (await tilesOf(other, ada)) === 1);
        await until('one button', () => one.page.evaluate(() => document.querySelectorAll('.middle button').length === 1));
        await one.page.bringToFront();
        await one.page.click('.middle button');
        await one.reach('seated');
        await other.seesAndHears(ada);
        await until('one tile for one person', async () => (await tilesOf(other, ada)) === 1);
      }));

    test('a reload while the server still keeps the former connection', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind);
        // Closed with a code of no meaning, the server takes the socket for lost and keeps the connection.
        await one.page.evaluate(() => {
          globalThis.isFormerPage = true;
          globalThis.e2eSockets.at(-1).close(4000);
          setTimeout(() => location.reload(), 0);
        });
        await until('another page', () => one.page.evaluate(() => !globalThis.isFormerPage).catch(() => false));
        await one.reach('seated');
        await one.seesAndHears(ben);
        await other.seesAndHears(ada);
        await until('one tile for one person', async () => (await tilesOf(other, ada)) === 1);
      }));

    test('a browser that is killed leaves no ghost', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind);
        await one.close();
        await until('no tile of who is gone', async () => (await tilesOf(other, ada)) === 0, { ms: 34 * SECOND });
      }));
  });
}

describe('in Chromium alone', () => {
  test('a tab in the background goes on, and is back at once', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference, 'chromium');
      const before = await peers(one);
      const tab = await one.browser.newPage();
      await tab.bringToFront();
      await other.seesAndHears(ada);
      await other.decodesMore();
      await recovered('tab in the background', 'chromium', [one, other], 3 * SECOND, () => one.page.bringToFront());
      assert.equal(await peers(one), before);
      await chat(one, other);
    }));

  test('from Wi-Fi to mobile data', () =>
    inConference({ open: true }, async (conference) => {
      const network = await conference.network();
      const [one, other] = await two(conference, 'chromium', { network });
      const before = await peers(one);
      await network.down('wifi');
      await recovered('Wi-Fi to mobile, from the new network', 'chromium', [one, other], 8 * SECOND, async () => {
        await network.up('mobile');
      });
      assert.equal(await peers(one), before, 'the same peer connection');
      await chat(one, other);
    }));

  for (const [keep, same] of [[30, true], [0, false]]) {
    test(`a server that keeps connections for ${keep} s: media ${same ? 'stays' : 'begins anew (the control)'}`, () =>
      inConference({ wiretap: true, args: ['--keep', String(keep)] }, async (conference) => {
        const [one, other] = await two(conference, 'chromium');
        const before = await peers(one);
        await one.page.evaluate(() => globalThis.e2eSockets.at(-1).close(4000));
        await until('another socket', () => one.page.evaluate(() => globalThis.e2eSockets.length > 1 && globalThis.e2eSockets.at(-1).readyState === 1));
        await together(one, other);
        assert.equal((await peers(one)) === before, same);
        assert.ok(await one.page.$(id('tile')));
      }));
  }
});
