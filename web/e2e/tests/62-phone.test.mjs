// On a phone, as far as Chromium imitates one: a finger, a small screen, upright and lying.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { fits, invitationOf, line } from '../lib/entry.mjs';
import { seen } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { lastAsked, plugs } from '../lib/plugs.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;
const UPRIGHT = { width: 390, height: 844, isMobile: true, hasTouch: true };
const LYING = { width: 844, height: 390, isMobile: true, hasTouch: true };
const FRONT = { kind: 'videoinput', label: 'Front', colours: ada.colours, facing: 'user' };
const REAR = { kind: 'videoinput', label: 'Rear', colours: ['cyan', 'red', 'magenta', 'yellow'], facing: 'environment' };
const MICROPHONE = { kind: 'audioinput', label: 'Microphone', tone: ada.tone };
const SPEAKER = { kind: 'audiooutput', label: 'Speakerphone' };
const TARGET = 44;

/** What a finger would miss: controls that are seen and smaller than 44 px. */
function small({ page }) {
  return page.evaluate((least) => {
    const controls = [...document.querySelectorAll('button, select, input, a.button, textarea')];
    return controls.filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => {
      const { width, height } = (one.type === 'checkbox' ? one.closest('label') : one).getBoundingClientRect();
      return { what: one.dataset.testid ?? one.textContent.trim(), width, height };
    }).filter(({ width, height }) => width > 0 && (width < least - 0.5 || height < least - 0.5));
  }, TARGET);
}

/** Counts wake locks: `held` now, `taken` in all. */
function countWakeLocks() {
  globalThis.e2eWake = { held: 0, taken: 0 };
  Object.defineProperty(navigator, 'wakeLock', {
    value: {
      request: async () => {
        const lock = new EventTarget();
        lock.released = false;
        lock.release = async () => {
          if (!lock.released) globalThis.e2eWake.held -= 1;
          lock.released = true;
        };
        globalThis.e2eWake.held += 1;
        globalThis.e2eWake.taken += 1;
        globalThis.e2eWake.last = lock;
        return lock;
      },
    },
  });
}

/** The page is put behind another, or in front again; the system lets go of its wake lock then. */
function hide({ page }, hidden) {
  return page.evaluate((away) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (away ? 'hidden' : 'visible') });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => away });
    if (away) void globalThis.e2eWake?.last?.release();
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Turns the phone, or puts a keyboard over it; the page is told a moment later. */
async function resize({ page }, viewport) {
  await page.setViewport(viewport);
  await until('the page to have its size', () => page.evaluate((height) => visualViewport.height === height, viewport.height));
}

async function phone(conference, viewport = UPRIGHT) {
  const one = await conference.person('chromium', ada, { viewport });
  await plugs(one, [FRONT, REAR, MICROPHONE, SPEAKER]);
  await one.page.evaluateOnNewDocument(countWakeLocks);
  return one;
}

describe('a phone', () => {
  for (const [name, viewport] of [['upright', UPRIGHT], ['lying', LYING]]) {
    test(`${name}: every page fits and every target is large enough`, () =>
      inConference({}, async (conference) => {
        const one = await phone(conference, viewport);
        await one.page.goto(`${conference.server.url}/`);
        await one.reach('home');
        const check = async (what) => {
          await fits(one, what);
          assert.deepEqual(await small(one), [], what);
        };
        await check('home');
        const { link } = await invitationOf(one, conference.server.url, 'By phone');
        await line(one);
        await one.click('show-qr');
        await check('threshold');
        await one.enter();
        const other = await conference.person('chromium', ben);
        await other.accept(link);
        await one.seesAndHears(ben);
        await check('room');
        await one.click('toggle-chat');
        await check('chat');
        await one.click('toggle-chat');
        await one.leave();
        await check('left');
      }));
  }

  test('3 and 4 slots, and a small camera; a laptop has 4 and 9', () =>
    inConference({}, async (conference) => {
      const slots = (one) => one.page.evaluate(() => {
        const receivers = globalThis.e2ePeers.at(-1).getTransceivers().filter(({ direction }) => direction === 'recvonly');
        return ['audio', 'video'].map((kind) => receivers.filter(({ receiver }) => receiver.track.kind === kind).length);
      });
      const one = await phone(conference);
      const link = await one.propose(conference.server.url, 'Slots');
      assert.equal(await one.page.evaluate(() => document.documentElement.dataset.profile), 'phone');
      assert.deepEqual(await slots(one), [3, 4]);
      assert.equal((await one.page.evaluate(() => globalThis.e2ePlugs.asked.find(({ video }) => video).video.height.ideal)), 360);
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      assert.deepEqual(await slots(other), [4, 9]);
    }));

  test('the other camera is one press away, and the speakerphone is a choice', () =>
    inConference({}, async (conference) => {
      const one = await phone(conference);
      const link = await one.propose(conference.server.url, 'Cameras');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      const sees = ({ colours }) => until('the picture', async () =>
        (await other.tiles()).some(({ name, picture }) => name === ada.name && seen(colours, [picture ?? []])));
      await sees(FRONT);
      await one.click('more');
      await one.click('devices');
      assert.deepEqual(
        await one.page.$$eval(`dialog[open] ${id('choose-speaker')} option`, (all) => all.map(({ value }) => value)),
        ['', SPEAKER.label]);
      await one.page.click(`dialog[open] ${id('flip')}`);
      await sees(REAR);
      assert.equal((await lastAsked(one)).video.facingMode.ideal, 'environment');
      await one.page.click(`dialog[open] ${id('flip')}`);
      await sees(FRONT);
    }));

  test('the screen stays awake in the room, again after a look elsewhere, and the call goes on', () =>
    inConference({}, async (conference) => {
      const one = await phone(conference);
      const held = () => one.page.evaluate(() => globalThis.e2eWake.held);
      const link = await one.propose(conference.server.url, 'Awake');
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await one.seesAndHears(ben);
      assert.equal(await held(), 1);
      await hide(one, true);
      assert.equal(await held(), 0);
      await other.decodesMore();
      assert.equal(await one.state(), 'seated');
      await hide(one, false);
      await until('the lock', async () => (await held()) === 1);
      assert.equal(await one.page.evaluate(() => globalThis.e2eWake.taken), 2);
      await one.leave();
      await until('the lock to be let go', async () => (await held()) === 0);
    }));

  test('a keyboard on the screen doesn’t cover the chat’s field, nor does turning the phone', () =>
    inConference({}, async (conference) => {
      const one = await phone(conference);
      await one.propose(conference.server.url, 'Keyboard');
      await one.click('toggle-chat');
      await one.page.waitForSelector(id('chat-input'));
      const visible = () => one.page.evaluate((field) => {
        const { top, bottom } = document.querySelector(field).getBoundingClientRect();
        return top >= 0 && bottom <= visualViewport.height + 0.5;
      }, id('chat-input'));
      assert.ok(await visible());
      // Android's keyboard takes this much of the page.
      await resize(one, { ...UPRIGHT, height: 844 - 340 });
      await until('the field to be seen over the keyboard', visible);
      await resize(one, LYING);
      await until('the field to be seen lying', visible);
      await fits(one, 'lying');
      // The control: a page that keeps its height hides it.
      await resize(one, UPRIGHT);
      await one.page.$eval('.room', (room) => room.style.setProperty('block-size', '844px', 'important'));
      await resize(one, { ...UPRIGHT, height: 844 - 340 });
      assert.equal(await visible(), false);
    }));
});
