// `incamera serve --lan`: a house network, where nobody vouches for the server's certificate.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';

import { chat, inConference } from '../lib/conference.mjs';
import { PEOPLE } from '../lib/people.mjs';

const { ada, ben } = PEOPLE;

/** As somebody who compared the fingerprint and pressed past the warning; nothing else makes the page secure. */
const COMPARED = { unknownCertificate: true, origins: [] };

describe('a house network', () => {
  for (const [first, second] of [['chromium', 'firefox'], ['firefox', 'chromium']]) {
    test(`${first} proposes, ${second} accepts, by the address and the certificate that are printed`, () =>
      inConference({ lan: true }, async (conference) => {
        const { url } = conference.server;
        const said = conference.server.errors.join('\n');
        assert.match(url, /^https:\/\/\d+\.\d+\.\d+\.\d+:8443$/);
        assert.ok(said.includes(`  ${url}\n`), said);
        assert.ok(said.includes(await fingerprint(url)), said);
        assert.match(said, /▄|▀|█/, 'a QR code');

        const one = await conference.person(first, ada, COMPARED);
        const link = await one.propose(url, 'In the house');
        assert.equal(await one.page.evaluate(() => isSecureContext), true);
        const other = await conference.person(second, ben, COMPARED);
        await other.accept(link);
        await Promise.all([one.seesAndHears(ben), other.seesAndHears(ada)]);
        await chat(one, other);
      }));

    test(`${first}: whoever hasn’t pressed past the warning doesn’t get in`, () =>
      inConference({ lan: true }, async (conference) => {
        const one = await conference.person(first, ada, { origins: [] });
        await assert.rejects(one.page.goto(conference.server.url), /CERT|SEC_ERROR|SSL|certificate/i);
      }));
  }
});

/** SHA-256 of the certificate that the server shows, as it prints it. */
async function fingerprint(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
