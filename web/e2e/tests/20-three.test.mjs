// A third comes late, one leaves: nobody else notices more than that.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertNoFreeze, id, inConference } from '../lib/conference.mjs';
import { watchFrames } from '../lib/freeze.mjs';
import { pictureOf, watchNames } from '../lib/names.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo } = PEOPLE;

describe('three people', () => {
  test('a third comes late and the second leaves: no freeze, and nothing more for who left', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Late arrivals');
      const two = await conference.person('chromium', ben);
      await two.accept(link);
      await Promise.all([one.seesAndHears(ben), two.seesAndHears(ada)]);

      const atOne = await watchFrames(one.page, await pictureOf(one, ben));
      const atTwo = await watchFrames(two.page, await pictureOf(two, ada));
      const three = await conference.person('firefox', cleo);
      await three.accept(link);
      await Promise.all([
        three.seesAndHears(ada), three.seesAndHears(ben), one.seesAndHears(cleo), two.seesAndHears(cleo),
      ]);
      await assertNoFreeze(atOne, `${ada.name} watching ${ben.name}`);
      await assertNoFreeze(atTwo, `${ben.name} watching ${ada.name}`);

      const atThree = await watchFrames(three.page, await pictureOf(three, ada));
      const stillAtOne = await watchFrames(one.page, await pictureOf(one, cleo));
      await two.leave();
      const without = (who) => async () => !(await who.tiles()).some(({ name }) => name === ben.name);
      await until(`${ben.name}'s tile to go at ${ada.name}`, without(one));
      await until(`${ben.name}'s tile to go at ${cleo.name}`, without(three));
      await one.seesAndHears(cleo);
      await three.seesAndHears(ada);
      await assertNoFreeze(atThree, `${cleo.name} watching ${ada.name}`);
      await assertNoFreeze(stillAtOne, `${ada.name} watching ${cleo.name}`);
      // Who left has no connection that could bring anything.
      assert.deepEqual(await two.stats('inbound-rtp'), []);
      assert.equal(await two.page.$(id('tile')), null);
    }));

  test('a slot that changes hands shows nobody under another\'s name', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Taking turns');
      const two = await conference.person('chromium', ben);
      await two.accept(link);
      await one.seesAndHears(ben);
      const slot = await pictureOf(one, ben);
      const watch = await watchNames(one.page, [ben, cleo]);
      await two.leave();
      await two.close();
      const three = await conference.person('chromium', cleo);
      await three.accept(link);
      await one.seesAndHears(cleo);
      assert.equal(await pictureOf(one, cleo), slot, 'the slot was to be used again');
      const { right, wrong } = await watch();
      assert.ok(right > 10, `only ${right} pictures were looked at`);
      assert.deepEqual(wrong, []);
    }));

  test('a picture under another\'s name is noticed', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Swapped');
      const two = await conference.person('chromium', ben);
      await two.accept(link);
      await one.seesAndHears(ben);
      const watch = await watchNames(one.page, [{ ...ben, colours: cleo.colours }, { ...cleo, colours: ben.colours }]);
      await one.decodesMore();
      assert.notDeepEqual((await watch()).wrong, []);
    }));
});
