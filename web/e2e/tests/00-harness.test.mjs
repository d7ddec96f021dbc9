// The checks themselves: that they see and hear what is there, and notice what isn't.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { launch } from '../lib/browser.mjs';
import { Participant } from '../lib/conference.mjs';
import { watchFrames } from '../lib/freeze.mjs';
import { heard, pictures, seen, tones } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const PAGE = '<!doctype html><title>loop</title><video muted autoplay playsinline></video><audio autoplay></audio>';

describe('the harness', () => {
  let server;
  before(async () => {
    server = createServer((_, reply) => reply.setHeader('content-type', 'text/html').end(PAGE));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a known picture and tone are told from others, and a freeze is noticed`, async () => {
      const person = PEOPLE.ada;
      const participant = await launch(kind, person);
      try {
        const { page } = participant;
        await page.goto(`http://localhost:${server.address().port}/`);
        assert.equal(await page.evaluate(() => isSecureContext), true);
        await page.evaluate(loopback);
        await until('the picture', async () => seen(person.colours, await pictures(page)), { seen: () => pictures(page) });
        await until('the tone', async () => heard(person.tone, await tones(page)), { seen: () => tones(page) });
        // Another person's picture and tone aren't there.
        assert.equal(seen(PEOPLE.ben.colours, await pictures(page)), false);
        assert.equal(heard(PEOPLE.ben.tone, await tones(page)), false);
        await checkFreezes(page);
        await checkPresses(new Participant(participant));
      } finally {
        await participant.close();
      }
    });
  }
});

/** A button that moves away as the pointer comes is pressed all the same, and once. */
async function checkPresses(one) {
  await one.page.evaluate(() => {
    const button = Object.assign(document.createElement('button'), { textContent: 'Here' });
    button.dataset.testid = 'here';
    globalThis.pressed = 0;
    button.addEventListener('click', () => globalThis.pressed += 1);
    button.addEventListener('pointermove', () => button.style.marginInlineStart = '200px', { once: true });
    document.body.prepend(button);
  });
  await one.click('here');
  assert.equal(await one.page.evaluate(() => globalThis.pressed), 1);
}

async function checkFreezes(page) {
  const watch = await watchFrames(page);
  await until('frames', async () => (await watch.read()).frames > 20);
  assert.ok((await watch.read()).longestGapMs < 3000, 'no freeze while frames flow');
  await page.evaluate(() => globalThis.stopSender());
  await until('a freeze to be noticed', async () => (await watch.read()).longestGapMs > 3000);
}

/** Two peer connections in one page: what the devices give goes through codecs and back. */
async function loopback() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate);
  to.onicecandidate = ({ candidate }) => from.addIceCandidate(candidate);
  to.ontrack = ({ track }) => {
    document.querySelector(track.kind === 'video' ? 'video' : 'audio').srcObject = new MediaStream([track]);
  };
  for (const track of stream.getTracks()) from.addTrack(track, stream);
  // Taking the track away isn't enough: Firefox goes on with a black picture each second.
  globalThis.stopSender = () => from.close();
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription);
}
