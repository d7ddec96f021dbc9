// The proxy between browsers and the server: that media and the socket really go through it, and that its cuts are felt.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;

/** Packets of media that a person has received don't grow for a second. */
async function stands(one) {
  await until('no more packets', async () => {
    const before = await one.packetsReceived();
    return !(await grows(one, before, 1000));
  }, { ms: 20_000 });
}

async function grows(one, before, ms) {
  try {
    await until('more packets', async () => (await one.packetsReceived()) > before, { ms });
    return true;
  } catch {
    return false;
  }
}

describe('the proxy', () => {
  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: everything goes through it; a cut stops it and its end lets it go on`, () =>
      inConference({ impair: { webs: ['web', 'other'] } }, async (conference) => {
        const { impair, webs } = conference.server;
        const one = await conference.person(kind, ada);
        const link = await one.propose(conference.server.url, 'Through the proxy');
        const other = await conference.person('chromium', ben);
        await other.accept(link.replace(webs.web, webs.other));
        await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
        const media = await impair.clients('media');
        assert.equal(media.length, 2);
        assert.ok(media.every(({ up, down }) => up.bytes > 50_000 && down.bytes > 50_000), JSON.stringify(media));
        for (const relay of ['web', 'other']) {
          const [{ up, down }] = await impair.clients(relay);
          assert.ok(up.passed > 0 && down.passed > 0, relay);
        }
        await impair.cut({ relay: 'media', direction: 'down' });
        await stands(one);
        await impair.mend({ relay: 'media' });
        await one.decodesMore();
      }));
  }
});
