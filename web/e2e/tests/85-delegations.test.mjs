// Two delegations: their heads found a talk, seat people by two keys, and decide together.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chat, id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { ask, countPresses, enterTalk, found, invite, openPanel, presses, reachStep, rosterOf, says } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };

describe('two delegations', () => {
  for (const [one, other] of [['chromium', 'chromium'], ['chromium', 'firefox'], ['firefox', 'chromium']]) {
    test(`${one} and ${other}: two heads found a talk, compare the words and meet`, () =>
      inConference({}, async (conference) => {
        const first = await conference.person(one, ada);
        const second = await conference.person(other, ben);
        const [at, there] = await found(first, second, conference.server.url, TALK);
        // Each reads its half, and hears the other's.
        assert.equal(at.yours.length + at.theirs.length, 6);
        assert.deepEqual([at.yours, at.theirs, at.digits], [there.theirs, there.yours, there.digits]);
        await enterTalk(first);
        await enterTalk(second);
        await Promise.all([first.seesAndHears(ben), second.seesAndHears(ada)]);
        await chat(first, second);
        for (const head of [first, second]) {
          await says(head, 'Sealed. 2 people, 2 delegations. No recording declared. Roots verified.');
        }
        await first.click('sentence');
        const other_ = (await rosterOf(first)).find(({ name }) => name === ben.name);
        assert.match(other_.warrant, /Southland/);
        assert.match(other_.warrant, new RegExp(ada.name));
      }));
  }

  test('it takes each head four presses at most, from the page or the link to the words compared', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('firefox', ben);
      for (const head of [first, second]) await countPresses(head);
      await found(first, second, conference.server.url, TALK);
      assert.deepEqual(await presses(first), ['propose-talk', 'countersign', 'agree']);
      assert.deepEqual(await presses(second), ['claim', 'agree']);
      await first.click('to-threshold');
      await first.reach('prejoin');
      // It counts: one more press, one more in the list.
      assert.equal((await presses(first)).length, 4);
    }));

  test('a guest is vouched for by one side, approved by the other, and ejected by both', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      const link = await invite(second, { hint: cleo.name });
      await enterTalk(first);
      await enterTalk(second);
      await first.seesAndHears(ben);

      const guest = await conference.person('firefox', cleo);
      await ask(guest, link);
      // The lobby is the own side's: the other head sees nothing of it.
      await until('one to wait at the own head', async () => (await waiting(second)) === 1);
      assert.equal(await waiting(first), 0);
      await openPanel(second);
      await second.click('vouch');
      // One side's word alone seats nobody.
      await until('one to wait at the other head', async () => (await waiting(first)) === 1);
      assert.deepEqual((await names(first)).toSorted(), [ada.name, ben.name].toSorted());
      await reachStep(guest, 'vouched');
      await openPanel(first);
      await first.click('approve');

      await guest.reach('seated');
      await Promise.all([guest.seesAndHears(ada), first.seesAndHears(cleo), second.seesAndHears(cleo)]);
      await says(first, '3 people, 2 delegations.');

      // One side proposes that she goes, and nothing happens until the other confirms.
      await eject(first, cleo);
      await until('the proposal at the other head', async () => (await second.page.$(id('consent'))) !== null);
      await guest.decodesMore();
      await second.click('consent');
      await guest.reach('stopped');
      const told = await guest.describe();
      assert.match(told, /both delegations decided that you leave/);
      for (const head of [first, second]) {
        await until(`her picture to go at ${head.person.name}`, async () => !(await names(head)).includes(cleo.name));
      }
      await Promise.all([first.seesAndHears(ben), second.seesAndHears(ada)]);
      assert.deepEqual(await guest.stats('inbound-rtp'), []);
    }));

  test('a head who reloads is the same head, and a second claim of the link is told that it is taken', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      for (const head of [first, second]) {
        await head.page.reload();
        await reachStep(head, 'enter');
      }
      await enterTalk(first);
      await enterTalk(second);
      await first.seesAndHears(ben);
      await second.page.reload();
      await second.reach('seated');
      await first.seesAndHears(ben);
    }));
});

/** How many things wait for a head, as the room's button says. */
async function waiting(head) {
  return Number(await head.page.$eval(id('waits'), (count) => count.textContent).catch(() => 0));
}

async function names(participant) {
  return (await participant.tiles()).map(({ name }) => name);
}

/** Proposes that somebody goes, and says yes to the question whether to. */
async function eject(head, person) {
  const seats = await head.page.$$(id('seat'));
  for (const seat of seats) {
    const of = await seat.$eval('.name bdi', (name) => name.textContent);
    if (of === person.name) await (await seat.$(id('eject'))).click();
  }
  const yes = await head.page.waitForSelector('dialog[open] .actions button:last-child');
  await yes.click();
}
