// Takes the pictures of the README: `cargo xtask pictures`.

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { id, inConference } from './lib/conference.mjs';
import { pictures } from './lib/measure.mjs';
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

/** Opens an invitation in a language, and stops before the door. */
async function arrive(one, link, language, scheme) {
  await one.page.goto(link);
  await one.reach('prejoin');
  await speaks(one, language, scheme);
  await one.reach('prejoin');
  await one.type('name', one.person.name);
  await shows(one, 1);
}

async function enter(one) {
  await one.click('enter');
  await one.reach('seated');
}

await inConference({}, async (conference) => {
  const first = await conference.person('chromium', marie, { viewport: LAPTOP });
  await first.page.goto(`${conference.server.url}/`);
  await first.reach('home');
  await take(first, 'home');
  await first.click('open-conversation');
  await first.type('title', 'Fishing rights in the northern strait');
  await first.type('name', marie.name);
  await first.click('propose');
  await first.reach('prejoin');
  const link = await first.page.$eval(id('link'), (field) => field.value ?? field.textContent);
  await shows(first, 1);
  await take(first, 'before');
  await enter(first);

  const second = await conference.person('chromium', jonas, { viewport: LAPTOP });
  await arrive(second, link, 'en', 'dark');
  await take(second, 'before-dark');
  await enter(second);

  const third = await conference.person('chromium', leila, { viewport: PHONE });
  await third.page.goto(`${conference.server.url}/`);
  await third.reach('home');
  await speaks(third, 'ar', 'dark');
  await third.reach('home');
  await take(third, 'home-phone-arabic-dark');
  await arrive(third, link, 'ar', 'light');
  await take(third, 'before-phone-arabic');
  await enter(third);

  for (const one of [first, second, third]) await shows(one, 3);
  await take(first, 'room');
  await take(third, 'room-phone-arabic');
  await second.say('We can take article 3 first, if you agree.');
  await first.reads('article 3', jonas);
  await first.say('Agreed. Leila has the map.');
  await second.reads('map', marie);
  await take(first, 'chat');
  await first.click('toggle-chat');
  await first.click('sentence');
  await take(first, 'roster');
  await first.page.keyboard.press('Escape');

  await speaks(second, 'ar', 'dark');
  await second.reach('seated');
  await shows(second, 3);
  await take(second, 'room-arabic-dark');
  await speaks(third, 'en', 'dark');
  await third.reach('seated');
  await shows(third, 3);
  await take(third, 'room-phone-dark');
});

// What an earlier version took is taken away.
for (const name of readdirSync(FOLDER)) if (!taken.has(name.replace('.png', ''))) rmSync(join(FOLDER, name));
const bytes = [...taken.values()].reduce((sum, size) => sum + size, 0);
console.log(`pictures: ${taken.size}, ${bytes} bytes`);
if (taken.size > MOST.pictures || bytes > MOST.bytes) throw new Error(`more than ${MOST.pictures} pictures or ${MOST.bytes} bytes`);
