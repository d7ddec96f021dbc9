// A team's own room: both sides open it, its members meet there, and who isn't one sees and hears nothing of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chat, id, inConference } from '../lib/conference.mjs';
import { enterTeam, is, proposeTeam, section } from '../lib/life.mjs';
import { heard, tones } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { ask, enterTalk, found, invite, leaveRoom, openPanel, says } from '../lib/talk.mjs';

const { ada, ben, cleo } = PEOPLE;
const TALK = { title: 'Fisheries', delegations: ['Northland', 'Southland'] };

describe('a team', () => {
  test('meets in a room of its own, which the rest of the talk has no key for', () =>
    inConference({}, async (conference) => {
      const first = await conference.person('chromium', ada);
      const second = await conference.person('chromium', ben);
      await found(first, second, conference.server.url, TALK);
      const link = await invite(second, { role: 'expert', hint: cleo.name });
      const expert = await conference.person('firefox', cleo);
      await ask(expert, link);
      await second.click('vouch');
      await first.click('approve');
      await expert.reach('seated');
      await leaveRoom(expert);

      await proposeTeam(first, { title: 'Charts', mandate: 'Draw the line.' }, [ben, cleo]);
      await section(second, 'work');
      await second.click('team-agree');
      await is([first, second], 'team', 'agreed');
      await first.click('team-beginRoom');
      // One side's word opens nothing.
      await section(second, 'overview');
      const consent = await second.page.waitForSelector(`${id('act')}[data-act="begin_room"] ${id('consent')}`);
      await section(expert, 'work');
      assert.equal(await expert.page.$(id('team-enterRoom')), null);
      await consent.click();

      await section(second, 'work');
      for (const member of [second, expert]) await enterTeam(member);
      await Promise.all([second.seesAndHears(cleo), expert.seesAndHears(ben)]);
      await chat(second, expert);
      for (const member of [second, expert]) await says(member, 'Sealed. A team’s own room. 2 people, 1 delegation.');

      // The other head is no member: there is no door for her, and the plenary is empty.
      assert.equal(await first.page.$(id('team-enterRoom')), null);
      await section(first, 'overview');
      await enterTalk(first);
      await says(first, 'Nobody else is here.');
      await second.decodesMore();
      assert.deepEqual((await first.tiles()).map(({ name }) => name), [ada.name]);
      assert.equal(await first.framesDecoded(), 0);
      for (const { tone } of [ben, cleo]) assert.equal(heard(tone, await tones(first.page)), false);

      // Whoever reloads comes back to the team, not to the plenary.
      await expert.page.reload();
      await expert.reach('seated');
      await second.seesAndHears(cleo);
      assert.deepEqual((await first.tiles()).map(({ name }) => name), [ada.name]);

      // Both end it.
      await leaveRoom(first);
      await section(first, 'work');
      await first.click('team-endRoom');
      await openPanel(second);
      await second.click('consent');
      for (const member of [second, expert]) {
        await member.reach('stopped');
        assert.match(await member.describe(), /Both delegations have ended this room/);
      }
    }));
});
