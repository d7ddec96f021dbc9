// What is done and read on the pages before the room.

import assert from 'node:assert/strict';

import { id } from './conference.mjs';
import { until } from './until.mjs';

/** Opens the first page. */
export async function openHome(one, url) {
  await one.page.goto(`${url}/`);
  await one.reach('home');
}

/** Replaces what a field holds. */
export async function fill({ page }, name, words) {
  const field = await page.waitForSelector(id(name));
  await field.click({ count: 3 });
  await page.keyboard.press('Backspace');
  if (words !== '') await field.type(words);
}

/** Makes an open conversation and stays on its threshold; returns the invitation's link and code. */
export async function invitationOf(one, url, title) {
  await openHome(one, url);
  await one.click('open-conversation');
  await fill(one, 'title', title);
  await fill(one, 'name', one.person.name);
  await one.click('propose');
  await one.reach('prejoin');
  const value = (name) => one.page.$eval(id(name), (field) => field.value);
  return { link: await value('link'), code: await value('code') };
}

/** The network's line, once it is known. */
export async function line(one) {
  const read = () => one.page.$eval(id('network'), (place) => ({ tone: place.dataset.tone, words: place.textContent.trim() }));
  await until('the network to be known', async () => (await read()).tone !== 'pending', { seen: () => one.describe() });
  return read();
}

/** The page's heading. */
export function heading({ page }) {
  return page.$eval('h1', (place) => place.textContent.trim());
}

/** Waits until a place of the page says this. */
export async function says(one, name, sentence, { by = 'testid' } = {}) {
  const place = by === 'id' ? `#${name}` : id(name);
  const read = () => one.page.$eval(place, (node) => node.innerText.replace(/[\u2066-\u2069]/g, '').trim());
  await until(`${place} to say ${sentence}`, async () => sentence.test(await read()), {
    seen: async () => read().catch((error) => `${error.message}; ${one.describe()}`),
  });
}

/** From now on pages count in `e2eAsked` how often a camera or microphone was asked for. */
export async function asksForDevices({ page }) {
  await page.evaluateOnNewDocument(() => {
    globalThis.e2eAsked = 0;
    const devices = navigator.mediaDevices;
    if (!devices) return;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (constraints) => {
      globalThis.e2eAsked += 1;
      return ask(constraints);
    };
  });
}

/** Pages say hello as of version `e2eVersion`, or `e2e-version` in the tab's memory, if there is one. */
export async function speaksVersion({ page }) {
  await page.evaluateOnNewDocument(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      const version = globalThis.e2eVersion ?? sessionStorage.getItem('e2e-version');
      if (version && typeof data === 'string' && data.startsWith('{"type":"hello"')) {
        return send.call(this, JSON.stringify({ type: 'hello', version: Number(version) }));
      }
      return send.call(this, data);
    };
  });
}

/** Fails unless nothing of the page lies outside its width. */
export async function fits(one, what) {
  const [wide, room] = await one.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${what}: ${wide} px in ${room}`);
}
