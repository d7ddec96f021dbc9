// The page for everybody, in a talk between two delegations: its pages, dialogs and panel, in each language, size and
// colour scheme. One talk goes through most states; each is looked at where it stands.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { check, look, speaks } from '../lib/scenes.mjs';
import { ask, claimTalk, enterTalk, fill, invite, openPanel, proposeTalk, reachStep } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo } = PEOPLE;
const SIZES = ['laptop', 'phone', 'zoomed'];
/** The way of the focus is gone through where it is longest. */
const TABBED = ['phone'];
/** Names as long as they come. */
const TALK = { title: 'Fishing rights, and the passage of ships, in the northern strait', delegation: 'Ministry of the Sea and of Inland Waters' };
const OTHER = 'وزارة الخارجية والتعاون الدولي';

/** What is wrong with what somebody sees, gathered from scene to scene. */
class Looks {
  found = [];

  /** What stands there now. */
  at(one, name, { tabbed = [] } = {}) {
    return look(one, name, this.found, { sizes: SIZES, tabbed });
  }

  /** A question, and back from it. */
  async asked(one, name, button) {
    await one.click(button);
    await one.page.waitForSelector('dialog[open]');
    await this.at(one, name);
    await one.click('confirm-no');
    await until('the question to go', async () => (await one.page.$('dialog[open]')) === null);
  }
}

/** Home, with everything on it that opens. */
async function home(one, looks) {
  await one.page.$eval(id('restore'), (details) => (details.open = true));
  await one.click('open-backup');
  await one.page.waitForSelector('#backup-file-problem');
  await looks.at(one, 'home with both forms', { tabbed: TABBED });
  await one.click('propose-talk');
  await one.page.waitForSelector('#title-problem');
  await looks.at(one, 'home with a title that is missing');
  await one.page.reload();
  await one.reach('home');
}

/** From the proposal to the words. */
async function founding(first, second, origin, looks) {
  const link = await proposeTalk(first, origin, TALK);
  await first.click('show-qr');
  await first.click('save-backup');
  await looks.at(first, 'offered, with the QR code and a passphrase that is too short', { tabbed: TABBED });
  await second.page.goto(link);
  await reachStep(second, 'claiming');
  await second.click('claim');
  await second.page.waitForSelector('#delegation-problem');
  await looks.at(second, 'claiming, without a name');
  await claimTalk(second, link, OTHER);
  await reachStep(first, 'claimed');
  await reachStep(second, 'sent');
  await looks.at(second, 'the answer sent');
  await looks.at(first, 'claimed');
  await looks.asked(first, 'the question before an answer is refused', 'refuse-claim');
  await first.click('countersign');
  await Promise.all([reachStep(first, 'compare'), reachStep(second, 'compare')]);
  await looks.at(first, 'the words', { tabbed: TABBED });
  await looks.asked(first, 'the question whether the words differ', 'differ');
}

/** A guest asks, is refused, asks again and is vouched for. */
async function lobby(second, guest, looks) {
  const link = await invite(second, { hint: 'Somebody else' });
  await looks.at(second, 'an invitation', { tabbed: TABBED });
  await guest.page.goto(link);
  await guest.reach('prejoin');
  await ask(guest, link);
  await looks.at(guest, 'a guest who asked');
  await second.page.waitForSelector(id('vouch'));
  await looks.at(second, 'one in the lobby');
  await second.click('refuse');
  await second.click('send-refusal');
  await until('the reason to be missed', () => second.page.$('[data-testid="reason"][aria-invalid]'));
  await looks.at(second, 'the reason for a refusal');
  await fill(second, 'reason', 'We have no room for another expert today.');
  await second.click('send-refusal');
  await reachStep(guest, 'refused');
  await looks.at(guest, 'a guest who was refused');
  await guest.click('to-threshold');
  await guest.reach('prejoin');
  await looks.at(guest, 'a guest before asking again');
  await guest.click('enter');
  await reachStep(guest, 'asked');
  await looks.at(second, 'one in the lobby who was refused');
  await second.click('vouch');
}

/** What waits for a head, and what a head proposes. */
async function decisions(first, second, looks) {
  await first.page.waitForSelector(id('approve'));
  await second.click('propose-rules');
  await first.page.waitForSelector(id('consent'));
  await looks.at(first, 'approvals and acts that wait');
  await looks.asked(first, 'the question before a talk is ended for all', 'propose-end');
  await first.click('propose-lock');
  await first.page.waitForSelector(id('bound'));
  await looks.at(first, 'a side that has agreed to something else');
  await first.click('retract');
  await first.page.waitForSelector(id('propose-end'));
  await first.click('approve');
}

/** In the room: who hears, what the heads decide. */
async function room(first, second, guest, looks) {
  await enterTalk(first);
  await enterTalk(second);
  await guest.reach('seated');
  // The strip of a small screen hasn't room for everybody.
  await first.page.setViewport({ width: 1280, height: 800 });
  await until('three people', async () => (await first.tiles()).length === 3);
  const roster = { name: 'the roster with its warrants', open: (one) => one.click('sentence') };
  await check(first, [roster], looks.found, { sizes: SIZES, tabbed: TABBED });
  await openPanel(first);
  await until('everybody’s seat', async () => (await first.page.$$(id('seat'))).length === 3);
  // The panel scrolls, not the room.
  assert.ok(await first.page.evaluate(() => document.documentElement.scrollHeight <= innerHeight));
  await looks.at(first, 'the panel of the delegations', { tabbed: TABBED });
  await looks.asked(first, 'the question before somebody is ejected', 'eject');
  await openPanel(second);
  await looks.asked(second, 'the question before somebody is withdrawn', 'withdraw');
}

/** Another talk, whose words differ. */
async function broken(first, second, origin, looks) {
  const link = await proposeTalk(first, origin, TALK);
  await claimTalk(second, link, OTHER);
  await reachStep(first, 'claimed');
  await first.click('countersign');
  await reachStep(second, 'compare');
  await second.click('differ');
  await second.click('confirm-yes');
  await reachStep(second, 'broken');
  await looks.at(second, 'words that differ');
}

describe('a talk between delegations', () => {
  for (const language of ['en', 'ar']) {
    test(`${language}: nobody is kept out by any page or dialog`, () =>
      inConference({}, async (conference) => {
        const { url } = conference.server;
        const looks = new Looks();
        const people = await Promise.all([ada, ben, cleo].map((person) => conference.person('chromium', person)));
        for (const one of people) await speaks(one, language);
        const [first, second, guest] = people;
        await first.page.goto(`${url}/`);
        await first.reach('home');
        await home(first, looks);
        await founding(first, second, url, looks);
        for (const head of [first, second]) await head.click('agree');
        for (const head of [first, second]) await reachStep(head, 'enter');
        await lobby(second, guest, looks);
        await decisions(first, second, looks);
        await room(first, second, guest, looks);
        await broken(first, second, url, looks);
        assert.deepEqual(looks.found, []);
      }));
  }

  test('each combination is looked at: what is wrong in one alone is found there', () =>
    inConference({}, async (conference) => {
      const found = [];
      for (const language of ['en', 'ar']) {
        const one = await conference.person('chromium', ada);
        await speaks(one, language);
        await proposeTalk(one, conference.server.url, TALK);
        await one.page.evaluate(plant);
        const here = [];
        await look(one, 'planted', here, { sizes: SIZES, tabbed: [] });
        found.push(...here.map((fault) => `${language}, ${fault}`));
        await one.close();
      }
      const everywhere = SIZES.flatMap((size) => ['en', 'ar'].map((language) => [language, size]));
      for (const [language, size] of everywhere) {
        const has = (what) => found.some((fault) => fault.startsWith(`${language}, planted, ${size}: ${what}`));
        const where = `${language}, ${size}`;
        assert.ok(has('dark: color-contrast: #dark'), `dark, ${where}`);
        assert.ok(!has('light: color-contrast: #dark'), `light, ${where}`);
        assert.equal(has('overflow: narrow'), size === 'zoomed', `narrow, ${where}`);
        assert.equal(has('overflow: arabic'), language === 'ar', `arabic, ${where}`);
        assert.ok(has('light: button-name'), `a button without a name, ${where}`);
      }
    }));
});

/** Runs in the page: faults of which each shows in some of the combinations only. */
function plant() {
  const main = document.querySelector('main');
  const add = (css, words, name) => {
    const button = document.createElement('button');
    button.style.cssText = css;
    button.textContent = words;
    button.dataset.testid = name;
    button.id = name;
    main.append(button);
  };
  add('color: light-dark(#000, #222); background: light-dark(#fff, #000)', 'Unread at night', 'dark');
  add('inline-size: 350px', 'Too wide', 'narrow');
  add('', '', 'nameless');
  if (document.dir === 'rtl') add('inline-size: 3000px', 'Too wide', 'arabic');
}
