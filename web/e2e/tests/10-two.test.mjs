// Two people see, hear and read each other.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { chat, inConference } from '../lib/conference.mjs';
import { heard, seen, tones } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';

const { ada, ben, native } = PEOPLE;

describe('two people', () => {
  for (const [first, second] of [['chromium', 'chromium'], ['chromium', 'firefox'], ['firefox', 'chromium']]) {
    test(`${first} proposes, ${second} accepts: picture, sound and chat both ways`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person(first, ada);
        const link = await one.propose(conference.server.url, 'Fisheries, second round');
        const other = await conference.person(second, ben);
        await other.accept(link);
        await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
        assert.equal(await one.protocol(), 'udp');
        assert.deepEqual(await one.videoCodecs(), [cameraOf(second)]);
        assert.deepEqual(await other.videoCodecs(), [cameraOf(first)]);
        await notThere(one);
        await chat(one, other);
      }));

    test(`${first} and ${second} over TCP`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person(first, ada, { tcpOnly: true });
        const link = await one.propose(conference.server.url, 'Behind a firewall');
        const other = await conference.person(second, ben, { tcpOnly: true });
        await other.accept(link);
        await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
        assert.equal(await one.protocol(), 'tcp');
        assert.equal(await other.protocol(), 'tcp');
      }));
  }

  for (const kind of ['chromium', 'firefox']) {
    test(`${kind} and incamera join`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const link = await one.propose(conference.server.url, 'A native participant');
        const other = conference.native(link, native.name, 15);
        await one.seesAndHears(native);
        await other.done();
        const { senders } = JSON.parse(readFileSync(other.report, 'utf8'));
        for (const kindOf of ['microphone', 'camera']) {
          const from = senders.find((sender) => sender.name === ada.name && sender.kind === kindOf);
          assert.ok(from?.decrypted > 50, `${kindOf} of ${ada.name}: ${JSON.stringify(senders)}`);
          // Who has just come in can't open what was sealed in the epoch before: at most a second of it.
          assert.ok(from.refused <= 50, `${kindOf}: ${from.refused} refused`);
        }
      }));
  }
});

/** Firefox's camera comes in three sizes, which it makes of VP8 only. */
const cameraOf = (kind) => (kind === 'firefox' ? 'video/VP8' : 'video/VP9');

/** The checks can fail: nobody else's picture and tone is there. */
async function notThere(participant) {
  const tiles = await participant.tiles();
  assert.equal(seen(PEOPLE.cleo.colours, tiles.map(({ picture }) => picture ?? [])), false);
  assert.equal(heard(PEOPLE.cleo.tone, await tones(participant.page)), false);
}
