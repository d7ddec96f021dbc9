// Whose name stands at whose picture.

import assert from 'node:assert/strict';

import { id } from './conference.mjs';
import { COLOURS } from './people.mjs';

/**
 * Looks at every painted frame: whose name stands at a visible picture, and whose colours it has.
 * Returns a function that ends it and tells how many were `right`, and which were `wrong`.
 */
export async function watchNames(page, people) {
  const known = people.map(({ name, colours }) => ({ name, colours: colours.map((colour) => COLOURS[colour]) }));
  await page.evaluate((all, query) => {
    const result = (globalThis.e2eNames = { right: 0, wrong: [], on: true });
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 9];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const has = (colours) => [[3, 1], [12, 1], [3, 7], [12, 7]].every(([x, y], corner) => {
      const pixel = context.getImageData(x, y, 1, 1).data;
      return colours[corner].every((value, channel) => Math.abs(value - pixel[channel]) < 70);
    });
    const look = () => {
      if (!result.on) return;
      for (const tile of document.querySelectorAll(query)) {
        const video = tile.querySelector('video');
        if (!video?.videoWidth || !video.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        context.drawImage(video, 0, 0, 16, 9);
        const owner = all.find(({ colours }) => has(colours));
        const shown = tile.querySelector('.name bdi')?.textContent;
        if (!owner) continue;
        if (owner.name === shown) result.right += 1;
        else if (result.wrong.length < 20) result.wrong.push(`${owner.name} under ${shown}`);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, known, id('tile'));
  return () => page.evaluate(() => {
    globalThis.e2eNames.on = false;
    return globalThis.e2eNames;
  });
}

/** A selector of the picture of a person, which the test marked. */
export async function pictureOf(participant, person) {
  const mark = await participant.page.evaluate((name, query) => {
    const tile = [...document.querySelectorAll(query)].find((one) => one.querySelector('.name bdi')?.textContent === name);
    const video = tile?.querySelector('video');
    if (!video) return undefined;
    return video.dataset.slot;
  }, person.name, id('tile'));
  assert.notEqual(mark, undefined, `no picture of ${person.name}`);
  return `video[data-slot="${mark}"]`;
}
