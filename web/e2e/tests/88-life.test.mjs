// The pages of a talk's life: what their forms ask for and keep, and what they give to save. Each section is then looked at in
// each language, size and colour scheme. 91 tells a whole life.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { closed, confirms, has, is, opens, reads, saved, section, sends, set } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { check, look, speaks } from '../lib/scenes.mjs';
import { found } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };
const VISIT = { start: '2027-03-12T09:00', minutes: '90', place: 'Lissen' };
const HEADLINE = 'Northland and Southland agree to reopen the strait in 2027';
const OPEN = `Northland and Southland agreed to reopen the strait in 2027. Vessels [of more than 24.5 metres] carry a transponder. A commission will meet by 12 April.`;

/** Proposed, accepted, and cancelled because of something outside: each has a file for the calendar. */
async function meetings(first, second) {
  for (const head of [first, second]) await section(head, 'meetings');
  await sends(first, 'propose-meeting', VISIT);
  await is([first, second], 'meeting', 'proposed');
  // Whoever proposed it has nothing to accept.
  assert.ok(!(await has(first, 'meeting-accept')));
  await section(second, 'overview');
  await second.click('next-meeting');
  await second.click('meeting-accept');
  await is([first, second], 'meeting', 'agreed');
  const agreed = await calendar(second);
  assert.match(agreed, /^METHOD:REQUEST\r$/m);
  assert.match(agreed, /^LOCATION:Lissen\r$/m);
  await second.click('meeting-cancel');
  await second.click('outside');
  await set(second, 'public', 'The strait is closed.');
  await set(second, 'cause-text', 'No ship passes');
  await second.click('form-send');
  // A cause without its date is asked for, not sent.
  await second.page.waitForSelector('#life-cause-date-problem');
  await set(second, 'cause-date', '2027-03-10');
  await set(second, 'cause-link', 'https://example.org/strait');
  await second.click('form-send');
  await closed(second);
  await is([first, second], 'meeting', 'cancelled');
  const cancelled = await calendar(second);
  assert.match(cancelled, /^METHOD:CANCEL\r$/m);
  assert.match(cancelled, /^COMMENT:The strait is closed\.\r$/m);
  const uid = (file) => /^UID:.+$/m.exec(file)[0];
  assert.equal(uid(cancelled), uid(agreed));
  // Neither what the talk is called nor where it is, unless that is ticked.
  for (const file of [agreed, cancelled]) assert.doesNotMatch(file, /Fisheries|http/);
  assert.match(await calendar(second, ['calendar-title', 'calendar-page']), /Fisheries[^]*\/t\//);
}

/** The file for a calendar. */
async function calendar(one, ticks = []) {
  await opens(one, 'to-calendar');
  for (const tick of ticks) await one.click(tick);
  const file = await saved(one, () => one.click('form-send'));
  await closed(one);
  return file;
}

async function agenda(first, second) {
  for (const head of [first, second]) await section(head, 'agenda');
  await sends(first, 'put-item', { title: 'Quotas', minutes: '45' });
  await second.page.waitForSelector(id('item'));
  await first.click('item-agree');
  await reads(second, 'item', 'Marked as agreed by A.');
  await second.click('item-agree');
  await is([first, second], 'item', 'agreed');
}

async function commitment(first, second) {
  for (const head of [first, second]) await section(head, 'work');
  await sends(second, 'propose-commitment', { text: 'Release the crews', owner: '0' });
  await is([first], 'commitment', 'proposed');
  await first.click('commitment-agree');
  await is([first, second], 'commitment', 'open');
  // It is the owner's to say that it is done.
  assert.ok(!(await has(second, 'commitment-done')));
  await first.click('commitment-done');
  await is([first, second], 'commitment', 'done');
}

/** Drafted with something open, so that nobody can sign; settled, and signed by both. */
async function readout(first, second) {
  for (const head of [first, second]) await section(head, 'readouts');
  await first.click('draft-readout');
  await set(first, 'headline', HEADLINE);
  await set(first, 'paragraph-0', OPEN);
  // What was typed outlives a reload.
  await until('the draft to be kept', () => first.page.evaluate((words) => JSON.stringify({ ...sessionStorage }).includes(words), HEADLINE));
  await first.page.reload();
  await first.page.waitForSelector(id('readouts'));
  await first.click('draft-readout');
  assert.equal(await first.page.$eval(id('field-headline'), (field) => field.value), HEADLINE);
  await first.click('quick-read');
  const point = await first.page.waitForSelector(id('field-point-0'));
  assert.equal(await point.evaluate((field) => field.value), 'Northland and Southland agreed to reopen the strait in 2027.');
  await first.click('form-send');
  await closed(first);
  for (const head of [first, second]) {
    await reads(head, 'brackets', '1 text in brackets is open.');
    assert.ok(!(await has(head, 'readout-sign')));
  }
  await sends(second, 'readout-edit', { 'paragraph-0': OPEN.replaceAll(/[[\]]/g, '') });
  for (const head of [first, second]) await head.page.waitForSelector(id('readout-sign'));
  await first.click('compare');
  await reads(first, 'changes', /Removed:\s*\[/);
  for (const head of [first, second]) await confirms(head, 'readout-sign');
  await is([first, second], 'readout', 'agreed');
  const hashes = await Promise.all([first, second].map((head) => head.page.$eval(id('hash'), (field) => field.value)));
  assert.match(hashes[0], /^[0-9a-f]{64}$/);
  assert.equal(hashes[0], hashes[1]);
  // Nothing in it changes any more.
  for (const head of [first, second]) assert.ok(!(await has(head, 'readout-edit')));
}

describe('the life of a talk', () => {
  test('calendar files follow a meeting, what was typed outlives a reload, and what is agreed stays', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      await meetings(first, second);
      await agenda(first, second);
      await commitment(first, second);
      await readout(first, second);
      // The first page says how far it is.
      await first.page.goto(`${conference.server.url}/`);
      await first.reach('home');
      await reads(first, 'stand', 'Readout agreed');
    }));

  for (const language of ['en', 'ar']) {
    test(`${language}: nobody is kept out by any section or form`, () =>
      inConference({}, async (conference) => {
        const people = [await conference.person('chromium', ada), await conference.person('chromium', ben)];
        const faults = [];
        for (const one of people) await speaks(one, language);
        await found(...people, conference.server.url, TALK);
        await looks(...people, faults);
        assert.deepEqual(faults, []);
      }));
  }

  test('a fault in one of the sections is found there', () =>
    inConference({}, async (conference) => {
      const [first, second] = [await conference.person('chromium', ada), await conference.person('chromium', ben)];
      await found(first, second, conference.server.url, TALK);
      await section(first, 'agenda');
      const faults = [];
      await first.page.$eval(id('agenda'), (agenda) => {
        const button = document.createElement('button');
        button.style.cssText = 'inline-size: 350px; block-size: 20px';
        agenda.append(button);
      });
      await look(first, 'agenda', faults, { sizes: ['zoomed'], tabbed: [] });
      for (const what of ['button-name', 'overflow', 'target']) assert.ok(faults.some((fault) => fault.includes(what)), what);
    }));
});

/** Fills every section a little and looks at each, and at its forms. */
async function looks(first, second, faults) {
  const sizes = ['laptop', 'phone', 'zoomed'];
  const at = (name, tabbed = ['phone']) => look(first, name, faults, { sizes, tabbed });
  const form = (name, button, more = []) => check(first, [{
    name,
    open: async (one) => {
      await opens(one, button);
      for (const press of more) await one.click(press);
    },
    close: async (one) => {
      await one.click('form-close');
      await closed(one);
    },
  }], faults, { sizes, tabbed: ['phone'] });
  await section(first, 'meetings');
  await section(second, 'meetings');
  await sends(second, 'propose-meeting', VISIT);
  await first.page.waitForSelector(id('meeting-accept'));
  await at('meetings');
  await form('a meeting without a time', 'propose-meeting', ['form-send']);
  await form('why a meeting is cancelled', 'meeting-cancel', ['outside', 'form-send']);
  await section(first, 'overview');
  await first.page.waitForSelector(id('next-meeting'));
  await at('what waits', []);
  await section(first, 'timeline');
  await at('timeline', []);
  await section(first, 'agenda');
  await sends(first, 'put-item', { title: 'Quotas' });
  await sends(first, 'write-position', { text: 'Half for each side.' });
  await first.page.waitForSelector(id('wording'));
  await at('agenda');
  await form('a position', 'write-position');
  await section(first, 'work');
  await sends(first, 'propose-team', { title: 'Charts', mandate: 'Draw the line.' });
  await sends(first, 'propose-commitment', { text: 'Release the crews' });
  await first.page.waitForSelector(id('commitment'));
  await at('teams and commitments');
  await form('a team', 'propose-team');
  await form('a commitment', 'propose-commitment');
  await section(first, 'readouts');
  await sends(first, 'draft-readout', { headline: HEADLINE, 'paragraph-0': OPEN });
  await first.page.waitForSelector(id('brackets'));
  await at('readouts');
  await form('a version of a readout', 'readout-edit', ['quick-read']);
  await form('a comment', 'readout-comment');
}
