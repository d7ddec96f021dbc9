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

  test('who only listens is muted by the browser after a reload, and "Press to hear" brings the sound', () =>
    inConference({}, async (conference) => {
      const other = await conference.person('chromium', ben);
      const link = await other.propose(conference.server.url, 'Press to hear');
      // A page that uses the microphone may play; one that doesn't has to be pressed first.
      const one = await conference.person('chromium', ada, { autoplay: 'own', deny: true });
      await one.page.goto(link);
      await one.reach('prejoin');
      await one.type('name', ada.name);
      await one.click('enter');
      await one.seesAndHears(ben);
      await one.page.reload();
      await until('"Press to hear"', () => untouched(one, `document.querySelector('${id('hear')}') !== null`));
      assert.equal(await untouched(one, `[...document.querySelectorAll('audio')].some(({ paused }) => !paused)`), false);
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

/** Evaluates without counting as a person's gesture, as `page.evaluate` does. */
async function untouched({ page }, expression) {
  const session = await page.createCDPSession();
  const { result } = await session.send('Runtime.evaluate', { expression });
  await session.detach();
  return result.value;
}
