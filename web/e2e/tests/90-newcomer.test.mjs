// Five things that a newcomer does wrong, and the sentence that the page then says.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { fill, heading, invitationOf, says } from '../lib/entry.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { plugIn, plugs, unplug } from '../lib/plugs.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;

/** The page's paragraph under its heading. */
function hint({ page }) {
  return page.$eval('h1 + p', (place) => place.textContent.replace(/[\u2066-\u2069]/g, '').trim());
}

for (const kind of ['chromium', 'firefox']) {
  describe(`${kind}: a newcomer`, () => {
    test('doesn’t allow camera and microphone', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada, { deny: true });
        await invitationOf(one, conference.server.url, 'Not allowed');
        await says(one, 'problem-camera',
          /^The browser was not allowed to use the camera\. Allow it beside the address, then try again\.$/);
        await says(one, 'problem-microphone',
          /^The browser was not allowed to use the microphone\. Allow it beside the address, then try again\.$/);
        assert.match(await one.describe(), /You can enter without camera or microphone, and listen\./);
        await one.click('enter');
        await one.reach('seated');
      }));

    test('opens the page over http:// on a local network’s address', () =>
      inConference({ open: true }, async (conference) => {
        const one = await conference.person(kind, ada, { origins: [] });
        assert.notEqual(new URL(conference.server.url).hostname, 'localhost');
        await one.page.goto(`${conference.server.url}/`);
        await one.reach('unsupported');
        assert.equal(await heading(one), 'This address is not secure');
        assert.equal(await hint(one),
          'Over http:// the browser gives out neither camera nor keys. Ask whoever runs the server for its address that starts with https://.');
      }));

    test('has the room open in two tabs', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const link = await one.propose(conference.server.url, 'Two tabs');
        const other = await conference.person('chromium', ben);
        await other.accept(link);
        await other.seesAndHears(ada);
        // A tab that was duplicated begins with the first one's memory, its seat among it.
        await one.page.evaluate(() => void window.open(location.href));
        await one.reach('stopped');
        assert.match(await one.describe(),
          /Your seat was taken in another tab or on another device\. Nothing is sent from here\./);
        await until('one tile for one person', async () =>
          (await other.tiles()).filter(({ name }) => name === ada.name).length === 1);
      }));

    test('pulls the headphones out', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        await plugs(one, [
          { kind: 'audioinput', label: 'Headphones with microphone', tone: ada.tone },
          { kind: 'audioinput', label: 'Built-in', tone: 770 },
          { kind: 'videoinput', label: 'Camera', colours: ada.colours },
        ]);
        await one.propose(conference.server.url, 'Headphones');
        await unplug(one, 'Headphones with microphone');
        await says(one, 'problem-microphone', /^The microphone Headphones with microphone was unplugged\. Built-in is used instead\.$/);
        await plugIn(one, 'Headphones with microphone');
        await says(one, 'problem-microphone', /^Headphones with microphone is back and is used again\.$/);
      }));

    test('opens a link that isn’t whole, or isn’t of this server', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const { link } = await invitationOf(one, conference.server.url, 'A link');
        const other = await conference.person(kind, ben);
        const open = async (address) => {
          await other.page.goto('about:blank');
          await other.page.goto(address);
          await other.reach('broken');
        };
        await open(link.split('#')[0]);
        assert.equal(await heading(other), 'This link is not complete');
        assert.equal(await hint(other),
          'The part after # is missing or cut off. Open or copy the whole link, or enter the code of the invitation on the first page.');
        // The control: the whole link leads in.
        await other.page.goto('about:blank');
        await other.page.goto(link);
        await other.reach('prejoin');
        await fill(other, 'name', ben.name);
        await other.click('enter');
        await other.reach('seated');
        assert.equal(await other.page.$(id('problem-microphone')), null);
      }));
  });
}
