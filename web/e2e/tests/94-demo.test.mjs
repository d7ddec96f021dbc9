// `incamera demo`: a finished talk, opened by the links that it prints.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { violations } from '../lib/access.mjs';
import { id, inConference } from '../lib/conference.mjs';
import { has, is, reads, section } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';

const { ada, ben } = PEOPLE;
const HEADLINE = 'Ilvarn and Serrod agree on joint inspections at the Ostrel crossing';

/** The links in the order in which they are printed: two heads, two experts. */
const linksOf = ({ server }) => server.lines.filter((line) => line.includes('#demo.'));

async function look(one, link) {
  await one.page.goto(link);
  await one.reach('talk');
  await one.page.waitForSelector(id('section-timeline'));
  assert.ok(await has(one, 'demonstration'));
  // The keys stand in the address no longer than it takes to read them.
  assert.equal(await one.page.evaluate(() => location.hash), '');
}

describe('a demonstration', () => {
  test('a head in Chromium and an expert in Firefox look at the finished talk', () =>
    inConference({ demo: true }, async (conference) => {
      const links = linksOf(conference);
      assert.equal(links.length, 4);
      const head = await conference.person('chromium', ada);
      await look(head, links[0]);
      await section(head, 'timeline');
      await reads(head, 'line', 'Serrod cancelled the visit');
      await reads(head, 'line', 'to video');
      assert.deepEqual(await violations(head.page), []);
      await section(head, 'readouts');
      await reads(head, 'readouts', HEADLINE);
      await is([head], 'readout', 'agreed');
      await reads(head, 'readouts', 'on condition of anonymity');
      assert.deepEqual(await violations(head.page), []);

      const expert = await conference.person('firefox', ben);
      await look(expert, links[2]);
      await section(expert, 'work');
      await is([expert], 'team', 'reported');
      await section(expert, 'readouts');
      await is([expert], 'readout', 'agreed');

      // A reload comes back to the same person; the device keeps nothing of it.
      await head.page.reload();
      await head.reach('talk');
      await head.page.waitForSelector(id('demonstration'));
      const kept = await head.page.evaluate(() => localStorage.getItem('incamera-talks'));
      assert.equal(kept, null);
      // Another person in another tab of the same browser.
      await head.page.goto('about:blank');
      await look(head, links[1]);
      await reads(head, 'own', 'You: Head, Serrod');
    }));

  test('a server that is none takes no keys from a link', () =>
    inConference({ demo: true }, async (conference) => {
      const [link] = linksOf(conference);
      await inConference({}, async (other) => {
        const one = await other.person('chromium', ada);
        await one.page.goto(link.replace(conference.server.url, other.server.url));
        await one.reach('broken');
        assert.match(await one.describe(), /demonstration/);
        assert.equal(await one.page.evaluate(() => sessionStorage.getItem('incamera')), null);
      });
    }));
});
