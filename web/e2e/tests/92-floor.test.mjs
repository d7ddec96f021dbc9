// The floor: an item is taken up, whoever raises a hand stands in its queue, and what each side speaks counts as its
// time once both agreed on one. Then what the room and the agenda show of it, for everybody.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { closed, has, is, opens, reads, section, sends, set } from '../lib/life.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { untilSilent, untilTile } from '../lib/room.mjs';
import { check, speaks } from '../lib/scenes.mjs';
import { enterTalk, found } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };
const ITEM = 'Quotas in the strait';

/** Two heads in the room, with two items on the agenda. */
async function meet(conference, { kind = 'chromium', language } = {}) {
  const people = [await conference.person('chromium', ada), await conference.person(kind, ben)];
  if (language) for (const one of people) await speaks(one, language);
  const [first] = people;
  await found(...people, conference.server.url, TALK);
  await section(first, 'agenda');
  for (const title of [ITEM, 'Inspections at sea']) await sends(first, 'put-item', { title, minutes: '45' });
  await until('both items', async () => (await first.page.$$(id('item'))).length === 2);
  await section(first, 'overview');
  for (const one of people) await enterTalk(one);
  return people;
}

/** Opens the panel behind the strip, and presses something there. */
async function panel(one, button) {
  await until('the panel to be open', async () => {
    if (!(await open(one))) await one.click('floor-strip');
    return open(one);
  }, { seen: () => one.describe() });
  if (button) await one.click(button);
}

const open = (one) => one.page.$eval(id('floor-panel'), (shown) => shown.matches(':popover-open')).catch(() => false);

/** Seconds that a side has used as this page heard; nothing while that isn't shown. */
function used(one, side) {
  return one.page.$$eval(`${id('times')} ${id('time')}[data-delegation="${side}"]`, (all) => all[0] && Number(all[0].dataset.used));
}

/** Waits until the time of one side grew, which the other's doesn't. */
async function grows(one, side) {
  const other = 1 - side;
  await until(`time of ${side} to be known to ${one.person.name}`, async () => (await used(one, side)) !== undefined);
  const before = [await used(one, side), await used(one, other)];
  await until(`time of ${side} to grow for ${one.person.name}`, async () => (await used(one, side)) >= before[0] + 4, {
    seen: async () => `${before}: ${await used(one, 0)}, ${await used(one, 1)}`,
  });
  // A tick that was under way when the other fell silent may still count.
  assert.ok((await used(one, other)) <= before[1] + 1, `${other} grew too`);
}

describe('the floor', () => {
  test('an item is taken up; hands stand in its queue; each side’s own speaking counts as its time', () =>
    inConference({}, async (conference) => {
      const [first, second] = await meet(conference, { kind: 'firefox' });
      // The tone of one side alone: the other's microphone is off.
      await second.click('microphone');
      await untilTile(first, ben, 'muted', ({ microphone }) => microphone === 'false');
      await untilSilent(first, ben);
      await panel(first, 'item-call');
      for (const one of [first, second]) {
        await reads(one, 'floor-item', ITEM);
        await until('the clock', async () => /^0:\d\d of 45 minutes$/.test(await one.page.$eval(id('item-clock'), (clock) => clock.textContent)));
      }
      await second.click('hand');
      for (const one of [first, second]) {
        await panel(one);
        await reads(one, 'queue', ben.name);
        await reads(one, 'floor-strip', `Next: ${ben.name}`);
      }

      // One side's word is shown as that, and nobody's time.
      await panel(first, 'item-proposeTime');
      await set(first, 'minutes', '1');
      await first.click('form-send');
      await closed(first);
      await panel(second);
      await reads(second, 'time-said', 'A proposes a speaking time of 1 minute for each.');
      for (const one of [first, second]) assert.ok(!(await has(one, 'time')));
      await second.click('item-agreeTime');
      for (const one of [first, second]) {
        await panel(one);
        await grows(one, 0);
        const order = await one.page.$$eval(`${id('times')} ${id('time')}`, (all) => all.map(({ dataset, offsetWidth, offsetHeight }) => [dataset.delegation, offsetWidth, offsetHeight]));
        assert.deepEqual(order.map(([side]) => side), ['0', '1']);
        assert.deepEqual(order[0].slice(1), order[1].slice(1));
      }
      assert.equal(await used(second, 1), 0);

      // The other side speaks, and it alone.
      await first.page.keyboard.press('Escape');
      await first.click('microphone');
      await second.page.keyboard.press('Escape');
      await second.click('microphone');
      for (const one of [first, second]) {
        await panel(one);
        await grows(one, 1);
      }

      // Who comes later says since when it heard.
      await until('ten seconds on the clock', async () => /^(0:[1-5]\d|[1-9])/.test(await first.page.$eval(id('item-clock'), (clock) => clock.textContent)));
      await second.page.reload();
      await second.reach('seated');
      await panel(second);
      await reads(second, 'heard', /^As this page has heard since \d\d:\d\d\.$/);
      await reads(first, 'heard', 'As this page has heard.');

      // What was used up is said, and nobody is muted.
      await until('a side’s time to be used up', () => has(first, 'time-up'), { ms: 90_000, seen: () => used(first, 1) });
      await reads(first, 'time-up', 'Southland has used its speaking time. Nobody is muted.');
      await first.hears(ben);

      // Another item begins anew; one side's new word ends what was agreed.
      await panel(first, 'item-rest');
      await until('the item to be set aside', async () => !(await has(second, 'item-clock')));
      await panel(first, 'item-call');
      await until('time to begin anew', async () => (await used(first, 0)) === 0);
      await panel(second, 'item-proposeTime');
      await set(second, 'minutes', '2');
      await second.click('form-send');
      await closed(second);
      await until('no time to be shown', async () => !(await has(first, 'time')));
    }));

  test('a meeting’s time is told where each delegation is', () =>
    inConference({}, async (conference) => {
      const [first, second] = [await conference.person('chromium', ada), await conference.person('chromium', ben)];
      await first.page.emulateTimezone('Europe/Zurich');
      await second.page.emulateTimezone('Africa/Nairobi');
      await found(first, second, conference.server.url, TALK);
      for (const head of [first, second]) await section(head, 'meetings');
      await sends(first, 'propose-meeting', { start: '2027-03-12T10:00', minutes: '90', place: 'Lissen' });
      await is([first, second], 'meeting', 'proposed');
      // One delegation alone told where it is; for its own head that is no news.
      await reads(second, 'local-times', '10:00 in Northland');
      assert.ok(!(await has(first, 'local-times')));
      await second.click('meeting-accept');
      for (const head of [first, second]) await reads(head, 'local-times', '10:00 in Northland, 12:00 in Southland');
    }));

  for (const language of ['en', 'ar']) {
    test(`${language}: nobody is kept out by the floor, its panel or its form`, () =>
      inConference({}, async (conference) => {
        const [first, second] = await meet(conference, { language });
        await panel(first, 'item-call');
        await first.page.waitForSelector(id('item-clock'));
        await panel(first, 'item-proposeTime');
        await set(first, 'minutes', '1');
        await first.click('form-send');
        await closed(first);
        await panel(second, 'item-agreeTime');
        await second.click('hand');
        await until('the time used', () => has(first, 'times'));
        const faults = [];
        const sizes = ['laptop', 'phone', 'landscape', 'zoomed'];
        await check(first, [
          { name: 'the floor', close: async () => {} },
          { name: 'the floor’s panel', open: panel },
          { name: 'speaking time', open: async (one) => { await panel(one); await opens(one, 'item-proposeTime'); }, close: async (one) => { await one.click('form-close'); await closed(one); } },
        ], faults, { sizes, tabbed: ['phone'] });
        assert.deepEqual(faults, []);
        await first.page.setViewport({ width: 1280, height: 800 });
      }));
  }
});
