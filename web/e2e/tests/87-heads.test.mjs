// Heads beside the first, and the first on two devices.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { ask, enterTalk, fill, found, invite, openPanel, reachStep } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo, native: dora } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };
const PASSPHRASE = 'three herrings and a cod';

describe('heads', () => {
  test('a second head is certified, seats a guest while the first is away, and is a head no longer once revoked', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      await first.page.select(id('invite-role'), 'head');
      await first.page.waitForSelector(id('invite-head'));
      // Nobody becomes a head by themselves.
      assert.equal(await first.page.$(id('invite-automatic')), null);
      const link = await invite(first, { role: 'head', hint: cleo.name });
      const deputy = await conference.person('chromium', cleo);
      await ask(deputy, link);
      await first.page.waitForSelector(id('asks-head'));
      await first.click('vouch');
      await second.click('approve');
      await deputy.reach('seated');

      // From here on the first head's page isn't there.
      const address = first.page.url();
      await first.page.goto('about:blank');
      await openPanel(deputy);
      const roles = await deputy.page.$$eval(`${id('invite-role')} option`, (options) => options.map(({ value }) => value));
      assert.ok(roles.includes('delegate') && !roles.includes('head'), roles.join());
      const guest = await conference.person('chromium', dora);
      await ask(guest, await invite(deputy, { hint: dora.name }));
      await deputy.click('vouch');
      await second.click('approve');
      await guest.reach('seated');
      await Promise.all([guest.seesAndHears(cleo), deputy.seesAndHears(dora)]);

      await first.page.goto(address);
      await reachStep(first, 'enter');
      await first.click('revoke');
      await first.click('confirm-yes');
      await deputy.reach('stopped');
      await until('no panel of a head', async () => (await deputy.page.$(id('toggle-delegations'))) === null);
      await deputy.page.reload();
      // Whoever was inside is led back in once the seat is known: that may be before the record says why not.
      await until('the page to say so', async () => {
        await (await deputy.page.$(id('to-talk')))?.click();
        return /You are no longer a head/.test(await deputy.describe());
      }, { seen: () => deputy.describe() });
      // Who came by the deputy's word is the first head's to vouch for.
      await first.page.waitForSelector(id('vouch'));
    }));

  test('two devices with the same keys: both follow, both write, and the seat is where it was entered last', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      const device = await conference.person('chromium', ada);
      await restore(device, conference.server.url, await backup(first));

      // What is proposed on one is agreed to on both.
      await device.click('propose-lock');
      await first.click('retract');
      await until('it to be gone', async () => (await device.page.$(id('retract'))) === null);
      // Each approves one guest, and sees what the other did.
      const guests = [];
      for (const [person, by] of [[cleo, first], [dora, device]]) {
        const guest = await conference.person('chromium', person);
        await ask(guest, await invite(second, { hint: person.name }));
        await second.click('vouch');
        await Promise.all([first, device].map((one) => one.page.waitForSelector(id('approve'))));
        await by.click('approve');
        await guest.reach('seated');
        guests.push(guest);
        for (const one of [first, device]) {
          await until('nobody to wait', async () => (await one.page.$(id('approve'))) === null);
        }
      }
      await until('four seats', async () => (await device.page.$$(id('seat'))).length === 4);

      await enterTalk(first);
      await guests[0].seesAndHears(ada);
      await enterTalk(device);
      await first.reach('stopped');
      assert.match(await first.describe(), /Your seat was taken in another tab or on another device/);
      await guests[0].seesAndHears(ada);
      // It leads back to the talk's page, and from there in again.
      await first.page.click('.middle button');
      await reachStep(first, 'enter');
      await enterTalk(first);
      await device.reach('stopped');
      await guests[0].seesAndHears(ada);
      const adas = (await guests[0].tiles()).filter(({ name }) => name === ada.name);
      assert.equal(adas.length, 1);
    }));
});

/** What the page of a head saves as its backup. */
async function backup(head) {
  await head.page.evaluate(() => {
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      globalThis.e2eSaved = blob;
      return make(blob);
    };
  });
  await fill(head, 'passphrase', PASSPHRASE);
  await head.click('save-backup');
  await until('the file', () => head.page.evaluate(() => globalThis.e2eSaved !== undefined));
  return head.page.evaluate(() => globalThis.e2eSaved.text());
}

/** Opens a backup on another device. */
async function restore(device, origin, words) {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-backup-'));
  try {
    const file = join(folder, 'keys.txt');
    writeFileSync(file, words);
    await device.page.goto(`${origin}/`);
    await device.reach('home');
    await device.page.$eval(id('restore'), (details) => (details.open = true));
    await (await device.page.waitForSelector(id('backup-file'))).uploadFile(file);
    await fill(device, 'restore-passphrase', PASSPHRASE);
    await device.click('open-backup');
    await reachStep(device, 'enter');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
