// A server that turned against its users: what it can show a browser, and what the page makes of it.
// Each attack is counted by the server, so that what isn't seen was tried.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { heard, pictures, seen, tones } from '../lib/measure.mjs';
import { pictureOf, watchNames } from '../lib/names.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { enterTalk, found, openPanel, says } from '../lib/talk.mjs';
import { stands, until } from '../lib/until.mjs';

const { ada, ben, cleo, native } = PEOPLE;
const FORK = 'Stopped. The server shows others a different room than you. Nothing is sent.';

describe('a hostile server', () => {
  test('lies about the roster, swaps streams, sends clear and old frames', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const [first, second, third] = await three(conference, ['chromium', 'chromium', 'firefox']);
      // Who is lied to: one browser of each kind.
      const victims = [second, third];
      const all = [ada, ben, cleo];
      const watches = await Promise.all(victims.map(({ page }) => watchNames(page, all)));

      await order(server, victims, (to) => `tell roster ${to}`);
      await server.carriesOut('roster', 10);
      for (const victim of victims) await shows(victim, all);
      server.tell('off');

      const before = await Promise.all(victims.map((victim) => pictureOf(victim, ada)));
      await order(server, victims, (to) => `media swap ${to}`);
      for (const [at, victim] of victims.entries()) {
        // It was done: her frames come in another slot, and are still hers.
        await until(`${ada.name}'s picture to change its slot at ${victim.person.name}`, async () =>
          (await pictureOf(victim, ada).catch(() => before[at])) !== before[at], { seen: () => victim.tiles() });
        await victim.seesAndHears(ada);
      }
      server.tell('off');
      for (const victim of victims) await Promise.all(others(victim, all).map((person) => victim.seesAndHears(person)));

      for (const attack of ['card', 'empty', 'cut', 'replay']) {
        await order(server, victims, (to) => `media ${attack} ${to}`);
        for (const victim of victims) await until('decoding to stop', () => stands(() => victim.framesDecoded()));
        const decoded = await Promise.all(victims.map((victim) => victim.framesDecoded()));
        await server.carriesOut(attack, 300);
        assert.deepEqual(await Promise.all(victims.map((victim) => victim.framesDecoded())), decoded, attack);
        for (const victim of victims) {
          assert.ok(!seen(native.colours, await pictures(victim.page)), `${attack}: a picture in clear`);
          // The card replaces pictures only.
          if (attack === 'card') continue;
          // A browser draws the last sound out for a moment.
          let sounds;
          await until(`${victim.person.name} to hear nothing (${attack})`, async () => {
            sounds = await tones(victim.page);
            return !others(victim, all).some(({ tone }) => heard(tone, sounds));
          }, { seen: () => sounds });
        }
        server.tell('off');
        for (const victim of victims) await victim.seesAndHears(ada);
      }
      for (const watch of watches) {
        const { right, wrong } = await watch();
        assert.ok(right > 50, `only ${right} pictures were looked at`);
        assert.deepEqual(wrong, []);
      }
      await first.seesAndHears(ben);
    }));

  test('alters, repeats, reorders and withholds what a room is made of', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const all = [ada, ben, cleo];
      const first = await conference.person('chromium', ada);
      const link = await first.propose(server.url, 'Altered');
      const second = await conference.person('chromium', ben);
      await second.accept(link);
      await first.seesAndHears(ben);

      // A junk Welcome: she comes in by the next.
      server.tell('tell flip new c/ 1');
      const third = await conference.person('firefox', cleo);
      await third.accept(link);
      assert.equal(await server.count('flip'), 1);
      await Promise.all([third.seesAndHears(ada), first.seesAndHears(cleo), second.seesAndHears(cleo)]);
      server.tell('off');

      for (const orders of [
        // A Welcome that ends early, and a change that one member can't read: she comes in by the next,
        // he notices and comes in again.
        [['truncate', 'new', 'c/', 1], ['flip', 'second', 'c/', 1]],
        // A request that nobody can read is made again, though the first one stands in its place. A change comes
        // twice to her and counts once; to him it comes after the next.
        [['flip', 'both', 'door/', 1], ['stale', 'both', 'door/', 1], ['twice', 'first', 'c/', 20], ['late', 'second', 'c/', 1]],
      ]) {
        const before = await counts(server, orders);
        for (const [attack, whom, stream, times] of orders) {
          const victims = { new: [], first: [first], second: [second], both: [first, second] }[whom];
          if (whom === 'new') server.tell(`tell ${attack} new ${stream} ${times}`);
          else await order(server, victims, (to) => `tell ${attack} ${to} ${stream} ${times}`);
        }
        await third.page.reload();
        await third.reach('seated');
        await Promise.all([first.seesAndHears(cleo), second.seesAndHears(cleo), third.seesAndHears(ada), third.seesAndHears(ben)]);
        for (const one of [first, second, third]) await shows(one, all);
        const after = await counts(server, orders);
        for (const [at, [attack]] of orders.entries()) assert.ok(after[at] > before[at], `${attack} wasn't tried`);
        server.tell('off');
      }

      // Withheld: she waits outside, nobody sees her, and she comes in when it is let through.
      server.tell('tell hold new c/');
      await third.page.reload();
      await server.carriesOut('hold', 1);
      assert.notEqual(await third.state(), 'seated');
      server.tell('off');
      await third.reach('seated');
      await third.seesAndHears(ada);

      // Who can't read how the talk began stops, and says so.
      server.tell('tell flip new record 1');
      const stranger = await conference.person('chromium', { ...cleo, name: 'Dora Late' });
      await stranger.page.goto(link);
      await stranger.reach('prejoin');
      await stranger.type('name', 'Dora Late');
      await stranger.click('enter');
      await stranger.reach('stopped');
      assert.match(await stranger.describe(), /The record of this talk can’t be opened with your link\. Nothing is sent\./);
      await shows(first, all);
    }));

  test('shows two members different commits: both stop', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const first = await conference.person('chromium', ada);
      const link = await first.propose(server.url, 'Forked');
      const second = await conference.person('chromium', ben);
      await second.accept(link);
      await Promise.all([first.seesAndHears(ben), second.seesAndHears(ada)]);
      await order(server, [second], (to) => `tell fork ${to} c/`);
      const third = await conference.person('chromium', cleo);
      await third.accept(link).catch(() => undefined);
      await Promise.all([first, second].map((one) => stopsByFork(one)));
      assert.equal(await server.count('fork'), 1);
    }));

  test('keeps a delegation’s beats, then alters the record: nothing is sent, then both stop', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, server.url, { title: 'Fisheries', delegations: ['Northland', 'Southland'] });
      await enterTalk(first);
      await enterTalk(second);
      await Promise.all([first.seesAndHears(ben), second.seesAndHears(ada)]);

      await order(server, [first], (to) => `tell drop ${to} b/`);
      await told(first, /Nobody of delegation B is heard any more\. Nothing is sent until they are, or have left\./);
      await until('nothing to come from her', () => stands(() => second.packetsReceived()));
      // Only she was lied to: what she gets goes on.
      await first.decodesMore();
      server.tell('off');
      await told(first, /Delegation B is no longer silent\. You are heard again\./);
      await second.seesAndHears(ada);

      await order(server, [first], (to) => `tell flip ${to} record 1`);
      await openPanel(second);
      await second.click('propose-lock');
      await Promise.all([first, second].map((one) => stopsByFork(one)));
      assert.equal(await server.count('flip'), 1);
    }));
});

async function three(conference, kinds) {
  const [one, two, other] = kinds;
  const first = await conference.person(one, ada);
  const link = await first.propose(conference.server.url, 'Deceived');
  const second = await conference.person(two, ben);
  await second.accept(link);
  const third = await conference.person(other, cleo);
  await third.accept(link);
  await Promise.all([first.seesAndHears(ben), second.seesAndHears(cleo), third.seesAndHears(ada), third.seesAndHears(ben)]);
  return [first, second, third];
}

/** Gives the server an order for each connection. */
async function order(server, victims, line) {
  for (const victim of victims) server.tell(line(await victim.connection()));
}

/** How often each of some attacks was carried out. */
async function counts(server, orders) {
  const all = [];
  for (const [attack] of orders) all.push(await server.count(attack));
  return all;
}

function others(participant, people) {
  return people.filter(({ name }) => name !== participant.person.name);
}

/** Waits until there is a tile for each of these people, and no other. */
async function shows(participant, people) {
  const wanted = people.map(({ name }) => name).toSorted();
  const names = async () => (await participant.tiles()).map(({ name }) => name).toSorted();
  await until(`${participant.person.name} to see ${wanted}`, async () => (await names()).join() === wanted.join(), { seen: names });
}

/** Waits for a notice. */
async function told(participant, words) {
  const list = () => participant.page.$eval(id('notices'), (all) => all.textContent);
  await until(`${participant.person.name} to be told ${words}`, async () => words.test(await list()), { seen: list });
}

/** The page is red, says why, and its connection is closed. */
async function stopsByFork(participant) {
  await participant.reach('stopped');
  await says(participant, FORK);
  assert.equal(await participant.page.$eval(id('sentence'), ({ dataset }) => dataset.tone), 'stop');
  assert.deepEqual(await participant.stats('outbound-rtp'), []);
}
