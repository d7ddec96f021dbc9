// The room's controls, each seen from the other side.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { heard, tones } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { away, choose, has, notices, untilSilent, untilTile } from '../lib/room.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben, cleo } = PEOPLE;

async function two(conference, kind = 'chromium') {
  const one = await conference.person(kind, ada);
  const link = await one.propose(conference.server.url, 'Controls');
  const other = await conference.person('chromium', ben);
  await other.accept(link);
  await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
  return { one, other, link };
}

for (const kind of ['chromium', 'firefox']) {
  describe(`controls, ${kind}`, () => {
    test('muted is silent and camera off shows nothing, at the other side, until they are on again', () =>
      inConference({}, async (conference) => {
        const { one, other } = await two(conference, kind);
        await one.click('microphone');
        await untilSilent(other, ada);
        await untilTile(other, ada, 'muted', ({ microphone }) => microphone === 'false');
        await one.click('camera');
        await untilTile(other, ada, 'without a picture', ({ picture }) => picture === 'false');
        await one.click('microphone');
        await one.click('camera');
        await other.seesAndHears(ada);
        await untilTile(other, ada, 'heard', ({ microphone }) => microphone === 'true');
      }));

    test('all sound off: nothing plays, whoever is deaf is mute too, and both come back', () =>
      inConference({}, async (conference) => {
        const { one, other } = await two(conference, kind);
        const muted = () => one.page.$$eval('audio', (all) => all.map((audio) => audio.muted));
        assert.ok((await muted()).every((silent) => !silent), 'the control: nothing is muted at first');
        await choose(one, 'more', 'deafen');
        await until('every sound to be off', async () => (await muted()).every(Boolean));
        assert.ok(await has(one, 'deaf'), 'it says so');
        await untilSilent(other, ada);
        await choose(one, 'more', 'deafen');
        await until('every sound to be on', async () => (await muted()).every((silent) => !silent));
        await other.hears(ada);
        // Speaking ends it too.
        await choose(one, 'more', 'deafen');
        await untilSilent(other, ada);
        await one.click('microphone');
        await other.hears(ada);
        assert.deepEqual((await muted()).filter(Boolean), []);
      }));

    test('a hand is seen by the other and by whoever comes later; the list keeps the order', () =>
      inConference({}, async (conference) => {
        const { one, other, link } = await two(conference, kind);
        await one.click('hand');
        await untilTile(other, ada, 'with a hand', ({ hand }) => hand === 1);
        await until('it to be told', async () => (await notices(other)).includes(ada.name));
        await other.click('hand');
        await untilTile(one, ben, 'second', ({ hand }) => hand === 2);
        const late = await conference.person('chromium', cleo);
        await late.accept(link);
        await untilTile(late, ada, 'with the first hand', ({ hand }) => hand === 1);
        await untilTile(late, ben, 'with the second', ({ hand }) => hand === 2);
        await late.click('hands');
        const list = await late.page.$$eval(`${id('hand-list')} bdi`, (all) => all.map((one) => one.textContent));
        assert.deepEqual(list, [ada.name, ben.name]);
        await one.click('hands');
        await one.click('lower');
        await untilTile(late, ben, 'first', ({ hand }) => hand === 1);
        await untilTile(late, ada, 'without a hand', ({ hand }) => hand === 0);
      }));
  });
}

describe('controls', () => {
  test('a reaction stands on the tile for some seconds, and is read out', () =>
    inConference({}, async (conference) => {
      const { one, other } = await two(conference);
      for (const reaction of ['agree', 'slower']) {
        await choose(one, 'react', `react-${reaction}`);
        await untilTile(other, ada, `to ${reaction}`, (tile) => tile.reaction === reaction);
      }
      await until('it to be read out', async () => /Ada Ålund: Slower/.test(await notices(other)), { seen: () => notices(other) });
      await untilTile(other, ada, 'to have done', (tile) => tile.reaction === undefined);
    }));

  test('what is to be quiet isn’t told: hands and chat, the unread count stays', () =>
    inConference({}, async (conference) => {
      const { one, other } = await two(conference);
      await one.say('First');
      await until('the first to be told', async () => (await notices(other)).includes('First'));
      await choose(other, 'more', 'tell-chat');
      await choose(other, 'more', 'tell-hands');
      await away(other);
      await one.say('Second');
      await one.click('hand');
      await untilTile(other, ada, 'with a hand', ({ hand }) => hand === 1);
      await until('two unread', async () => /2/.test(await other.page.$eval(id('toggle-chat'), (button) => button.textContent)));
      assert.doesNotMatch(await notices(other), /Second|raised/);
    }));

  test('push to talk: heard while the key or the button is held, and closed by another window or tab', () =>
    inConference({}, async (conference) => {
      const { one, other } = await two(conference);
      await choose(one, 'more', 'push-to-talk');
      await away(one);
      await untilSilent(other, ada);
      const { keyboard, mouse } = one.page;
      const hold = async () => {
        await keyboard.down('Space');
        await other.hears(ada);
        assert.ok(await has(one, 'talking'));
      };
      await hold();
      await keyboard.up('Space');
      await untilSilent(other, ada);

      await hold();
      await one.page.evaluate(() => window.dispatchEvent(new Event('blur')));
      await untilSilent(other, ada);
      await keyboard.up('Space');

      await hold();
      const tab = await one.page.browser().newPage();
      await tab.bringToFront();
      await until('the page to be hidden', () => one.page.evaluate(() => document.visibilityState === 'hidden'));
      await untilSilent(other, ada);
      await tab.close();
      await one.page.bringToFront();
      await keyboard.up('Space');
      assert.equal(await one.page.$eval(id('microphone'), (button) => button.dataset.on), 'false', 'it stays closed');

      const button = await one.page.$(id('microphone'));
      const { x, y, width, height } = await button.boundingBox();
      await mouse.move(x + width / 2, y + height / 2);
      await mouse.down();
      await other.hears(ada);
      await mouse.up();
      await untilSilent(other, ada);
    }));

  test('single keys work, not while one writes, and not when they are switched off', () =>
    inConference({}, async (conference) => {
      const { one } = await two(conference);
      const on = (kind) => one.page.$eval(id(kind), (button) => button.dataset.on);
      const { keyboard } = one.page;
      const press = async (key) => (await away(one), await keyboard.press(key));
      await press('m');
      await until('the microphone to be off', async () => (await on('microphone')) === 'false');
      await press('m');
      await until('the microphone to be on', async () => (await on('microphone')) === 'true');
      await press('v');
      await until('the camera to be off', async () => (await on('camera')) === 'false');
      await press('h');
      await untilTile(one, ada, 'with a hand', ({ hand }) => hand === 1);
      await press('d');
      await until('all sound to be off', () => has(one, 'deaf'));
      await press('d');
      await press('l');
      await until('one large', () => has(one, 'large'));
      await press('c');
      await one.page.waitForSelector(id('chat-input'));
      await one.page.focus(id('chat-input'));
      await keyboard.type('vhd');
      assert.equal(await one.page.$eval(id('chat-input'), (field) => field.value), 'vhd');
      assert.equal(await on('camera'), 'false');

      await press('?');
      await one.page.waitForSelector(`${id('shortcuts')}[open]`);
      await one.page.click(id('use-shortcuts'));
      await keyboard.press('Escape');
      await press('v');
      await press('?');
      await choose(one, 'more', 'show-shortcuts');
      assert.equal(await on('camera'), 'false', 'switched off, a key does nothing');
      // The control: switched on again, it does.
      await one.page.click(id('use-shortcuts'));
      await keyboard.press('Escape');
      await press('v');
      await until('the camera to be on', async () => (await on('camera')) === 'true');
    }));

  test('the sound of a screen is heard beside the voice, and goes with the screen', () =>
    inConference({}, async (conference) => {
      const { one, other } = await two(conference);
      const tone = 1320;
      // A browser without a sound card has no sound of a screen to give.
      await one.page.evaluate((hertz) => {
        const share = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getDisplayMedia = async (wanted) => {
          const stream = await share({ ...wanted, audio: false });
          if (!wanted.audio) return stream;
          const context = new AudioContext();
          const out = context.createMediaStreamDestination();
          const oscillator = new OscillatorNode(context, { frequency: hertz });
          oscillator.connect(new GainNode(context, { gain: 0.3 })).connect(out);
          oscillator.start();
          await context.resume();
          stream.addTrack(out.stream.getAudioTracks()[0]);
          return stream;
        };
      }, tone);
      assert.ok(!heard(tone, await tones(other.page)));
      await one.click('screen');
      await until('the screen’s sound', async () => heard(tone, await tones(other.page)), { seen: () => tones(other.page) });
      await other.hears(ada);
      await one.click('microphone');
      await untilSilent(other, ada);
      assert.ok(heard(tone, await tones(other.page)), 'a muted voice doesn’t mute the screen');
      await one.click('screen');
      await until('the screen’s sound to end', async () => !heard(tone, await tones(other.page)));
    }));
});
