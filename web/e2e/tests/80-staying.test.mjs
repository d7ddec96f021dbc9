// Staying: whatever happens to the network or the server, people end back in sound and picture by
// themselves. Faults are made for real, by the proxy and by signals; how long coming back took is
// written to target/recovery.json.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chat, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { peers, recovered, together } from '../lib/staying.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const SECOND = 1000;

/** One of a kind and another in Chromium, each behind the proxy by a relay of its own. */
async function two(conference, kind, options) {
  const { webs, url } = conference.server;
  const one = await conference.person(kind, ada, options);
  const link = await one.propose(url, 'Staying');
  const other = await conference.person('chromium', ben);
  await other.accept(link.replace(webs.web, webs.other));
  await together(one, other);
  return [one, other];
}

const behindProxy = { impair: { webs: ['web', 'other'] } };

for (const kind of ['chromium', 'firefox']) {
  describe(`staying, ${kind}`, () => {
    test('a WebSocket that is reset: media goes on as if nothing had happened', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        const before = await peers(one);
        for (let round = 0; round < 3; round += 1) {
          await recovered(`socket reset`, kind, [one, other], 3 * SECOND, async () => {
            const sockets = await one.page.evaluate(() => globalThis.e2eSockets.length);
            assert.ok((await conference.server.impair.reset({ relay: 'web' })) > 0);
            return () => one.page.evaluate((had) => globalThis.e2eSockets.length > had && globalThis.e2eSockets.at(-1).readyState === 1, sockets);
          });
        }
        assert.deepEqual(await peers(one), before, 'the same peer connection, without a new offer');
        await chat(one, other);
      }));

    test('a WebSocket that dies without a word: it is noticed, and media goes on', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        const before = await peers(one);
        const { impair } = conference.server;
        await impair.cut({ relay: 'web' });
        await until('the page to give the socket up', () => one.page.evaluate(() => globalThis.e2eSockets[0].readyState > 1), { ms: 8 * SECOND });
        await one.decodesMore();
        await other.decodesMore();
        await recovered('socket cut, from its end', kind, [one, other], 5 * SECOND, async () => {
          await impair.mend({ relay: 'web' });
          return () => one.page.evaluate(() => globalThis.e2eSockets.at(-1).readyState === 1);
        });
        assert.deepEqual(await peers(one), before, 'the same peer connection');
        await chat(one, other);
      }));

    test('media cut off, and let through again', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        const { impair } = conference.server;
        await impair.cut({ relay: 'media' });
        await impair.cut({ relay: 'media-tcp' });
        await until('the page to notice', () => one.page.evaluate(() => globalThis.e2ePeers.at(-1).connectionState !== 'connected'));
        await recovered('media cut, from its end', kind, [one, other], 5 * SECOND, async () => {
          await impair.mend({ relay: 'media' });
          await impair.mend({ relay: 'media-tcp' });
        });
        await chat(one, other);
      }));

    test('UDP that is blocked in mid-call: media goes on over TCP', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        await recovered('UDP blocked, over TCP', kind, [one, other], 15 * SECOND, async () => {
          await conference.server.impair.cut({ relay: 'media' });
          return async () => (await one.protocol()) === 'tcp';
        });
      }));

    test('an address that changes under way: media goes on', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        const before = await peers(one);
        await recovered('address changed', kind, [one, other], 5 * SECOND, async () => {
          assert.ok((await conference.server.impair.readdress({ relay: 'media' })) >= 2);
        });
        assert.deepEqual(await peers(one), before, 'the same peer connection');
      }));

    test('a server that is killed and started again', () =>
      inConference(behindProxy, async (conference) => {
        const [one, other] = await two(conference, kind);
        await conference.server.end('SIGKILL');
        await until('the page to notice', () => one.page.evaluate(() => globalThis.e2eSockets.at(-1).readyState > 1));
        await recovered('server restarted', kind, [one, other], 5 * SECOND, async () => {
          await conference.server.again();
        });
        await chat(one, other);
      }));
  });
}
