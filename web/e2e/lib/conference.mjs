// What people do in a conference, and what they then see and hear.

import assert from 'node:assert/strict';

import { launch } from './browser.mjs';
import { heard, pictures, seen, tones } from './measure.mjs';
import { Network } from './network.mjs';
import { Native, Server } from './server.mjs';
import { until } from './until.mjs';

/** Where a test id stands. */
export const id = (name) => `[data-testid="${name}"]`;

/** A server and the participants of one test; `close` ends them all. */
export class Conference {
  #people = [];
  #natives = [];
  #networks = [];

  static async open(options) {
    const conference = new Conference();
    conference.server = await Server.start(options);
    return conference;
  }

  async person(kind, person, options) {
    const urls = [this.server.url, ...Object.values(this.server.webs)];
    const origins = urls.filter((url) => new URL(url).hostname !== 'localhost');
    const participant = new Participant(await launch(kind, person, { origins, ...options }));
    this.#people.push(participant);
    return participant;
  }

  /** A network for one person's browser; the server has to be `open` for it. */
  async network() {
    const network = await Network.open();
    this.#networks.push(network);
    return network;
  }

  native(link, name, seconds) {
    const native = new Native(link, name, seconds);
    this.#natives.push(native);
    return native;
  }

  /** A native participant that only listens. */
  listener(link, name) {
    return this.native(link, name, undefined);
  }

  async close() {
    const ends = [...this.#people, ...this.#natives].map((one) => one.close?.() ?? one.stop());
    await Promise.allSettled(ends);
    for (const network of this.#networks) network.close();
    await this.server.stop();
  }

  /** What each page printed and the server said: for the message of a failure. */
  trace() {
    const pages = this.#people.map(({ messages, person }) => `${person.name}:\n  ${messages.slice(-30).join('\n  ')}`);
    return [...pages, `server:\n  ${this.server.errors.slice(-30).join('\n  ')}`].join('\n');
  }
}

/** Runs `body` with a conference, and shows what was printed if it fails. */
export async function inConference(options, body) {
  const conference = await Conference.open(options);
  try {
    await body(conference);
  } catch (error) {
    console.error(conference.trace());
    throw error;
  } finally {
    await conference.close();
  }
}

export class Participant {
  constructor({ kind, person, browser, page, messages, close }) {
    Object.assign(this, { kind, person, browser, page, messages, close });
  }

  state() {
    return this.page.evaluate(() => document.documentElement.dataset.state);
  }

  async reach(state) {
    await until(`${this.person.name}'s page to be ${state}`, async () => (await this.state()) === state, {
      seen: () => this.describe(),
    });
  }

  /** The page's state and what it says, for messages. */
  async describe() {
    const words = await this.page.evaluate(() => document.body.innerText.slice(0, 600));
    return `${await this.state()}: ${words}`;
  }

  async click(name) {
    // What is found may be drawn anew or moved, by what comes from others, before it is pressed.
    await until(`${name} to be pressed`, async () => {
      const button = await this.page.waitForSelector(`${id(name)}:not([disabled])`);
      const press = await this.page.evaluateHandle(watchPress, id(name));
      try {
        await button.click();
      } catch (error) {
        if (!/detached/.test(error.message)) throw error;
      }
      // A page that has gone elsewhere has no answer: it was pressed.
      return press.evaluate((seen) => seen.end()).catch(() => true);
    });
  }

  async type(name, words) {
    const field = await this.page.waitForSelector(id(name));
    await field.type(words);
  }

  /** Makes an open conversation, goes in, and returns the invitation. */
  async propose(origin, title) {
    await this.page.goto(`${origin}/`);
    await this.reach('home');
    await this.click('open-conversation');
    await this.type('title', title);
    await this.type('name', this.person.name);
    await this.click('propose');
    await this.reach('prejoin');
    const link = await this.page.$eval(id('link'), (field) => field.value ?? field.textContent);
    await this.enter();
    return link;
  }

  /** Opens an invitation and goes in. */
  async accept(link) {
    await this.page.goto(link);
    await this.reach('prejoin');
    await this.type('name', this.person.name);
    await this.enter();
  }

  async enter() {
    await until(`${this.person.name}'s own picture`, async () => seen(this.person.colours, await pictures(this.page)), {
      seen: () => this.describe(),
    });
    await this.click('enter');
    await this.reach('seated');
  }

  /** The tiles: `{ name, kind, own, picture }`, the colours as `pictures` names them. */
  async tiles() {
    const tiles = await this.page.$$eval(id('tile'), (all) =>
      all.map((tile, index) => {
        tile.dataset.e2e = String(index);
        return { name: tile.querySelector('.name bdi')?.textContent ?? '', kind: tile.dataset.kind, index };
      }));
    for (const tile of tiles) [tile.picture] = await pictures(this.page, `[data-e2e="${tile.index}"] video`);
    return tiles;
  }

  /** Waits until another's camera is seen under the other's name, and the tone heard. */
  async seesAndHears(person, { ms = 30_000 } = {}) {
    const shows = (tile) => tile.name === person.name && tile.kind === 'camera' && seen(person.colours, [tile.picture ?? []]);
    await until(`${this.person.name} to see ${person.name}`, async () => (await this.tiles()).some(shows), {
      ms, seen: async () => JSON.stringify(await this.tiles()),
    });
    await this.hears(person, { ms });
    await this.decodesMore();
  }

  async hears(person, { ms = 30_000 } = {}) {
    await until(`${this.person.name} to hear ${person.name}`, async () => heard(person.tone, await tones(this.page)), {
      ms, seen: () => tones(this.page),
    });
  }

  /** The page's statistics of one kind, over all its peer connections that are open. */
  stats(type) {
    return this.page.evaluate(async (wanted) => {
      const open = globalThis.e2ePeers.filter((peer) => peer.connectionState !== 'closed');
      const reports = await Promise.all(open.map((peer) => peer.getStats()));
      return reports.flatMap((report) => [...report.values()].filter((entry) => entry.type === wanted)
        .map((entry) => JSON.parse(JSON.stringify(entry))));
    }, type);
  }

  /** What the pictures that are received are coded with, such as `video/VP9`. */
  async videoCodecs() {
    const [inbound, codecs] = [await this.stats('inbound-rtp'), await this.stats('codec')];
    const shown = inbound.filter(({ kind, framesDecoded }) => kind === 'video' && framesDecoded > 0);
    return shown.map(({ codecId }) => codecs.find(({ id: one }) => one === codecId)?.mimeType);
  }

  /** Frames decoded so far, of all received video. */
  async framesDecoded() {
    const inbound = await this.stats('inbound-rtp');
    return inbound.filter(({ kind }) => kind === 'video').reduce((sum, { framesDecoded }) => sum + (framesDecoded ?? 0), 0);
  }

  /** Packets received so far, of all media. */
  async packetsReceived() {
    const inbound = await this.stats('inbound-rtp');
    return inbound.reduce((sum, { packetsReceived }) => sum + (packetsReceived ?? 0), 0);
  }

  /** Which of the server's connections is the page's. */
  connection() {
    return this.page.evaluate(() => globalThis.e2eConnection);
  }

  async decodesMore() {
    const before = await this.framesDecoded();
    await until(`${this.person.name} to decode more frames`, async () => (await this.framesDecoded()) > before + 5);
  }

  /** The protocol of the candidate pair in use: `udp` or `tcp`. */
  async protocol() {
    const pairs = await this.stats('candidate-pair');
    const transports = await this.stats('transport');
    const chosen = transports.map(({ selectedCandidatePairId }) => selectedCandidatePairId).filter(Boolean);
    const pair = pairs.find((one) => chosen.includes(one.id)) ?? pairs.find(({ selected, nominated }) => selected ?? nominated);
    if (!pair) return undefined;
    const locals = await this.stats('local-candidate');
    return locals.find((one) => one.id === pair.localCandidateId)?.protocol;
  }

  async say(words) {
    if (!(await this.page.$(id('chat-input')))) await this.click('toggle-chat');
    await this.type('chat-input', words);
    await this.page.keyboard.press('Enter');
  }

  async reads(words, from) {
    if (!(await this.page.$(id('messages')))) await this.click('toggle-chat');
    await until(`${this.person.name} to read "${words}"`, async () => {
      const text = await this.page.$eval(id('messages'), (list) => list.textContent);
      return text.includes(words) && text.includes(from.name);
    }, { seen: () => this.describe() });
  }

  async leave() {
    await this.click('leave');
    await this.reach('left');
  }
}

/**
 * In the page: watches whether what is meant is pressed, rather than what stood there a moment ago. A finger's press
 * arrives some time after the browser has taken it.
 */
function watchPress(selector) {
  let see;
  const pressed = new Promise((done) => {
    see = ({ target }) => target.closest(selector) && done(true);
    addEventListener('click', see, { capture: true });
  });
  return {
    async end() {
      const late = new Promise((done) => setTimeout(() => done(false), 2000));
      const was = await Promise.race([pressed, late]);
      removeEventListener('click', see, { capture: true });
      return was;
    },
  };
}

/** Chats both ways. */
export async function chat(one, other) {
  await one.say(`Good morning, says ${one.person.name}`);
  await other.reads(`Good morning, says ${one.person.name}`, one.person);
  await other.say(`And to you, says ${other.person.name}`);
  await one.reads(`And to you, says ${other.person.name}`, other.person);
}

/** Says that a watched picture didn't stand still for longer than `ms`. */
export async function assertNoFreeze(watch, who, ms = 3000) {
  const { frames, longestGapMs } = await watch.read();
  assert.ok(frames > 0, `${who}: no frame at all`);
  assert.ok(longestGapMs < ms, `${who}: a picture stood still for ${Math.round(longestGapMs)} ms`);
}
