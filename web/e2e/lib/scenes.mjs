// Goes through pages and dialogs in every size and colour scheme, and says what is wrong with them.

import { focusFaults, forcedColourFaults, overflows, smallTargets, violations } from './access.mjs';
import { until } from './until.mjs';

/**
 * Screens; the last is one of 1280 by 1024 at 400 % (WCAG 1.4.10).
 * @type {Record<string, { width: number, height: number }>}
 */
export const SIZES = {
  laptop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  landscape: { width: 844, height: 390 },
  zoomed: { width: 320, height: 256 },
};
/** Where the way of the focus is gone through. */
const TABBED = ['laptop', 'phone'];
const SCHEMES = ['light', 'dark'];

/**
 * @typedef {object} Scene
 * @property {string} name
 * @property {(one: import('./conference.mjs').Participant) => Promise<unknown>} [open] brings it about, in each size anew
 * @property {(one: import('./conference.mjs').Participant) => Promise<unknown>} [close] by Escape if left out
 */

/** @param {import('./conference.mjs').Participant} one */
export const escape = (one) => one.page.keyboard.press('Escape');

/**
 * Checks scenes in every size; what is wrong is added to `found`.
 * @param {{ sizes?: string[], tabbed?: string[] }} [options]
 */
export async function check(one, scenes, found, { sizes = Object.keys(SIZES), tabbed = TABBED } = {}) {
  const { page } = one;
  for (const { name, open = () => {}, close = escape } of scenes) {
    for (const size of sizes) {
      const say = (faults) => faults.forEach((fault) => found.push(`${name}, ${size}: ${fault}`));
      await page.setViewport(SIZES[size]);
      try {
        await laidOut(page, SIZES[size]);
        await open(one);
        for (const [index, scheme] of SCHEMES.entries()) {
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
          await settled(page);
          const faults = await violations(page, { coloursOnly: index > 0 });
          say(faults.map((fault) => `${scheme}: ${fault}`));
        }
        say(await overflows(page));
        say(await smallTargets(page));
        if (size === 'laptop') say(await forcedColourFaults(page));
        if (tabbed.includes(size)) say(await focusFaults(page));
        await close(one);
      } catch (error) {
        say([`can't be looked at: ${error.message.split('\n')[0]}`]);
        await page.keyboard.press('Escape');
      }
    }
  }
}

/** Checks what stands there now. */
export function look(one, name, found, options) {
  const stay = async () => {};
  return check(one, [{ name, open: stay, close: stay }], found, options);
}

/** The page has taken a new size: what is in the bar for one size is in a menu for another, from the next frame on. */
function laidOut(page, { width, height }) {
  const hasSize = () => page.evaluate((w, h) => innerWidth === w && innerHeight === h, width, height);
  const drawn = () => page.evaluate(() =>
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  return until('the page to take its size', hasSize).then(drawn);
}

/** Transitions end first: a colour on its way is neither. */
function settled(page) {
  return until('transitions to end', () => page.evaluate(() =>
    document.getAnimations().every((animation) => animation.effect?.getComputedTiming().iterations === Infinity || animation.playState !== 'running')));
}

/** The page's language from its next load on. */
export async function speaks(one, language) {
  await one.page.evaluateOnNewDocument((code) => localStorage.setItem('incamera-language', code), language);
}
