// What a server that turned against its users gets where it forwards, and what it can do there.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { looksLikeNoise, statistics } from '../lib/statistics.mjs';
import { stands, until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const MEGABYTE = 1 << 20;
const TEST_CARD = new URL('../../../crates/client/assets/test-card.ivf', import.meta.url);

describe('a wiretap', () => {
  test('the statistics tell noise from an encoded picture', () => {
    assert.equal(looksLikeNoise(statistics(randomBytes(MEGABYTE))), true);
    // What would be tapped if frames weren't sealed: one and the same card, over and over.
    const card = readFileSync(TEST_CARD);
    const unsealed = statistics(Buffer.concat(Array(Math.ceil(MEGABYTE / card.length)).fill(card)));
    assert.equal(looksLikeNoise(unsealed), false, JSON.stringify(unsealed));
    // A little structure is enough: one byte in a hundred is always the same.
    const leaky = randomBytes(MEGABYTE);
    for (let i = 0; i < leaky.length; i += 100) leaky[i] = 0;
    assert.equal(looksLikeNoise(statistics(leaky)), false);
  });

  test('over a megabyte of what two browsers send no structure shows', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const [one, other] = await two(conference);
      const file = join(mkdtempSync(join(tmpdir(), 'incamera-tap-')), 'tapped');
      server.tell(`tap ${file} ${MEGABYTE}`);
      await until('a megabyte', () => server.lines.includes('tapped all'), { ms: 90_000 });
      const found = statistics(readFileSync(file));
      assert.ok(found.bytes >= MEGABYTE);
      assert.ok(looksLikeNoise(found), JSON.stringify(found));
      // It was no noise: they see and hear each other.
      await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
    }));

  test('an altered byte is refused, and never reaches a decoder', () =>
    inConference({ wiretap: true }, async (conference) => {
      const { server } = conference;
      const [one, other] = await two(conference);
      server.tell('alter 1');
      await until('decoding to stop', () => stands(() => other.framesDecoded()));
      const [decoded, received] = [await other.framesDecoded(), await other.packetsReceived()];
      await until('altered packets', async () => (await other.packetsReceived()) > received + 100);
      // A key frame may have been on its way; from then on there is nothing.
      assert.equal(await other.framesDecoded(), decoded);
      server.tell('alter 0');
      await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
    }));
});

async function two(conference) {
  const one = await conference.person('chromium', ada);
  const link = await one.propose(conference.server.url, 'Overheard');
  const other = await conference.person('firefox', ben);
  await other.accept(link);
  await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
  return [one, other];
}
