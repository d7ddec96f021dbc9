// What people do in the room with its controls, and what stands in their tiles.

import { id } from './conference.mjs';
import { heard, tones } from './measure.mjs';
import { until } from './until.mjs';

/** The tile of a person's camera, as its data says; with `large`, `rest` and `self` told apart by their places. */
export function tileOf(participant, person) {
  return participant.page.evaluate((name, query) => {
    const tile = [...document.querySelectorAll(query)].find((one) =>
      one.dataset.kind === 'camera' && one.querySelector('.name bdi')?.textContent === name);
    if (!tile) return undefined;
    const hand = tile.querySelector('[data-testid="tile-hand"]')?.textContent ?? '';
    return {
      ...tile.dataset,
      hand: Number(/\d+/.exec(hand)?.[0] ?? 0),
      reaction: tile.querySelector('[data-testid="reaction"]')?.dataset.reaction,
      quality: tile.querySelector('[data-testid="quality"]')?.getAttribute('aria-label') ?? '',
      large: tile.closest('[data-testid="large"]') !== null,
      small: tile.closest('[data-testid="self-small"]') !== null,
    };
  }, person.name, id('tile'));
}

/** Waits until a person's tile at another is as `wanted`. */
export function untilTile(participant, person, what, wanted, options) {
  return until(`${participant.person.name} to see ${person.name} ${what}`, async () => {
    const tile = await tileOf(participant, person);
    return tile !== undefined && wanted(tile);
  }, { seen: async () => JSON.stringify(await tileOf(participant, person)), ...options });
}

/** Waits until a person isn't heard any more. */
export function untilSilent(participant, person) {
  return until(`${participant.person.name} to hear ${person.name} no more`, async () =>
    !heard(person.tone, await tones(participant.page)), { seen: () => tones(participant.page) });
}

/** Opens a menu of the bar and presses something in it. */
export async function choose(participant, menu, item) {
  if (!(await participant.page.$(`${id(`${menu}-menu`)}:popover-open`))) await participant.click(menu);
  const place = await participant.page.waitForSelector(`${id(`${menu}-menu`)}:popover-open ${id(item)}`);
  await place.click();
}

/** Closes whatever menu is open, and takes the focus from every control. */
export async function away(participant) {
  await participant.page.evaluate(() => {
    for (const open of document.querySelectorAll(':popover-open')) open.hidePopover();
    document.activeElement?.blur();
  });
}

export function has(participant, name) {
  return participant.page.$(id(name)).then((place) => place !== null);
}

/** What was told lately, as it is read out. */
export function notices(participant) {
  return participant.page.$eval(id('notices'), (list) => list.textContent.replace(/[\u2068\u2069]/g, ''));
}

/** Names in tiles in the order of the page, and those listed without one. */
export function order(participant) {
  return participant.page.evaluate((tile, place, rest) => ({
    tiles: [...document.querySelectorAll(`.people :is(${tile}, ${place})`)].map((one) => one.querySelector('.name bdi').textContent),
    rest: [...document.querySelectorAll(`${rest} li bdi`)].map((one) => one.textContent),
    pictures: [...document.querySelectorAll(`${tile}[data-picture="true"]`)].map((one) => one.querySelector('.name bdi').textContent),
    large: document.querySelector('[data-testid="large"] .name bdi')?.textContent,
  }), id('tile'), id('place'), id('rest'));
}
