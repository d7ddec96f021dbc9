// The page for everybody, on every page and dialog: axe-core finds nothing, nothing overflows, what is pressed is large
// enough, the focus is seen. A new page or dialog is one line of a table below; those of a talk between delegations
// are in 46-access-talk.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { focusFaults, forcedColourFaults, overflows, smallTargets, violations } from '../lib/access.mjs';
import { id, inConference } from '../lib/conference.mjs';
import { pictures, seen } from '../lib/measure.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { check, escape, speaks } from '../lib/scenes.mjs';
import { until } from '../lib/until.mjs';

const { ada, ben } = PEOPLE;

const press = (...names) => async (one) => {
  for (const name of names) await one.click(name);
};
/** Opens what is in the bar on a wide screen, in "More" on a narrow one. */
const inBarOrMore = (name, inside) => async (one) => {
  if (!(await shown(one, name))) await one.click('more');
  if (inside === undefined) return;
  if (!(await shown(one, inside))) await one.click(name);
  await one.page.locator(id(inside)).filter((element) => element.checkVisibility()).click();
};

/** Whether something is to be seen. */
function shown({ page }, name) {
  return page.$$eval(id(name), (all) => all.some((element) => element.checkVisibility()));
}

/** @type {import('../lib/scenes.mjs').Scene[]} */
const HOME = [
  { name: 'home' },
  {
    name: 'home with a wrong invitation',
    open: async (one) => {
      await one.page.$eval(id('invitation'), (field) => (field.value = ''));
      await one.type('invitation', 'ABCD');
      await one.click('join');
      await until('the problem', () => one.page.$('#invitation-problem'));
    },
    close: () => {},
  },
];

/** @type {import('../lib/scenes.mjs').Scene[]} */
const PREJOIN = [
  { name: 'before entering' },
  { name: 'the QR code', open: press('show-qr') },
];

/** @type {import('../lib/scenes.mjs').Scene[]} */
const ROOM = [
  { name: 'the room' },
  ...['grid', 'speaker'].map((view) => ({
    name: `the room in ${view} layout`,
    open: async (one) => {
      await inBarOrMore('view', `view-${view}`)(one);
      await escape(one);
    },
    close: () => {},
  })),
  { name: 'the roster', open: press('sentence') },
  { name: 'the chat', open: press('toggle-chat'), close: press('toggle-chat') },
  { name: 'more', open: press('more') },
  {
    name: 'reactions',
    open: async (one) => one.click((await shown(one, 'react')) ? 'react' : 'more'),
  },
  {
    name: 'devices',
    open: async (one) => {
      if (!(await shown(one, 'devices'))) await one.click('more');
      await one.page.locator(id('devices')).filter((element) => element.checkVisibility()).click();
    },
  },
  { name: 'shortcuts', open: press('more', 'show-shortcuts') },
  {
    name: 'a raised hand',
    open: async (one) => {
      await one.click('hand');
      await one.click('hands');
    },
    close: async (one) => {
      await escape(one);
      await one.click('hand');
    },
  },
];

/** @type {import('../lib/scenes.mjs').Scene[]} */
const AFTER = [
  { name: 'left' },
  { name: 'home with a talk', open: (one) => one.page.goto(new URL('/', one.page.url()).href), close: () => {} },
  { name: 'the question before a talk is ended', open: press('end') },
];

const ERRORS = [
  { name: 'a link that can’t be read', path: '/t/AAAAAAAAAAAAAAAAAAAAAA#1.2' },
  { name: 'no talk', path: '/t/x' },
];

describe('the page', () => {
  for (const [language, dir] of [['en', 'ltr'], ['ar', 'rtl']]) {
    test(`${language}: nobody is kept out by any page or dialog`, () =>
      inConference({}, async (conference) => {
        const found = [];
        const one = await conference.person('chromium', ada);
        await speaks(one, language);
        await one.page.goto(`${conference.server.url}/`);
        await one.reach('home');
        assert.deepEqual(await one.page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), [language, dir]);
        await check(one, HOME, found);
        for (const { name, path } of ERRORS) {
          await one.page.goto(`${conference.server.url}${path}`);
          await one.reach('broken');
          await check(one, [{ name }], found);
        }
        await one.page.goto(`${conference.server.url}/`);
        await one.reach('home');
        await one.click('open-conversation');
        await one.type('title', 'Access');
        await one.type('name', ada.name);
        await one.click('propose');
        await one.reach('prejoin');
        await until('the own picture', async () => seen(ada.colours, await pictures(one.page)));
        const link = await one.page.$eval(id('link'), (field) => field.value ?? field.textContent);
        await check(one, PREJOIN, found);
        await one.enter();
        const other = await conference.person('chromium', ben);
        await other.accept(link);
        await one.seesAndHears(ben);
        await other.say('Can everybody read this?');
        await check(one, ROOM, found);
        await one.leave();
        await check(one, AFTER, found);
        assert.deepEqual(found, []);
      }));
  }

  test('each kind of barrier is found where there is one', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await one.page.goto(`${conference.server.url}/`);
      await one.reach('home');
      await one.page.evaluate(() => {
        const plant = (css) => {
          const button = document.createElement('button');
          button.style.cssText = css;
          document.querySelector('main').append(button);
          return button;
        };
        plant('inline-size: 3000px');
        plant('inline-size: 20px; block-size: 20px').ariaLabel = 'small';
        plant('outline: none !important; min-block-size: 50px').ariaLabel = 'unseen';
        plant('position: fixed; inset: 0 auto auto 0; inline-size: 60px; block-size: 60px; z-index: 1').ariaLabel = 'covered';
        plant('forced-color-adjust: none; color: red; background: red; block-size: 50px').ariaLabel = 'red';
        const cover = document.createElement('div');
        cover.style.cssText = 'position: fixed; inset: 0 auto auto 0; inline-size: 80px; block-size: 80px; z-index: 2';
        document.body.append(cover);
      });
      const found = [
        ...(await violations(one.page)), ...(await overflows(one.page)), ...(await smallTargets(one.page)),
        ...(await forcedColourFaults(one.page)), ...(await focusFaults(one.page)),
      ];
      for (const fault of [
        'button-name', 'overflow: the page', 'overflow: button', 'target: small', 'focus: unseen', 'focus: covered lies under',
        'forced colours: red',
      ]) {
        assert.ok(found.some((one) => one.startsWith(fault)), `${fault} isn't in ${found.join('; ')}`);
      }
    }));
});
