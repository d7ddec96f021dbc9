// What is wrong with a page for somebody who can't use a mouse, sees little, or has a small screen.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
/** The smallest side of what is pressed, in CSS pixels; half a pixel is lost to rounding. */
const TARGET = 43.5;
/** How often Tab is pressed at most. */
const MOST_STOPS = 80;

/**
 * Rules of WCAG 2.2 A and AA broken, as axe-core finds them; with `coloursOnly` those that hang on the colour scheme.
 */
export async function violations(page, { coloursOnly = false } = {}) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (colours) => {
    const found = await globalThis.axe.run(document, {
      runOnly: colours ? { type: 'rule', values: ['color-contrast'] } : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      resultTypes: ['violations'],
    });
    return found.violations.flatMap(({ id: rule, nodes }) => nodes.map(({ target }) => `${rule}: ${target.join(' ')}`));
  }, coloursOnly);
}

/** What is wider than the screen, or sticks out of it without a way to scroll there. */
export function overflows(page) {
  return page.evaluate(() => {
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`overflow: the page, ${scrollWidth} in ${clientWidth}`);
    const name = (element) => element.dataset.testid ?? `${element.localName}.${element.classList[0] ?? ''}`;
    for (const element of document.querySelectorAll('button, a[href], input, select, textarea, summary, h1, h2, label, [popover], dialog')) {
      if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
      const { left, right, width, height } = element.getBoundingClientRect();
      // What only a screen reader has takes no room.
      if (width <= 1 || height <= 1) continue;
      if (left < -1 || right > clientWidth + 1) found.push(`overflow: ${name(element)}, ${Math.round(left)} to ${Math.round(right)} in ${clientWidth}`);
    }
    for (const element of document.querySelectorAll('dialog[open], :popover-open')) {
      if (element.scrollWidth > element.clientWidth + 1) found.push(`overflow: inside ${name(element)}`);
    }
    return found;
  });
}

/** What is pressed and smaller than 44 pixels. Links within a sentence may be (WCAG 2.5.8). */
export function smallTargets(page) {
  return page.evaluate((least) => {
    const found = [];
    const modal = document.querySelector('dialog:modal');
    for (const element of (modal ?? document).querySelectorAll('button, a[href], input, select, textarea, summary, [role="button"]')) {
      if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
      if (element.localName === 'a' && getComputedStyle(element).display === 'inline') continue;
      // A box is pressed by its label too.
      const box = element.matches('[type="checkbox"], [type="radio"]') ? (element.closest('label') ?? element) : element;
      const { width, height } = box.getBoundingClientRect();
      if (width < least || height < least) {
        const name = element.dataset.testid ?? element.getAttribute('aria-label') ?? element.textContent.trim();
        found.push(`target: ${name}, ${Math.round(width)} by ${Math.round(height)}`);
      }
    }
    return found;
  }, TARGET);
}

/** Goes through the page by Tab: where the focus can't be seen, or lies under something else. */
export async function focusFaults(page) {
  const found = new Set();
  await page.evaluate(() => {
    globalThis.e2eSeen = new Set();
    document.activeElement?.blur();
  });
  let stops = 0;
  for (; stops < MOST_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const { again, fault } = await page.evaluate(focused);
    if (again) break;
    if (fault) found.add(fault);
  }
  if (stops === 0) found.add('focus: Tab goes nowhere');
  if (stops === MOST_STOPS) found.add('focus: Tab never comes round');
  return [...found];
}

/** Runs in the page. */
async function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return { again: globalThis.e2eSeen.size > 0 };
  if (globalThis.e2eSeen.has(element)) return { again: true };
  globalThis.e2eSeen.add(element);
  // What moves into view has to have arrived.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const name = element.dataset.testid ?? element.getAttribute('aria-label') ?? `${element.localName} ${element.textContent.trim().slice(0, 30)}`;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 1.5) return { fault: `focus: ${name} doesn't show it` };
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [
    (Math.max(left, 0) + Math.min(right, innerWidth)) / 2,
    (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2,
  ];
  if (bottom <= 0 || top >= innerHeight || right <= 0 || left >= innerWidth) return { fault: `focus: ${name} is out of sight` };
  const over = document.elementFromPoint(x, y);
  const own = over && (element.contains(over) || over.contains(element) || element.labels?.[0]?.contains(over));
  return own ? {} : { fault: `focus: ${name} lies under ${over?.dataset.testid ?? over?.className ?? 'nothing'}` };
}

/** With the system's own few colours: text that can't be told from its ground, controls without an edge or words. */
export async function forcedColourFaults(page) {
  const session = await page.createCDPSession();
  const emulate = (value) => session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value }] });
  await emulate('active');
  try {
    return await page.evaluate(() => {
      const found = [];
      if (!matchMedia('(forced-colors: active)').matches) found.push('forced colours: not in force');
      for (const element of document.querySelectorAll('button, a[href], input, select, textarea')) {
        if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
        const style = getComputedStyle(element);
        const name = element.dataset.testid ?? element.getAttribute('aria-label') ?? element.textContent.trim();
        const ground = (at) => {
          for (let here = at; here; here = here.parentElement) {
            const { backgroundColor } = getComputedStyle(here);
            if (!/^rgba\(.*, 0\)$|^transparent$/.test(backgroundColor)) return backgroundColor;
          }
          return 'rgb(255, 255, 255)';
        };
        if (style.color === ground(element)) found.push(`forced colours: ${name} is ${style.color} on the same`);
      }
      return found;
    });
  } finally {
    await emulate('none');
    await session.detach();
  }
}
