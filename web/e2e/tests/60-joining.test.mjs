// Coming in: link, code or QR code -> name -> preview -> in; and each sentence on the way that says why not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import decodeQR from '../../node_modules/qr/decode.js';

import { id, inConference } from '../lib/conference.mjs';
import { asksForDevices, fill, heading, invitationOf, line, openHome, says, speaksVersion } from '../lib/entry.mjs';
import { pictures, seen } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo } = PEOPLE;
/** From opening the link to being seated, the person's own time left out. */
const COMING_IN_MS = 15_000;

for (const kind of ['chromium', 'firefox']) {
  describe(`${kind}: coming in`, () => {
    test('a link: name, preview, meter, tone, network, in; and the next time it is all remembered', () =>
      inConference({}, async (conference) => {
        const one = await conference.person('chromium', ada);
        const link = await one.propose(conference.server.url, 'Coming in');
        const other = await conference.person(kind, ben);
        const begun = Date.now();
        await other.page.goto(link);
        await other.reach('prejoin');
        await until('the own picture', async () => seen(ben.colours, await pictures(other.page)));
        const network = await line(other);
        assert.equal(network.tone, 'good');
        assert.match(network.words, /^Network: UDP and TCP work\. \d+ ms to the server and back\.$/);
        // Browsers start sound, and so the meter, after the first press.
        await fill(other, 'name', ben.name);
        await until('the meter to move', () =>
          other.page.$eval('[role=meter]', (meter) => Number(meter.getAttribute('aria-valuenow')) > 0));
        await other.click('test-speaker');
        await says(other, 'speaker-says', /You should hear a tone/);
        await says(other, 'speaker-says', /^$/);
        await other.click('camera');
        await until('the camera to be off', async () =>
          (await other.page.$eval(id('camera'), (button) => button.getAttribute('aria-pressed'))) === 'false');
        await other.click('enter');
        await other.reach('seated');
        assert.ok(Date.now() - begun < COMING_IN_MS, `it took ${Date.now() - begun} ms`);
        await other.leave();
        // Another tab on the same device.
        await other.page.evaluate(() => sessionStorage.clear());
        await other.page.goto('about:blank');
        await other.page.goto(link);
        await other.reach('prejoin');
        await line(other);
        assert.equal(await other.page.$eval(id('name'), (field) => field.value), ben.name);
        assert.equal(await other.page.$eval(id('microphone'), (one) => one.getAttribute('aria-pressed')), 'true');
        assert.equal(await other.page.$eval(id('camera'), (one) => one.getAttribute('aria-pressed')), 'false');
      }));

    test('a code, however it is typed, and a QR code lead to the same talk', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const { link, code } = await invitationOf(one, conference.server.url, 'By code');
        assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-)+[0-9A-HJKMNP-TV-Z]{1,4}$/);
        await one.click('show-qr');
        assert.equal(await readQr(one), link);
        await one.enter();
        const other = await conference.person(kind, ben);
        await openHome(other, conference.server.url);
        const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
        await fill(other, 'invitation', typed);
        await other.click('join');
        await other.reach('prejoin');
        await fill(other, 'name', ben.name);
        await other.enter();
        await other.seesAndHears(ada);
        assert.equal(await other.page.evaluate(() => location.hash), '');
      }));

    test('what is wrong with a code is told apart, at its field', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const { code } = await invitationOf(one, conference.server.url, 'Wrong codes');
        await openHome(one, conference.server.url);
        const wrong = code.at(-1) === 'Z' ? 'Y' : 'Z';
        for (const [typed, sentence] of [
          ['', /^Paste the link that you were sent, or type its code\.$/],
          [code.slice(0, 14), /^The end of the invitation is missing\. Copy or type the whole of it\.$/],
          [code.slice(0, -1) + wrong, /^A character of the code is wrong\. Compare it with the one you were given\.$/],
          ['https://example.org/page', /^This is no invitation\. Paste the link that you were sent, or type its code\.$/],
        ]) {
          await fill(one, 'invitation', typed);
          await one.click('join');
          await says(one, 'invitation-problem', sentence, { by: 'id' });
          const field = await one.page.$eval(id('invitation'), (input) => ({
            invalid: input.getAttribute('aria-invalid'), described: input.getAttribute('aria-describedby'),
            focused: document.activeElement === input,
          }));
          assert.equal(field.invalid, 'true');
          assert.match(field.described, /invitation-problem/);
          assert.ok(field.focused);
        }
        const address = `https://talks.example/t/${'A'.repeat(22)}`;
        const { link } = await invitationOf(one, conference.server.url, 'Elsewhere');
        await openHome(one, conference.server.url);
        await fill(one, 'invitation', link.replace(conference.server.url, new URL(address).origin));
        await one.click('join');
        await says(one, 'invitation-problem', /^This invitation belongs to .?talks\.example.?\. Open it there\./, { by: 'id' });
      }));

    test('what is wrong with a link is told before anyone is asked for a camera', () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        const { link } = await invitationOf(one, conference.server.url, 'Wrong links');
        const [address, fragment] = link.split('#');
        const other = await conference.person(kind, ben);
        await asksForDevices(other);
        const damaged = fragment.slice(0, -3) + (fragment.at(-3) === 'A' ? 'B' : 'A') + fragment.slice(-2);
        for (const [bad, expected] of [
          [address, 'This link is not complete'],
          [link.slice(0, -6), 'This link is not complete'],
          [`${address}#${damaged}`, 'This link is damaged'],
          [`${address}#9${fragment.slice(1)}`, 'This invitation is of another version'],
        ]) {
          await other.page.goto('about:blank');
          await other.page.goto(bad);
          await other.reach('broken');
          assert.equal(await heading(other), expected, bad);
        }
        const elsewhere = await foreignLink(conference.server.url);
        await other.page.goto('about:blank');
        await other.page.goto(elsewhere);
        await other.reach('broken');
        assert.equal(await heading(other), 'This link opens no talk on this server');
        assert.equal(await other.page.evaluate(() => globalThis.e2eAsked), 0);
        // The control: a good link asks.
        await other.page.goto('about:blank');
        await other.page.goto(link);
        await other.reach('prejoin');
        await until('the question', () => other.page.evaluate(() => globalThis.e2eAsked > 0));
      }));
  });
}

describe('the operator and the proposer', () => {
  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: the token in the address is stripped and kept; without one the page asks`, () =>
      inConference({ token: true }, async (conference) => {
        const { server } = conference;
        const address = await until('the operator’s address', () =>
          [...server.lines, ...server.errors].join('\n').match(/(http\S+)#operator\.(\S+)/));
        const [, , token] = address;
        const stranger = await conference.person(kind, ben);
        await openHome(stranger, server.url);
        await until('the question for the token', () => stranger.page.$(id('token')));
        await stranger.click('open-conversation');
        await fill(stranger, 'title', 'Without a token');
        await fill(stranger, 'name', ben.name);
        await stranger.click('propose');
        await says(stranger, 'token-problem', /^Enter the operator’s token\. Whoever runs the server has it\.$/, { by: 'id' });
        await fill(stranger, 'token', 'wrong');
        await stranger.click('propose');
        await says(stranger, 'token-problem', /^This token is not, or no longer, the right one\./, { by: 'id' });
        await fill(stranger, 'token', token);
        await stranger.click('propose');
        await stranger.reach('prejoin');
        const one = await conference.person(kind, ada);
        await one.page.goto(`${server.url}/#operator.${token}`);
        await one.reach('home');
        assert.equal(await one.page.evaluate(() => location.href), `${server.url}/`);
        await invitationOf(one, server.url, 'With the token');
        assert.equal(await one.page.$(id('token')), null);
      }));
  }

  test('whoever proposed a talk ends it: everybody is shown out, and the link says so', () =>
    inConference({}, async (conference) => {
      const { url } = conference.server;
      const one = await conference.person('chromium', ada);
      const link = await one.propose(url, 'To be ended');
      const other = await conference.person('firefox', ben);
      await other.accept(link);
      await other.leave();
      await openHome(other, url);
      // A guest may forget a talk, but not end it.
      assert.match(await other.page.$eval(id('recent'), (list) => list.textContent), /To be ended/);
      assert.equal(await other.page.$(id('end')), null);
      await other.click('again');
      await other.reach('prejoin');
      await other.click('enter');
      await other.reach('seated');
      await one.leave();
      await openHome(one, url);
      await one.click('end');
      await one.click('confirm-no');
      assert.equal(await one.page.$(id('confirm')), null);
      await one.click('end');
      await one.click('confirm-yes');
      await says(one, 'ended', /To be ended.? has ended\. The server has erased it\./);
      await other.reach('stopped');
      assert.match(await other.describe(), /This talk was ended by whoever proposed it\./);
      const late = await conference.person('chromium', ben);
      await late.page.goto(link);
      await late.reach('broken');
      assert.equal(await heading(late), 'This talk has ended');
      await openHome(other, url);
      assert.equal(await other.page.$(id('recent')), null);
    }));

  test('a talk on this device is forgotten on wish', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await invitationOf(one, conference.server.url, 'To be forgotten');
      await openHome(one, conference.server.url);
      await one.click('forget');
      await until('the list to go', async () => !(await one.page.$(id('recent'))));
      assert.ok(!(await one.page.evaluate(() => JSON.stringify(localStorage))).includes('To be forgotten'));
    }));
});

describe('versions, networks and browsers', () => {
  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: another version offers to reload, and the seat and the draft outlive it`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person('chromium', ada);
        const link = await one.propose(conference.server.url, 'Versions');
        const other = await conference.person(kind, ben);
        await speaksVersion(other);
        await other.accept(link);
        await other.seesAndHears(ada);
        await other.click('toggle-chat');
        await other.type('chat-input', 'Half a sentence');
        // From here on the server takes the page for one of yesterday.
        await other.page.evaluate(() => {
          globalThis.e2eVersion = 1;
          globalThis.e2eSockets.at(-1).close();
        });
        await other.reach('stopped');
        assert.match(await other.describe(), /Reload it: your seat and what you wrote are kept\./);
        await other.page.reload();
        await other.reach('seated');
        await other.click('toggle-chat');
        assert.equal(await other.page.$eval(id('chat-input'), (field) => field.value), 'Half a sentence');
        await other.seesAndHears(ada);
        assert.equal((await one.tiles()).filter(({ name }) => name === ben.name).length, 1);
        // On the threshold it is told before anything else.
        await other.leave();
        await other.page.evaluate(() => sessionStorage.setItem('e2e-version', '1'));
        await other.page.goto('about:blank');
        await other.page.goto(link);
        await other.reach('broken');
        assert.equal(await heading(other), 'The server speaks another version');
        await other.page.evaluate(() => sessionStorage.removeItem('e2e-version'));
        await other.click('reload');
        await other.reach('prejoin');
      }));
  }

  test('a network without UDP, and one without anything, are told in one line', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada, { tcpOnly: true });
      await invitationOf(one, conference.server.url, 'Only TCP');
      const tcp = await line(one);
      assert.equal(tcp.tone, 'bad');
      assert.match(tcp.words, /^Network: only TCP works\..* \d+ ms to the server and back\.$/);
      await one.page.evaluateOnNewDocument(() => {
        const { prototype } = RTCPeerConnection;
        const accept = prototype.setRemoteDescription;
        prototype.setRemoteDescription = function ({ type, sdp }) {
          return accept.call(this, { type, sdp: sdp.split('\r\n').filter((part) => !part.startsWith('a=candidate')).join('\r\n') });
        };
      });
      await one.page.reload();
      await one.reach('prejoin');
      const none = await line(one);
      assert.equal(none.tone, 'bad');
      assert.match(none.words, /^Network: neither UDP nor TCP gets through, so there would be no sound and no picture\. Use another network/);
    }));

  test('a full server is told on the threshold, and left alone until there is a place', () =>
    inConference({ args: ['--limit', 'connections=2'] }, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Full');
      const second = await conference.person('chromium', ben);
      await second.accept(link);
      const third = await conference.person('chromium', cleo);
      await third.page.goto(link);
      await third.reach('prejoin');
      await says(third, 'network', /^The server is full and takes nobody else in; this page goes on trying by itself\.$/);
      await second.leave();
      await says(third, 'network', /^Network: UDP and TCP work\./);
    }));

  test('who finds no place in a room is shown out with a sentence', () =>
    inConference({ args: ['--limit', 'people_per_room=2'] }, async (conference) => {
      const one = await conference.person('chromium', ada);
      const link = await one.propose(conference.server.url, 'Full');
      const second = await conference.person('chromium', ben);
      await second.accept(link);
      await second.seesAndHears(ada);
      const third = await conference.person('chromium', cleo);
      await third.page.goto(link);
      await third.reach('prejoin');
      await fill(third, 'name', cleo.name);
      await third.click('enter');
      await third.reach('stopped');
      assert.match(await third.describe(), /The room or the server is full\. Try again in a few minutes\./);
      await until('nobody to be left behind', async () => !(await one.tiles()).some(({ name }) => name === cleo.name));
      await second.seesAndHears(ada);
    }));

  test('a browser that can’t seal is told what to use', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await one.page.evaluateOnNewDocument(() => {
        delete globalThis.RTCRtpScriptTransform;
      });
      await one.page.goto(conference.server.url);
      await one.reach('unsupported');
      assert.match(await one.describe(), /This browser can’t seal a call\s+Use a current Chrome, Edge or Firefox\./);
    }));

  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: Arabic, chosen by the menu, turns every page around`, () =>
      inConference({}, async (conference) => {
        const one = await conference.person(kind, ada);
        await openHome(one, conference.server.url);
        await one.page.select(id('language'), 'ar');
        const arabic = async () => one.page.evaluate(() => [document.documentElement.lang, document.documentElement.dir].join());
        await until('Arabic', async () => (await arabic()) === 'ar,rtl');
        await one.reach('home');
        await one.click('open-conversation');
        await fill(one, 'title', 'Fisheries');
        await fill(one, 'name', ada.name);
        await one.click('propose');
        await one.reach('prejoin');
        assert.equal(await heading(one), 'قبل الدخول');
        await until('the line', async () => /UDP.*TCP/.test(await one.page.$eval(id('network'), (place) => place.textContent)));
        await one.enter();
        assert.match(await one.page.$eval(id('sentence'), (place) => place.textContent), /مختومة/);
        await one.leave();
        assert.equal(await heading(one), 'لقد غادرت الغرفة');
        // The page begins with its heading, also for those who don't see it.
        assert.equal(await one.page.evaluate(() => document.activeElement.tagName), 'H1');
        assert.equal(await arabic(), 'ar,rtl');
      }));
  }
});

/** What the QR code on the page says. */
async function readQr({ page }) {
  const code = await page.waitForSelector(id('qr'));
  const { size, path } = await code.evaluate((svg) => ({
    size: svg.viewBox.baseVal.width, path: svg.querySelector('path').getAttribute('d'),
  }));
  const side = size * 4;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < 4; row += 1) {
      const from = ((Number(y) * 4 + row) * side + Number(x) * 4) * 4;
      for (let column = 0; column < 4; column += 1) data.fill(0, from + column * 4, from + column * 4 + 3);
    }
  }
  return decodeQR({ width: side, height: side, data });
}

/** A sound link of a talk that this server doesn't have. */
async function foreignLink(url) {
  let link;
  await inConference({}, async (conference) => {
    const one = await conference.person('chromium', ada);
    ({ link } = await invitationOf(one, conference.server.url, 'Elsewhere'));
    link = link.replace(conference.server.url, url);
  });
  return link;
}
