// The sealing part by itself: MLS join, SFrame round trip and the RFC 9605 vectors, in both browsers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { launch } from '../lib/browser.mjs';
import { PEOPLE } from '../lib/people.mjs';

const PKG = new URL('../../src/e2ee/pkg/', import.meta.url);
const TYPES = { js: 'text/javascript', wasm: 'application/wasm' };

describe('the sealing part', () => {
  let server;
  before(async () => {
    server = createServer((request, reply) => {
      const name = request.url.slice(1);
      const type = TYPES[name.split('.').pop()];
      reply.setHeader('content-type', type ?? 'text/html');
      reply.end(type ? readFileSync(new URL(name, PKG)) : '<!doctype html><title>self-test</title>');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: the self-test passes`, async () => {
      const participant = await launch(kind, PEOPLE.ada);
      try {
        await participant.page.goto(`http://localhost:${server.address().port}/`);
        const result = await participant.page.evaluate(async () => {
          const module = await import('/incamera_e2ee_wasm.js');
          await module.default({ module_or_path: '/incamera_e2ee_wasm_bg.wasm' });
          return module.selfTest();
        });
        const { mls, sframe, vectors } = JSON.parse(result);
        assert.equal(mls, true);
        assert.equal(sframe, true);
        assert.ok(vectors > 0, `${vectors} vectors`);
      } finally {
        await participant.close();
      }
    });
  }
});
