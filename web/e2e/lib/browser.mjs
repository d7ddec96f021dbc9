// A browser process per participant.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import puppeteer from 'puppeteer-core';

import { writeCard, writeFigure, writeTone } from './media-files.mjs';
import { fakeDevices, fakeDevicesOf, recordPeers, recordSockets, withoutVoiceProcessing } from './preload.mjs';

const VIEWPORT = { width: 900, height: 700 };

/**
 * Chromium sets these two itself while its threads already read the environment, and the C library moves the
 * environment when a variable is new: about one start in two hundred ended in a segmentation fault in `getenv`.
 * A variable that is there is replaced where it stands.
 */
const SET_BY_CHROMIUM = { FC_FONTATIONS: '1', DBUS_SESSION_BUS_ADDRESS: 'disabled:' };

/**
 * Starts a browser that shows and sounds like `person`.
 * @param {'chromium' | 'firefox'} kind
 * @param {import('./people.mjs').Person} person
 * @param {{ autoplay?: 'allowed' | 'own', deny?: boolean, tcpOnly?: boolean, viewport?: object, unknownCertificate?: boolean,
 *   permissions?: 'given' | 'asked',
 *   network?: import('./network.mjs').Network, origins?: string[] }} [options] `autoplay: 'own'` leaves the
 *   browser's own policy in force; `unknownCertificate` has somebody press past the browser's warning; `deny` refuses camera and microphone; `tcpOnly` takes the server's UDP candidates away;
 *   `permissions: 'asked'` leaves them to the test (Chromium only);
 *   `network` is one of its own (Chromium only); `origins` are taken for secure though they aren't localhost
 */
export async function launch(kind, person, options = {}) {
  if (options.network && kind !== 'chromium') throw new Error(`${kind} can't be driven from another network`);
  const folder = mkdtempSync(join(tmpdir(), 'incamera-e2e-'));
  const browser = kind === 'chromium'
    ? await chromium(person, folder, options)
    : await firefox(folder, options);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    // Firefox takes five seconds to close by itself.
    const gone = new Promise((resolve) => browser.process().once('exit', resolve));
    browser.process().kill('SIGKILL');
    await gone;
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A child of the browser still writes there; the folder of the whole run goes in the end.
    }
  };
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  await page.setViewport(options.viewport ?? VIEWPORT);
  const messages = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message ?? error}`));
  await page.evaluateOnNewDocument(recordPeers, { tcpOnly: options.tcpOnly ?? false });
  await page.evaluateOnNewDocument(recordSockets);
  if (kind === 'chromium') await page.evaluateOnNewDocument(withoutVoiceProcessing);
  else if (!options.deny) await page.evaluateOnNewDocument(fakeDevices, fakeDevicesOf(person));
  return { kind, person, browser, page, messages, close };
}

async function chromium(person, folder, options) {
  const { autoplay = 'allowed', deny = false, permissions = 'given', network, origins = [], unknownCertificate = false } = options;
  const card = join(folder, 'card.y4m');
  const tone = join(folder, 'tone.wav');
  if (person.figure) writeFigure(card, person.figure);
  else writeCard(card, person.colours);
  writeTone(tone, person.tone);
  return puppeteer.launch({
    executablePath: network ? network.wrapper(folder, '/usr/bin/chromium') : '/usr/bin/chromium',
    // Its debugging port would be in its own network.
    pipe: network !== undefined,
    env: { ...process.env, ...SET_BY_CHROMIUM },
    headless: true,
    acceptInsecureCerts: unknownCertificate,
    userDataDir: join(folder, 'profile'),
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${card}`,
      `--use-file-for-fake-audio-capture=${tone}`,
      '--auto-select-desktop-capture-source=Entire screen',
      ...(deny ? ['--deny-permission-prompts'] : []),
      ...(!deny && permissions === 'given' ? ['--use-fake-ui-for-media-stream'] : []),
      ...(origins.length > 0 ? [`--unsafely-treat-insecure-origin-as-secure=${origins.join(',')}`] : []),
      ...(autoplay === 'allowed' ? ['--autoplay-policy=no-user-gesture-required'] : []),
    ],
  });
}

async function firefox(folder, { autoplay = 'allowed', deny = false, origins = [], unknownCertificate = false }) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    acceptInsecureCerts: unknownCertificate,
    userDataDir: join(folder, 'profile'),
    extraPrefsFirefox: {
      // There may be no sound card, and without one an AudioContext never starts.
      'media.cubeb.force_mock_context': true,
      // A fake camera needs permission too, or Firefox would find none where there is none.
      'media.navigator.streams.fake': true,
      'media.navigator.permission.fake': deny,
      'media.navigator.permission.disabled': !deny,
      ...(deny ? { 'permissions.default.camera': 2, 'permissions.default.microphone': 2 } : {}),
      ...(autoplay === 'allowed' ? { 'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0 } : {}),
      'dom.securecontext.allowlist': origins.map((origin) => new URL(origin).hostname).join(','),
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      // Nothing of the browser's own business.
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'toolkit.telemetry.enabled': false,
      'app.normandy.enabled': false,
      'services.settings.server': 'data:,#',
      'network.trr.mode': 5,
    },
  });
}
