// A third comes late, one leaves: nobody else notices more than that.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertNoFreeze, id, inConference } from '../lib/conference.mjs';
import { watchFrames } from '../lib/freeze.mjs';
import { COLOURS, PEOPLE } from '../lib/people.mjs';
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

/**
 * Looks at every painted frame: whose name stands at a visible picture, and whose colours it has.
 * Returns a function that ends it and tells how many were `right`, and which were `wrong`.
 */
async function watchNames(page, people) {
  const known = people.map(({ name, colours }) => ({ name, colours: colours.map((colour) => COLOURS[colour]) }));
  await page.evaluate((all, query) => {
    const result = (globalThis.e2eNames = { right: 0, wrong: [], on: true });
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 9];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const has = (colours) => [[3, 1], [12, 1], [3, 7], [12, 7]].every(([x, y], corner) => {
      const pixel = context.getImageData(x, y, 1, 1).data;
      return colours[corner].every((value, channel) => Math.abs(value - pixel[channel]) < 70);
    });
    const look = () => {
      if (!result.on) return;
      for (const tile of document.querySelectorAll(query)) {
        const video = tile.querySelector('video');
        if (!video?.videoWidth || !video.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        context.drawImage(video, 0, 0, 16, 9);
        const owner = all.find(({ colours }) => has(colours));
        const shown = tile.querySelector('.name bdi')?.textContent;
        if (!owner) continue;
        if (owner.name === shown) result.right += 1;
        else if (result.wrong.length < 20) result.wrong.push(`${owner.name} under ${shown}`);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, known, id('tile'));
  return () => page.evaluate(() => {
    globalThis.e2eNames.on = false;
    return globalThis.e2eNames;
  });
}

/** A selector of the picture of a person, which the test marked. */
async function pictureOf(participant, person) {
  const mark = await participant.page.evaluate((name, query) => {
    const tile = [...document.querySelectorAll(query)].find((one) => one.querySelector('.name bdi')?.textContent === name);
    const video = tile?.querySelector('video');
    if (!video) return undefined;
    return video.dataset.slot;
  }, person.name, id('tile'));
  assert.notEqual(mark, undefined, `no picture of ${person.name}`);
  return `video[data-slot="${mark}"]`;
}
