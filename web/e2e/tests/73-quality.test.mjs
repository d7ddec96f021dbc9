// What is wrong with a connection, in a sentence, at both sides; the loss is real.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { tileOf, untilTile } from '../lib/room.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const SLOW = { ms: 60_000 };

describe('connection quality', () => {
  test('what is lost on the way to the server is told to oneself and to the other, and then that it is over', () =>
    inConference({ impair: true }, async (conference) => {
      const { impair, url } = conference.server;
      const one = await conference.person('chromium', ada);
      const link = await one.propose(url, 'Lossy');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
      // The control: on a good line nothing is told.
      assert.equal((await tileOf(other, ada)).quality, '');
      assert.equal((await tileOf(one, ada)).quality, '');

      const ports = (await one.stats('local-candidate')).map(({ port }) => String(port));
      const lines = (await impair.clients('media')).map(({ address }) => address.split(':')).filter(([, port]) => ports.includes(port));
      assert.ok(lines.length > 0, 'Ada’s line');
      for (const [ip, port] of lines) {
        await impair.set({ loss: 0.25 }, { relay: 'media', client: { ip, port: Number(port) }, direction: 'up' });
      }
      await untilTile(one, ada, 'told of the own loss', ({ quality }) => /Your connection (loses|delays)/.test(quality), SLOW);
      await untilTile(other, ada, 'with a bad connection', ({ quality }) => /Ada Ålund.*connection/.test(quality), SLOW);
      assert.equal((await tileOf(other, ben)).quality, '', 'what Ada loses isn’t held against Ben');
      await other.click('sentence');
      assert.match(await other.page.$eval(id('roster'), (list) => list.textContent), /connection loses/);

      await impair.clear('media');
      await untilTile(one, ada, 'with a good line', ({ quality }) => quality === '', SLOW);
      await untilTile(other, ada, 'with a good line', ({ quality }) => quality === '', SLOW);
    }));
});
