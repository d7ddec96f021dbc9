// What is written while the server can't be reached: it outlives the page, and goes out when there is a connection again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { reads, section, sends } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { look } from '../lib/scenes.mjs';
import { found } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };
const WORDS = 'Sixty to forty, for one season.';

const count = (one, name) => one.page.$$eval(id(name), (all) => all.length);

describe('without a connection', () => {
  test('a position that is written is sent by the page that is opened after the server is back', () =>
    inConference({}, async (conference) => {
      const { server } = conference;
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, server.url, TALK);
      for (const head of [first, second]) await section(head, 'agenda');
      await sends(first, 'put-item', { title: 'Quotas', minutes: '45' });
      await second.page.waitForSelector(id('write-position'));
      assert.equal(await count(second, 'unsent-step'), 0);

      await server.end('SIGTERM');
      await second.page.waitForSelector(id('lost'));
      await sends(second, 'write-position', { text: WORDS });
      await reads(second, 'unsent-step', WORDS);
      const faults = [];
      await look(second, 'what wasn’t sent', faults, { sizes: ['laptop', 'phone', 'zoomed'], tabbed: ['phone'] });
      assert.deepEqual(faults, []);
      // It stands in the section that it belongs to.
      await section(second, 'meetings');
      assert.equal(await count(second, 'unsent-step'), 0);
      const address = await second.page.evaluate(() => location.href);
      await second.page.goto('about:blank');

      await server.again();
      await second.page.goto(address);
      await second.reach('talk');
      await reads(first, 'item', WORDS);
      await section(second, 'agenda');
      await reads(second, 'item', WORDS);
      await until('nothing to be unsent', async () => (await count(second, 'unsent-step')) === 0, { seen: () => second.describe() });

      // It went out once, also if the page is opened once more.
      await second.page.reload();
      await second.reach('talk');
      await section(second, 'timeline');
      await reads(second, 'line', 'Quotas');
      const lines = await second.page.$$eval(id('line'), (all, words) => all.filter(({ innerText }) => innerText.includes(words)).length, WORDS);
      assert.equal(lines, 1);
      assert.equal(await second.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('incamera-unsent')).length), 0);
    }));
});
