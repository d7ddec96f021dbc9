// Takes the pictures of the README: `cargo xtask pictures`.

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { id, inConference } from './lib/conference.mjs';
import { section } from './lib/life.mjs';
import { pictures } from './lib/measure.mjs';
import { claimTalk, fill, invite, openPanel, reachStep } from './lib/talk.mjs';
import { until } from './lib/until.mjs';

const FOLDER = process.env.INCAMERA_PICTURES;
if (!FOLDER) throw new Error('INCAMERA_PICTURES is not set: run `cargo xtask pictures`');
const LAPTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true };
/** No more than these are committed. */
const MOST = { pictures: 12, bytes: 1_500_000 };

const person = (name, tone, wall, clothes, skin, hair) => ({ name, tone, figure: { wall, clothes, skin, hair } });
const marie = person('Marie Okonkwo', 550, [196, 188, 170], [36, 54, 74], [128, 84, 60], [34, 26, 24]);
const jonas = person('Jonas Lind', 660, [150, 168, 172], [72, 74, 78], [226, 186, 160], [150, 116, 70]);
const samir = person('Samir Nasser', 880, [166, 176, 158], [58, 66, 52], [184, 138, 104], [40, 34, 32]);
const leila = person('ليلى حدّاد', 770, [178, 164, 176], [110, 44, 52], [204, 158, 124], [52, 38, 34]);

mkdirSync(FOLDER, { recursive: true });
const taken = new Map();

async function take(one, name) {
  // What moves has arrived, and the picture shows the room, not what was just said about it.
  await until('the page to rest', () => one.page.evaluate((notices) =>
    document.querySelector(notices) === null
    && document.getAnimations().every(({ effect, playState }) => playState !== 'running' || effect.getComputedTiming().iterations === Infinity),
  `${id('notices')} li`));
  const path = join(FOLDER, `${name}.png`);
  await one.page.screenshot({ path });
  taken.set(name, statSync(path).size);
  console.log(`pictures: ${name}.png, ${taken.get(name)} bytes`);
}

/** Each video of the page shows a picture, and there are as many as said. */
async function shows(one, count) {
  await until(`${one.person.name} to see ${count} pictures`, async () =>
    (await pictures(one.page)).filter(({ length }) => length > 0).length >= count);
}

/** The page in a language and a scheme; who is in a room comes back into it. */
async function speaks(one, language, scheme) {
  await one.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await one.page.evaluate((code) => localStorage.setItem('incamera-language', code), language);
  await one.page.reload();
}

/** Home in Arabic and dark, on a phone. */
async function arabicHome(one) {
  await one.page.goto(`${one.origin}/`);
  await one.reach('home');
  await speaks(one, 'ar', 'dark');
  await one.reach('home');
  await take(one, 'home-phone-arabic-dark');
}

/** From the proposal to the words; both heads compare them. */
async function found(first, second) {
  await first.page.goto(`${first.origin}/`);
  await first.reach('home');
  await first.type('title', 'Fishing rights in the northern strait');
  await first.type('delegation', 'Northern Isles');
  await first.type('name', marie.name);
  await first.page.setViewport({ ...LAPTOP, height: 1080 });
  await take(first, 'home');
  await first.page.setViewport(LAPTOP);
  await first.click('propose-talk');
  await reachStep(first, 'offered');
  const link = await first.page.$eval(id('link'), (field) => field.value ?? field.textContent);
  await claimTalk(second, link, 'جمهورية الساحل');
  await reachStep(first, 'claimed');
  await first.click('countersign');
  for (const head of [first, second]) await reachStep(head, 'compare');
  await take(first, 'talk-words');
  await take(second, 'talk-words-phone-arabic-dark');
  for (const head of [first, second]) await head.click('agree');
  for (const head of [first, second]) await reachStep(head, 'enter');
}

/** Opens an invitation and asks to be seated. */
async function asks(guest, link, scheme, name) {
  await guest.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await guest.page.goto(link);
  await guest.reach('prejoin');
  await fill(guest, 'name', guest.person.name);
  await shows(guest, 1);
  if (name) await take(guest, name);
  await guest.click('enter');
  await reachStep(guest, 'asked');
}

async function enter(one) {
  await one.click('to-threshold');
  await one.reach('prejoin');
  await shows(one, 1);
  await one.click('enter');
  await one.reach('seated');
}

/** Runs in the page: a fake camera is called after the file that it plays. */
function nameDevices() {
  const names = { videoinput: 'Camera', audioinput: 'Microphone', audiooutput: 'Loudspeaker', video: 'Camera', audio: 'Microphone' };
  for (const { prototype } of [MediaDeviceInfo, InputDeviceInfo, MediaStreamTrack]) {
    Object.defineProperty(prototype, 'label', { get() { return names[this.kind]; } });
  }
}

/** Scrolls a card to the top of the window. */
function bring(one, name) {
  return one.page.$eval(id(name), (place) => {
    const top = (place.closest('.card') ?? place).getBoundingClientRect().top + scrollY - 24;
    scrollTo({ top, behavior: 'instant' });
  });
}

await inConference({}, async (conference) => {
  const arrive = async (one, viewport) => {
    const participant = await conference.person('chromium', one, { viewport });
    await participant.page.evaluateOnNewDocument(nameDevices);
    return Object.assign(participant, { origin: conference.server.url });
  };
  const first = await arrive(marie, LAPTOP);
  const second = await arrive(leila, PHONE);
  await arabicHome(second);
  await found(first, second);

  // One of each side asks; the first head has both before her.
  const links = [await invite(first, { hint: jonas.name }), await invite(second, { role: 'interpreter', hint: samir.name })];
  const third = await arrive(jonas, LAPTOP);
  const fourth = await arrive(samir, LAPTOP);
  await asks(third, links[0], 'dark', 'before-dark');
  await asks(fourth, links[1], 'light');
  await second.click('vouch');
  await second.click('propose-lock');
  for (const name of ['approve', 'vouch', 'consent']) await first.page.waitForSelector(id(name));
  await bring(first, 'approvals');
  await take(first, 'lobby');
  await first.click('approve');
  await first.click('vouch');
  await second.click('approve');

  await enter(first);
  await enter(second);
  for (const guest of [third, fourth]) await guest.reach('seated');
  const everybody = [first, second, third, fourth];
  for (const one of everybody) await shows(one, everybody.length);
  await take(first, 'room');
  await openPanel(first);
  await take(first, 'room-delegations');
  await take(second, 'room-phone-arabic-dark');
});

// A talk that has ended, as `incamera demo` shows it.
await inConference({ demo: true }, async (conference) => {
  const [link] = conference.server.lines.filter((line) => line.includes('#demo.'));
  const look = async (viewport, scheme, language) => {
    const one = await conference.person('chromium', marie, { viewport });
    await one.page.goto(link);
    await one.reach('talk');
    await speaks(one, language, scheme);
    await one.page.waitForSelector(id('section-timeline'));
    return one;
  };
  const laptop = await look(LAPTOP, 'light', 'en');
  await section(laptop, 'timeline');
  // The visit that was cancelled, with what came before and after.
  await laptop.page.$$eval(id('line'), (lines) => {
    const cancelled = lines.find(({ textContent }) => textContent.includes('cancelled the visit'));
    scrollTo({ top: cancelled.getBoundingClientRect().top + scrollY - 300, behavior: 'instant' });
  });
  await take(laptop, 'talk-timeline');
  await section(laptop, 'readouts');
  await bring(laptop, 'readouts');
  await take(laptop, 'talk-readout');
  await laptop.close();
  const phone = await look(PHONE, 'dark', 'ar');
  await section(phone, 'agenda');
  await take(phone, 'talk-agenda-phone-arabic-dark');
});

// What an earlier version took is taken away.
for (const name of readdirSync(FOLDER)) if (!taken.has(name.replace('.png', ''))) rmSync(join(FOLDER, name));
const bytes = [...taken.values()].reduce((sum, size) => sum + size, 0);
console.log(`pictures: ${taken.size}, ${bytes} bytes`);
if (taken.size > MOST.pictures || bytes > MOST.bytes) throw new Error(`more than ${MOST.pictures} pictures or ${MOST.bytes} bytes`);
