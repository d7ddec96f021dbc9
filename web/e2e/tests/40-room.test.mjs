// What else one does in a room, and what one is told when something is wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { seen } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;

describe('a room', () => {
  test('a screen is shown beside the camera', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('firefox', ada);
      const link = await one.propose(conference.server.url, 'A screen');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await other.seesAndHears(ada);
      await one.click('screen');
      const screen = [...ada.colours].reverse();
      await until('the screen', async () =>
        (await other.tiles()).some(({ kind, picture }) => kind === 'screen' && seen(screen, [picture ?? []])), {
        seen: async () => JSON.stringify(await other.tiles()),
      });
      await other.seesAndHears(ada);
    }));

  test('the sentence says who hears, from the sealed roster', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Who hears you');
      const sentence = () => one.page.$eval(id('sentence'), (place) => place.textContent);
      assert.match(await sentence(), /Sealed\./);
      const other = await conference.person('firefox', ben);
      await other.accept(link);
      await until('the sentence to count two', async () => /2 people/.test(await sentence()), { seen: sentence });
    }));

  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a refused camera and microphone are told in plain words, and one can enter without`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada, { deny: true });
        await one.page.goto(`${conference.server.url}/`);
        await one.reach('home');
        await one.click('open-conversation');
        await one.type('title', 'Only listening');
        await one.type('name', ada.name);
        await one.click('propose');
        await one.reach('prejoin');
        for (const device of ['camera', 'microphone']) {
          const place = await one.page.waitForSelector(id(`problem-${device}`));
          assert.match(await place.evaluate((node) => node.textContent), new RegExp(device));
        }
        await one.click('enter');
        await one.reach('seated');
      }));
  }

  test('the secret leaves the address at once', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Not in the address');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      assert.equal(await other.page.evaluate(() => location.hash), '');
      assert.match(await other.page.evaluate(() => location.pathname), /^\/t\//);
    }));
});
