// Where pictures stand: layouts, pinning, oneself, full screen, the small window.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { away, choose, has, order, tileOf, untilSilent, untilTile } from '../lib/room.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo, native } = PEOPLE;

async function three(conference, kind = 'chromium') {
  const one = await conference.person(kind, ada);
  const link = await one.propose(conference.server.url, 'Layouts');
  const other = await conference.person('chromium', ben);
  await other.accept(link);
  conference.native(link, native.name, 600);
  await Promise.all([one.seesAndHears(ben), one.seesAndHears(native)]);
  return { one, other, link };
}

/** Where everybody stands, in pixels. */
function places({ page }) {
  return page.$$eval(`.people :is(${id('tile')}, ${id('place')})`, (all) =>
    Object.fromEntries(all.map((tile) => {
      const { x, y, width } = tile.getBoundingClientRect();
      return [tile.querySelector('.name bdi').textContent, [x, y, width].map(Math.round)];
    })));
}

for (const kind of ['chromium', 'firefox']) {
  describe(`layouts, ${kind}`, () => {
    test('grid and speaker, pinned by button and key; nothing else moves, and the choice is remembered', () =>
      inConference({}, async (conference) => {
        const { one } = await three(conference, kind);
        assert.equal(await has(one, 'large'), false, 'three stand in a grid');
        await choose(one, 'view', 'view-speaker');
        await until('one large', () => has(one, 'large'));
        await away(one);
        const before = await places(one);
        for (const who of [native, ben]) {
          await one.page.$$eval(`${id('place')}, ${id('tile')}`, (all, name) =>
            all.find((tile) => tile.querySelector('.name bdi').textContent === name).querySelector('[data-testid="pin"]').focus(), who.name);
          // Keys that WebDriver BiDi presses reach Firefox's pages, but press no buttons.
          if (kind === 'chromium') await one.page.keyboard.press('Enter');
          else await one.page.evaluate(() => document.activeElement.click());
          await untilTile(one, who, 'large, with a picture', ({ large, picture, pinned }) => large && picture === 'true' && pinned === 'true');
          assert.deepEqual(await places(one), before, 'the strip stands still');
        }
        await one.seesAndHears(ben);
        // The same by key: what is held is let go.
        await away(one);
        await one.page.mouse.move(1, 1);
        await one.page.keyboard.press('p');
        await until('nothing to be pinned', () => one.page.$$eval('[data-pinned="true"]', (all) => all.length === 0));

        await one.page.reload();
        await one.reach('seated');
        await until('the choice to be remembered', () => has(one, 'large'));
        await away(one);
        await one.page.keyboard.press('g');
        await until('a grid', async () => !(await has(one, 'large')));
        await one.seesAndHears(ben);
      }));

    test('the small window shows who is large, and gives the pictures back', () =>
      inConference({}, async (conference) => {
        const { one } = await three(conference, kind);
        await choose(one, 'view', 'float');
        await until('the small window', () => one.page.evaluate(() => globalThis.documentPictureInPicture?.window !== null));
        const inside = () => one.page.evaluate(() => {
          const mini = globalThis.documentPictureInPicture.window?.document;
          const video = mini?.querySelector('video');
          // Firefox counts no frames of a stream in getVideoPlaybackQuality.
          if (video && video.e2eFrames === undefined) {
            video.e2eFrames = 0;
            const count = () => {
              video.e2eFrames += 1;
              video.requestVideoFrameCallback(count);
            };
            video.requestVideoFrameCallback(count);
          }
          return { name: mini?.querySelector('.name bdi')?.textContent, frames: video?.e2eFrames ?? 0, width: video?.videoWidth ?? 0 };
        });
        await until('a picture in the small window', async () => (await inside()).width > 0, { seen: inside });
        const { frames } = await inside();
        await until('it to move', async () => (await inside()).frames > frames + 5, { seen: inside });
        assert.equal(await has(one, 'stage'), false, 'the page doesn’t show them twice');
        await one.click('bring-back');
        await until('the window to be gone', () => one.page.evaluate(() => globalThis.documentPictureInPicture.window === null));
        await one.seesAndHears(ben);
      }));
  });
}

describe('layouts', () => {
  test('oneself with the others, small, or hidden', () =>
    inConference({}, async (conference) => {
      const { one, other } = await three(conference);
      assert.equal((await tileOf(one, ada)).small, false);
      await choose(one, 'view', 'self-small');
      await untilTile(one, ada, 'small', ({ small, picture }) => small && picture === 'true');
      await choose(one, 'view', 'self-hidden');
      await until('oneself to be hidden', async () => (await tileOf(one, ada)) === undefined);
      // Hidden from oneself only.
      await other.seesAndHears(ada);
      await choose(one, 'view', 'self-shown');
      await untilTile(one, ada, 'with the others', ({ small }) => !small);
    }));

  test('a screen is large by itself, a tile in a grid that was asked for, and others are pinned over it', () =>
    inConference({}, async (conference) => {
      const { one, other } = await three(conference);
      const kind = () => one.page.$eval(`${id('large')} ${id('tile')}`, ({ dataset }) => dataset.kind).catch(() => undefined);
      await other.click('screen');
      await until('the screen to be large', async () => (await kind()) === 'screen');
      await choose(one, 'view', 'view-grid');
      await until('the screen to be in the grid', async () => !(await has(one, 'large')) && (await one.tiles()).some((tile) => tile.kind === 'screen'));
      await choose(one, 'view', 'view-auto');
      await until('the screen to be large again', async () => (await kind()) === 'screen');
      await other.click('screen');
      await until('no screen', async () => !(await has(one, 'large')));
    }));

  test('whoever speaks becomes large, nothing else moves, and nobody is talked off', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Speakers');
      const people = [];
      for (const who of [ben, cleo]) {
        const other = await conference.person('chromium', who);
        await other.accept(link);
        await one.seesAndHears(who);
        people.push(other);
      }
      const [second, third] = people;
      await third.click('microphone');
      await untilSilent(one, cleo);
      await choose(one, 'view', 'view-speaker');
      await untilTile(one, ben, 'large', ({ large, picture }) => large && picture === 'true');
      const before = await places(one);
      await second.click('microphone');
      await untilSilent(one, ben);
      await third.click('microphone');
      await untilTile(one, cleo, 'large', ({ large, picture }) => large && picture === 'true');
      assert.deepEqual(await places(one), before);
      // Two who speak at once: the first keeps the place.
      await second.click('microphone');
      await one.hears(ben);
      await one.decodesMore();
      assert.equal((await order(one)).large, cleo.name);
    }));

  test('full screen by menu and key', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await one.propose(conference.server.url, 'Full screen');
      const full = () => one.page.evaluate(() => document.fullscreenElement !== null);
      await choose(one, 'view', 'full');
      await until('full screen', full);
      await away(one);
      await one.page.keyboard.press('f');
      await until('the end of full screen', async () => !(await full()));
    }));
});
