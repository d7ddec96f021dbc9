// The page for everybody: axe-core finds nothing and nothing overflows, on a laptop and a phone, light and dark.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { id, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { until } from '../lib/until.mjs';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const SIZES = [{ width: 1280, height: 760 }, { width: 360, height: 740 }];
const SCHEMES = ['light', 'dark'];
const { ada, ben } = PEOPLE;

/** What is wrong with the page as it stands: rules of WCAG 2.2 A and AA broken, and sideways scrolling. */
async function faults(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    const found = violations.flatMap(({ id: rule, nodes }) => nodes.map(({ target }) => `${rule}: ${target.join(' ')}`));
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`overflow: ${scrollWidth} in ${clientWidth}`);
    return found;
  });
}

/** Checks a page in every size and scheme. */
async function check(participant, what) {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      await participant.page.setViewport(size);
      await participant.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      // Transitions end first: a colour on its way is neither.
      await until('transitions to end', () => participant.page.evaluate(() => document.getAnimations().length === 0));
      assert.deepEqual(await faults(participant.page), [], `${what}, ${size.width} px, ${scheme}`);
    }
  }
}

describe('the page', () => {
  test('axe-core finds nothing and nothing overflows', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await one.page.goto(`${conference.server.url}/`);
      await one.reach('home');
      await check(one, 'home');
      await one.type('title', 'Access');
      await one.type('name', ada.name);
      await one.click('propose');
      await one.reach('prejoin');
      await check(one, 'prejoin');
      const link = await one.page.$eval(id('link'), (field) => field.value ?? field.textContent);
      await one.enter();
      const other = await conference.person('chromium', ben);
      await other.accept(link);
      await one.seesAndHears(ben);
      await other.say('Can everybody read this?');
      await one.reads('Can everybody read this?', ben);
      await check(one, 'room with chat');
      await one.click('toggle-chat');
      await check(one, 'room');
      await one.leave();
      await check(one, 'left');
    }));

  test('a control without a name and a page that is too wide are found', () =>
    inConference({}, async (conference) => {
      const one = await conference.person('chromium', ada);
      await one.page.goto(`${conference.server.url}/`);
      await one.reach('home');
      await one.page.evaluate(() => {
        const button = document.createElement('button');
        button.style.inlineSize = '3000px';
        document.body.append(button);
      });
      const found = await faults(one.page);
      assert.ok(found.some((fault) => fault.startsWith('button-name')), found.join('; '));
      assert.ok(found.some((fault) => fault.startsWith('overflow')), found.join('; '));
    }));
});
