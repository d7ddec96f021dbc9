// A readout at an address of its own: public by both delegations' keys, read by somebody who has none, and refused if
// the server gives something else.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { confirms, is, reads, saved, section, sends } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { look, speaks } from '../lib/scenes.mjs';
import { found } from '../lib/talk.mjs';

const { ada, ben, cleo } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };
const HEADLINE = 'Northland and Southland agree to reopen the strait in 2027';
const STATEMENT = 'Both sides agreed to reopen the strait in 2027.';

/** Drafted by one and signed by both. */
async function signed(first, second) {
  for (const head of [first, second]) await section(head, 'readouts');
  await sends(first, 'draft-readout', { headline: HEADLINE, where: 'Lissen', 'paragraph-0': STATEMENT });
  for (const head of [first, second]) {
    await confirms(head, 'readout-sign');
  }
  await is([first, second], 'readout', 'agreed');
}

/** The address that what is saved for programs will have. */
async function addressOf(head, origin) {
  const data = await saved(head, () => head.click('export-data'));
  return `${origin}/r/${createHash('sha256').update(data).digest().subarray(0, 16).toString('base64url')}`;
}

/** Gives the page something else than the server has. */
async function altered(reader, change) {
  await reader.page.setRequestInterception(true);
  reader.page.on('request', async (request) => {
    if (!request.url().includes('/api/v1/readouts/')) return request.continue();
    const genuine = await (await fetch(request.url())).text();
    const body = change(genuine);
    assert.notEqual(body, genuine);
    return request.respond({ status: 200, contentType: 'application/json', body });
  });
}

describe('a published readout', () => {
  test('has a page by two keys, which anybody reads and no server alters', () =>
    inConference({}, async (conference) => {
      const { url } = conference.server;
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, url, TALK);
      await signed(first, second);
      const address = await addressOf(first, url);
      assert.equal(await addressOf(second, url), address);

      // One proposes it and goes; the other consents, and hands it over alone.
      await confirms(second, 'readout-publish');
      await section(first, 'overview');
      await first.page.waitForSelector(`${id('act')}[data-act="publish"] ${id('consent')}`);
      const talk = second.page.url();
      await second.page.goto('about:blank');
      await first.click('consent');
      await section(first, 'readouts');
      await is([first], 'publication', 'waiting');

      const reader = await conference.person('firefox', cleo);
      await reader.page.goto(address);
      await reader.reach('published');
      await reader.page.waitForSelector(id('published-again'));

      // Her page does it by itself once she is back.
      await second.page.goto(talk);
      await section(second, 'readouts');
      await is([first, second], 'publication', 'public');
      for (const head of [first, second]) {
        assert.equal(await head.page.$eval(id('published-address'), (field) => field.value), address);
      }
      await reader.click('published-again');
      await reads(reader, 'headline', HEADLINE);
      await reads(reader, 'document', STATEMENT);
      await reads(reader, 'published-verified', 'This page has verified it');
      assert.equal((await reader.page.$$(id('published-key'))).length, 2);
      // Nothing is kept of whoever reads.
      assert.deepEqual(await reader.page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage)]), [[], []]);
      assert.ok((await saved(reader, () => reader.click('published-text'))).includes(HEADLINE));

      const wary = await conference.person('chromium', cleo);
      await wary.page.goto(address);
      await reads(wary, 'headline', HEADLINE);
      await altered(wary, (content) => content.replaceAll('2027', '2028'));
      await wary.page.goto(address);
      await reads(wary, 'published-false', 'This is not the readout that was published here');
      assert.doesNotMatch(await wary.describe(), /strait/);
    }));

  for (const language of ['en', 'ar']) {
    test(`${language}: nobody is kept out by its page`, () =>
      inConference({}, async (conference) => {
        const { url } = conference.server;
        const people = [await conference.person('chromium', ada), await conference.person('chromium', ben)];
        const [first, second] = people;
        for (const one of people) await speaks(one, language);
        await found(first, second, url, TALK);
        await signed(first, second);
        await confirms(first, 'readout-publish');
        await section(second, 'overview');
        await second.click('consent');
        await is([first], 'publication', 'public');
        const faults = [];
        const options = { sizes: ['laptop', 'phone', 'zoomed'], tabbed: ['phone'] };
        await look(first, 'the readout in the talk', faults, options);
        await second.page.goto(await first.page.$eval(id('published-address'), (field) => field.value));
        await second.page.waitForSelector(id('published-verified'));
        await look(second, 'its page', faults, options);
        await altered(second, (content) => content.replaceAll('2027', '2028'));
        await second.page.reload();
        await second.page.waitForSelector(id('published-false'));
        await look(second, 'another content', faults, options);
        assert.deepEqual(faults, []);
      }));
  }
});
