// More people than slots: the pinned and those who speak are carried, the rest are listed, and nothing jumps.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { order, untilTile } from '../lib/room.mjs';
import { until } from '../lib/until.mjs';

const { ada } = PEOPLE;
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, isMobile: true, hasTouch: true };
const SLOTS = 4;

describe('many people', () => {
  test('a phone with four slots and eight others: four pictures, everybody named, whoever is pinned is carried', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada, { viewport: PHONE });
      const link = await one.propose(conference.server.url, 'Many');
      const names = ['Bao', 'Chidi', 'Dora', 'Emre', 'Fatou', 'Goran', 'Hina', 'Ivo'];
      for (const name of names) {
        conference.native(link, name, 600);
        await until(`${name} to be in`, async () => {
          const { tiles, rest } = await order(one);
          return [...tiles, ...rest].includes(name);
        }, { seen: () => order(one) });
      }
      const others = async () => (await order(one)).pictures.filter((name) => name !== ada.name);
      await until('as many pictures as slots', async () => (await others()).length === SLOTS, { ms: 60_000, seen: () => order(one) });
      const all = await order(one);
      assert.deepEqual([...new Set([...all.tiles, ...all.rest])].sort(), [ada.name, ...names].sort(), 'nobody is left out');
      assert.ok(all.rest.length > 0, 'some are listed');

      const hidden = names.find((name) => all.tiles.includes(name) && !all.pictures.includes(name));
      assert.ok(hidden, `a tile without a picture: ${JSON.stringify(all)}`);
      await one.page.$$eval(id('tile'), (tiles, name) =>
        tiles.find((tile) => tile.querySelector('.name bdi').textContent === name).querySelector('[data-testid="pin"]').click(), hidden);
      await untilTile(one, { name: hidden }, 'large, with a picture', ({ large, picture }) => large && picture === 'true', { ms: 60_000 });
      const after = await order(one);
      assert.deepEqual(after.tiles, all.tiles, 'nothing jumped');
      await until('no more than the slots', async () => (await others()).length <= SLOTS);
    }));
});
