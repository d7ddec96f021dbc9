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

describe('a network of its own', () => {
  test('a browser that goes from Wi-Fi to mobile data has another address, and none of the former', () =>
    inConference({ open: true }, async (conference) => {
      const network = await conference.network();
      const one = await conference.person('chromium', ada, { network });
      const link = await one.propose(conference.server.url, 'From a network of its own');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
      assert.deepEqual(await addresses(one), [network.address('wifi')]);
      await network.down('wifi');
      await stands(one);
      await network.up('mobile');
      // The browser looks at its interfaces from time to time.
      await until('the other address', async () => (await addresses(one)).join() === network.address('mobile'), {
        seen: () => addresses(one),
      });
    }));
});

/** The addresses that a peer connection made now would offer. */
function addresses({ page }) {
  return page.evaluate(async () => {
    const peer = new RTCPeerConnection();
    peer.createDataChannel('addresses');
    const found = new Set();
    const done = new Promise((resolve) => {
      peer.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve();
        else if (candidate.address) found.add(candidate.address);
      };
    });
    await peer.setLocalDescription();
    await done;
    peer.close();
    return [...found];
  });
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
        const carries = ({ up, down }) => up.bytes > 50_000 && down.bytes > 50_000;
        await until('media of two through the proxy', async () => (await impair.clients('media')).filter(carries).length === 2, {
          seen: () => impair.clients('media'),
        });
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
