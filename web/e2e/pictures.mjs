// Takes the pictures of the README: `cargo xtask pictures`.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { id, inConference } from './lib/conference.mjs';
import { pictures } from './lib/measure.mjs';
import { until } from './lib/until.mjs';

const FOLDER = process.env.INCAMERA_PICTURES;
if (!FOLDER) throw new Error('INCAMERA_PICTURES is not set: run `cargo xtask pictures`');
const LAPTOP = { width: 1280, height: 760 };
const PHONE = { width: 390, height: 780, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const person = (name, tone, wall, clothes, skin, hair) => ({ name, tone, figure: { wall, clothes, skin, hair } });
const marie = person('Marie Okonkwo', 550, [196, 188, 170], [36, 54, 74], [128, 84, 60], [34, 26, 24]);
const jonas = person('Jonas Lind', 660, [150, 168, 172], [72, 74, 78], [226, 186, 160], [150, 116, 70]);
const leila = person('Leila Haddad', 770, [178, 164, 176], [110, 44, 52], [204, 158, 124], [52, 38, 34]);

mkdirSync(FOLDER, { recursive: true });

async function take(one, name) {
  await one.page.screenshot({ path: join(FOLDER, `${name}.png`) });
  console.log(`pictures: ${name}.png`);
}

/** Each video of the page shows a picture, and there are as many as said. */
async function shows(one, count) {
  await until(`${one.person.name} to see ${count} pictures`, async () =>
    (await pictures(one.page)).filter(({ length }) => length > 0).length >= count);
}

async function enter(one) {
  await shows(one, 1);
  await one.click('enter');
  await one.reach('seated');
}

await inConference({}, async (conference) => {
  const first = await conference.person('chromium', marie, { viewport: LAPTOP });
  await first.page.goto(`${conference.server.url}/`);
  await first.reach('home');
  await take(first, 'home');
  await first.type('title', 'Fishing rights in the northern strait');
  await first.type('name', marie.name);
  await first.click('propose');
  await first.reach('prejoin');
  const link = await first.page.$eval(id('link'), (field) => field.value ?? field.textContent);
  await shows(first, 1);
  await enter(first);

  const others = [];
  for (const [who, options] of [[jonas, { viewport: LAPTOP }], [leila, { viewport: PHONE }]]) {
    const other = await conference.person('chromium', who, options);
    await other.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await other.page.goto(link);
    await other.reach('prejoin');
    await other.type('name', who.name);
    await enter(other);
    others.push(other);
  }
  await shows(first, 3);
  await shows(others[1], 3);
  await others[0].say('We can take article 3 first, if you agree.');
  await first.reads('article 3', jonas);
  await first.say('Agreed. Leila has the map.');
  await others[0].reads('map', marie);
  // The picture shows the room, not what was just said about it.
  for (const one of [first, others[1]]) {
    await until('the notices to go', async () => (await one.page.$$(`${id('notices')} li`)).length === 0);
  }
  await take(first, 'room');
  await take(others[1], 'room-phone');
});
