// Devices in the call: another is chosen, one is pulled out and plugged in again, a permission is taken away.
// What is real in these tests and what isn't is said in lib/plugs.mjs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { invitationOf, says } from '../lib/entry.mjs';
import { heard, seen, tones } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { lastAsked, plugIn, plugs, sinks, unplug } from '../lib/plugs.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const BUILT_IN = { kind: 'audioinput', label: 'Built-in microphone', tone: 770 };
const HEADSET = { kind: 'audioinput', label: 'Headset', tone: 550 };
const LAPTOP = { kind: 'videoinput', label: 'Laptop camera', colours: ada.colours };
const DESK = { kind: 'videoinput', label: 'Desk camera', colours: ['cyan', 'red', 'magenta', 'yellow'] };
const SPEAKERS = [{ kind: 'audiooutput', label: 'Screen' }, { kind: 'audiooutput', label: 'Headphones' }];
const BACK_MS = 5_000;

/** Two in a room; the first has devices that can be pulled out. */
async function two(conference, kind, devices, options) {
  const one = await conference.person(kind, ada);
  await plugs(one, devices, options);
  const { link } = await invitationOf(one, conference.server.url, 'Devices');
  await until('the microphone', async () => (await one.page.$eval(id('microphone'), (button) => button.getAttribute('aria-pressed'))) === 'true');
  for (const [name, choice] of [['choose-microphone', HEADSET], ['choose-camera', LAPTOP]]) {
    await one.page.waitForSelector(id(name));
    await one.page.select(id(name), choice.label);
  }
  await one.click('enter');
  await one.reach('seated');
  const other = await conference.person('chromium', ben);
  await other.accept(link);
  await hears(other, HEADSET);
  return [one, other];
}

function hears(other, { label, tone }, ms = 30_000) {
  return until(`${label} to be heard`, async () => heard(tone, await tones(other.page)), { ms, seen: () => tones(other.page) });
}

function sees(other, { label, colours }) {
  return until(`${label} to be seen`, async () => (await other.tiles()).some(({ name, picture }) => name === ada.name && seen(colours, [picture ?? []])), {
    seen: async () => JSON.stringify(await other.tiles()),
  });
}

async function choose(one, name, { label }) {
  await one.click('devices');
  await one.page.select(`dialog[open] ${id(name)}`, label);
  await one.page.keyboard.press('Escape');
}

for (const kind of ['chromium', 'firefox']) {
  describe(`${kind}: devices in the call`, () => {
    test('another microphone and camera are chosen in the call', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind, [HEADSET, BUILT_IN, LAPTOP, DESK]);
        await sees(other, LAPTOP);
        await choose(one, 'choose-microphone', BUILT_IN);
        await hears(other, BUILT_IN);
        await choose(one, 'choose-camera', DESK);
        await sees(other, DESK);
      }));

    test('a microphone that is pulled out gives way and comes back by itself', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind, [HEADSET, BUILT_IN, LAPTOP]);
        const begun = Date.now();
        await unplug(one, HEADSET.label);
        await says(one, 'problem-microphone', /^The microphone Headset was unplugged\. Built-in microphone is used instead\.$/);
        await hears(other, BUILT_IN, BACK_MS);
        assert.ok(Date.now() - begun < BACK_MS);
        await plugIn(one, HEADSET.label);
        await says(one, 'problem-microphone', /^Headset is back and is used again\.$/);
        await hears(other, HEADSET, BACK_MS);
      }));

    test('the only camera that is pulled out is waited for', () =>
      inConference({}, async (conference) => {
        const [one, other] = await two(conference, kind, [HEADSET, LAPTOP]);
        await sees(other, LAPTOP);
        await unplug(one, LAPTOP.label);
        await says(one, 'problem-camera', /^The camera was unplugged\. Plug it in, or choose another\.$/);
        await until('the picture to go', async () => !(await other.tiles()).some(({ name, picture }) => name === ada.name && picture?.length));
        await plugIn(one, LAPTOP.label);
        await sees(other, LAPTOP);
      }));

    test('the chosen loudspeaker is used, and the system’s while it is gone', () =>
      inConference({}, async (conference) => {
        const [one] = await two(conference, kind, [HEADSET, LAPTOP, ...SPEAKERS]);
        const all = async (wanted) => (await sinks(one)).every((sink) => sink === wanted) && (await sinks(one)).length > 0;
        await choose(one, 'choose-speaker', { label: 'Headphones' });
        await until('the headphones', () => all('Headphones'), { seen: () => sinks(one) });
        await unplug(one, 'Headphones');
        await says(one, 'problem-speaker', /^The loudspeaker Headphones was unplugged\. The system’s own is used instead\.$/);
        await until('the system’s', () => all(''), { seen: () => sinks(one) });
        await plugIn(one, 'Headphones');
        await until('the headphones again', () => all('Headphones'), { seen: () => sinks(one) });
      }));
  });
}

describe('devices', () => {
  test('a page that isn’t told is found', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference, 'chromium', [HEADSET, BUILT_IN, LAPTOP], { deaf: true });
      await unplug(one, HEADSET.label);
      await assert.rejects(hears(other, BUILT_IN, BACK_MS), /Built-in microphone to be heard/);
    }));

  test('what the browser can do to the sound is switched in the call', () =>
    inConference({}, async (conference) => {
      const [one, other] = await two(conference, 'chromium', [HEADSET, LAPTOP]);
      await one.click('devices');
      await one.page.click(`dialog[open] ${id('noiseSuppression')}`);
      await until('the microphone to be asked for without', async () => (await lastAsked(one)).audio?.noiseSuppression === false);
      await hears(other, HEADSET);
      // The browser's fake camera can't blur, so it isn't offered.
      assert.equal(await one.page.$(id('backgroundBlur')), null);
    }));

  test('Chromium: a permission that is taken away is told', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada, { permissions: 'asked' });
      const session = await one.page.createCDPSession();
      const allow = (setting) => Promise.all(['microphone', 'camera'].map((name) =>
        session.send('Browser.setPermission', { permission: { name }, setting, origin: conference.server.url })));
      await allow('granted');
      await one.propose(conference.server.url, 'Permissions');
      await allow('denied');
      await says(one, 'problem-microphone', /^The browser was not allowed to use the microphone\. Allow it beside the address, then try again\.$/);
      await says(one, 'problem-camera', /^The browser was not allowed to use the camera\./);
      await allow('granted');
      await one.click('microphone');
      await until('the microphone', async () => (await one.page.$eval(id('microphone'), (button) => button.dataset.on)) === 'true');
    }));
});
