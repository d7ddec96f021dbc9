// What it costs in a browser to admit, remove and re-key, by people in the room; written to the file that
// `cargo xtask measure cost` names.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { launch } from '../lib/browser.mjs';
import { PEOPLE } from '../lib/people.mjs';

const PKG = new URL('../../src/e2ee/pkg/', import.meta.url);
const MODULE = 'incamera_e2ee_wasm';
/** The page with nothing in it, what measures, and the product's own module. */
const FILES = {
  '/': ['text/html', () => '<!doctype html><title>Cost</title>'],
  '/gathering.mjs': ['text/javascript', () => readFileSync(new URL('gathering.mjs', import.meta.url))],
  [`/pkg/${MODULE}.js`]: ['text/javascript', () => readFileSync(new URL(`${MODULE}.js`, PKG))],
  [`/pkg/${MODULE}_bg.wasm`]: ['application/wasm', () => readFileSync(new URL(`${MODULE}_bg.wasm`, PKG))],
};
const ROUNDS = 5;

describe('what it costs in a browser', () => {
  const rooms = [];
  let server;
  let browser;

  before(async () => {
    server = createServer(({ url }, response) => {
      const [type, content] = FILES[url] ?? ['text/plain', () => ''];
      response.writeHead(url in FILES ? 200 : 404, { 'content-type': type }).end(content());
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    browser = await launch('chromium', PEOPLE.ada);
    browser.page.setDefaultTimeout(0);
  });

  after(async () => {
    await browser?.close();
    server.close();
    if (process.env.INCAMERA_MEASURED) writeFileSync(process.env.INCAMERA_MEASURED, JSON.stringify(rooms));
  });

  for (const people of (process.env.INCAMERA_PEOPLE ?? '2 10 50').split(' ').map(Number)) {
    test(`${people} people`, async () => {
      await browser.page.goto(`http://127.0.0.1:${server.address().port}/`);
      const cost = await browser.page.evaluate(
        async (...sizes) => (await import('/gathering.mjs')).measure(...sizes), people, ROUNDS);
      assert.equal(cost.seated, people);
      for (const what of ['admit', 'rekey', 'remove']) {
        assert.ok(cost[what].commit_ms > 0 && cost[what].member_ms > 0, JSON.stringify(cost));
      }
      assert.ok(cost.admit.newcomer_ms > 0 && cost.rekey.newcomer_ms === null);
      rooms.push(cost);
    });
  }
});
