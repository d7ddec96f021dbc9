// Coming back: a reload, a lost connection, a server that was restarted.

import { describe, test } from 'node:test';

import { chat, id, inConference } from '../lib/conference.mjs';
import { tones } from '../lib/measure.mjs';
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
  test('a reload takes the same seat again, and "Press to hear" brings the sound', () =>
    inConference({}, async (conference) => {
      // The browser's own policy: after a reload nothing was pressed yet, so it plays no sound.
      const [one, other] = await two(conference, { autoplay: false });
      await one.page.reload();
      await one.reach('seated');
      await one.click('hear');
      await until('the sound to play', () =>
        one.page.$$eval('audio', (all) => all.length > 0 && all.every(({ paused }) => !paused)));
      await one.seesAndHears(ben);
      await other.seesAndHears(ada);
      await until('one tile each', async () => (await other.tiles()).filter(({ name }) => name === ada.name).length === 1);
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
