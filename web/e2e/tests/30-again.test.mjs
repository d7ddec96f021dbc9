// Coming back: a reload, a lost connection, a server that was restarted.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chat, id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;

async function two(conference, options) {
  const one = await conference.person('chromium', ada, options);
  const link = await one.propose(conference.server.url, 'Coming back');
  const other = await conference.person('chromium', ben);
  await other.accept(link);
  await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
  return [one, other];
}

describe('coming back', () => {
  test('a reload takes the same seat again, with sound, under the browser\'s own policy', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference, { autoplay: 'own' });
      await one.page.reload();
      await one.reach('seated');
      await until('the sound to play', () => playing(one));
      await one.seesAndHears(ben);
      await other.seesAndHears(ada);
      await until('one tile for one person', async () =>
        (await other.tiles()).filter(({ name }) => name === ada.name).length === 1);
    }));

  test('where the browser wants a press before it plays, "Press to hear" brings the sound', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada, { autoplay: 'strict' });
      const link = await one.propose(conference.server.url, 'Press to hear');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await one.click('hear');
      await until('the sound to play', () => playing(one));
      await one.page.reload();
      await one.page.waitForSelector(id('hear'));
      assert.equal(await playing(one), false);
      await one.click('hear');
      await until('the sound to play', () => playing(one));
      await one.seesAndHears(ben);
      await until('"Press to hear" to go', async () => !(await one.page.$(id('hear'))));
    }));

  test('a server restarted on the same data: back in sound and picture without a click', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference);
      await conference.server.restart();
      await Promise.all([
        one.seesAndHears(ben, { ms: 60_000 }), other.seesAndHears(ada, { ms: 60_000 }),
      ]);
      await chat(one, other);
    }));

  test('a lost connection to the server: back without a click', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference);
      // The page's own socket is cut; it isn't told why.
      await one.page.evaluate(() => globalThis.e2eSockets.at(-1).close());
      await until('a new connection', () => one.page.evaluate(() => globalThis.e2eSockets.at(-1).readyState === 1 && globalThis.e2eSockets.length > 1));
      await one.seesAndHears(ben);
      await other.seesAndHears(ada);
      await chat(one, other);
    }));
});

/** Whether every audio element plays. */
function playing({ page }) {
  return page.$$eval('audio', (all) => all.length > 0 && all.every(({ paused }) => !paused));
}
