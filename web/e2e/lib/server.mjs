// The server under test: the binary that people run, or the one with a wiretap.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { Impair } from './impair.mjs';
import { until } from './until.mjs';

/** A path that `cargo xtask test browsers` sets. */
function path(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests by \`cargo xtask test browsers\``);
  return value;
}

/** Where media is served, and where the proxy stands before it: both are set by `cargo xtask test browsers`. */
const MEDIA_ADDRESS = process.env.INCAMERA_E2E_ADDRESS ?? '127.0.0.1';
const PROXY_ADDRESS = process.env.INCAMERA_E2E_PROXY ?? '127.0.0.2';

/** Lines that a process printed, at most the last thousand. */
function keepLines(stream, lines) {
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 1000) lines.shift();
  });
}

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'incamera-data-'));
  #copy = `${this.#folder}.backup`;
  #child;
  #args;
  #program;
  #listen;
  #open;
  #lan;
  #demo;
  /** @type {string[]} what it printed on standard output, and on standard error */
  lines = [];
  errors = [];
  /** @type {string} such as `http://localhost:41234`; the proxy's if there is one */
  url;
  /** @type {Impair | undefined} the proxy, with the relays of `webs`, `media` (UDP) and `media-tcp` */
  impair;
  /** @type {Record<string, string>} the origin of the page by each relay to it */
  webs = {};

  /**
   * Starts the server on free ports and waits for its ready line.
   * @param {{ wiretap?: boolean, demo?: boolean, token?: boolean, args?: string[], open?: boolean, lan?: boolean, impair?: boolean | { seed?: number, webs?: string[] } }}
   *   [options] with `demo` it is `incamera demo`, whose links are in `lines`; with `token` proposing needs the operator's token; with `open` the page isn't served on localhost, so that browsers in networks of their own reach it; with
   *   `lan` it is served for a house network, on the addresses and ports that `--lan` takes by itself; with
   *   `impair` the page, its WebSocket and media, UDP and TCP, are reached only through a proxy; `webs` names relays to the
   *   page, so that each person may have one that can be cut alone
   */
  static async start({ wiretap = false, demo = false, token = false, args = [], open = false, lan = false, impair = false } = {}) {
    const server = new Server();
    server.#program = wiretap ? path('INCAMERA_TEST_SERVER') : path('INCAMERA_BINARY');
    server.#open = open;
    server.#lan = lan;
    server.#demo = demo;
    server.#args = wiretap ? args : demo ? ['demo', ...args] : ['serve', ...(token ? [] : ['--open']), ...(lan ? ['--lan'] : []), ...args];
    if (impair) {
      const { seed, webs = ['web'] } = Object(impair);
      if (wiretap) throw new Error('the server with a wiretap stands behind no proxy');
      await server.#runBehind(Impair.start({ seed }), webs);
    } else if (open) await server.#run(`${MEDIA_ADDRESS}:0`, `${MEDIA_ADDRESS}:0`);
    else await server.#run('127.0.0.1:0', '0.0.0.0:0');
    return server;
  }

  /** The page's origins are the proxy's, and so is the only address that media candidates name. */
  async #runBehind(impair, webs) {
    this.impair = impair;
    for (const relay of webs) {
      const listen = await impair.tcp(relay, this.#open ? `${PROXY_ADDRESS}:0` : '127.0.0.1:0');
      this.webs[relay] = this.#open ? `http://${listen}` : `http://localhost:${listen.split(':').at(-1)}`;
      this.#args.push('--origin', this.webs[relay]);
    }
    this.#args.push('--advertise', PROXY_ADDRESS);
    await this.#run('127.0.0.1:0', `${MEDIA_ADDRESS}:0`);
    for (const relay of webs) await impair.target(relay, this.#listen);
    this.url = this.webs[webs[0]];
    const listen = `${PROXY_ADDRESS}:${this.media.split(':').at(-1)}`;
    await impair.udp('media', listen, this.media);
    await impair.tcp('media-tcp', listen, this.media);
  }

  async #run(listen, media) {
    const addresses = this.#lan ? [] : ['--listen', listen, '--media', media];
    const args = [...this.#args, ...addresses, ...(this.#demo ? [] : ['--data', this.#folder])];
    const child = spawn(this.#program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    keepLines(child.stdout, this.lines);
    keepLines(child.stderr, this.errors);
    const ready = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('incamera ready ')) resolve(line);
      });
      child.once('exit', (code) => reject(new Error(`the server stopped with ${code}: ${this.errors.join('\n')}`)));
    });
    let url;
    [, , url, , this.media] = ready.split(' ');
    const { hostname, port } = new URL(url);
    this.#listen = `${hostname.replace('localhost', '127.0.0.1')}:${port}`;
    // Behind a proxy the page's origin is the proxy's.
    if (!this.impair) this.url = url;
  }

  /** What the wiretap's standard input is told. */
  tell(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /** How often the wiretap's server carried out an attack so far. */
  async count(attack) {
    const line = (one) => one.startsWith(`counted ${attack} `);
    const known = this.lines.filter(line).length;
    this.tell(`count ${attack}`);
    await until('a count', () => this.lines.filter(line).length > known);
    return Number(this.lines.findLast(line).split(' ').at(-1));
  }

  /** Waits until the wiretap's server carried out an attack so many times more. */
  async carriesOut(attack, times) {
    const before = await this.count(attack);
    await until(`${attack}, ${times} times more`, async () => (await this.count(attack)) >= before + times);
  }

  /** Starts it again on the same ports and data, after `end`. */
  async again() {
    await this.#run(this.#listen, this.media);
  }

  /** Stops it as an operator would, and starts it again on the same ports and data. */
  async restart() {
    await this.end('SIGTERM');
    await this.again();
  }

  /** Backs it up while it runs, into a file beside its data. */
  async backup() {
    await promisify(execFile)(path('INCAMERA_BINARY'), ['backup', this.#copy, '--data', this.#folder]);
  }

  /** Puts the backup in the place of its data, after `end`. */
  async restore() {
    await promisify(execFile)(path('INCAMERA_BINARY'), ['restore', this.#copy, '--data', this.#folder, '--replace']);
    rmSync(this.#copy);
  }

  /** Ends it by a signal: SIGTERM as an operator would, SIGKILL as a crash. */
  async end(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }

  async stop() {
    await this.end('SIGKILL');
    await this.impair?.stop();
    for (const place of [this.#folder, this.#copy]) rmSync(place, { recursive: true, force: true });
  }
}

/** `incamera join`: a native participant with its test card and tone. */
export class Native {
  #child;
  #folder = mkdtempSync(join(tmpdir(), 'incamera-join-'));
  #errors = [];

  /** Sends for some seconds, or with `seconds` left out only listens until it is stopped. */
  constructor(link, name, seconds) {
    this.report = join(this.#folder, 'report.json');
    const args = ['join', link, '--name', name];
    if (seconds !== undefined) {
      args.push('--video', 'synthetic', '--audio', 'synthetic');
      args.push('--seconds', String(seconds), '--report', this.report);
    }
    this.#child = spawn(path('INCAMERA_BINARY'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    keepLines(this.#child.stderr, this.#errors);
  }

  /** Waits for its end; its report is then in `report`. */
  async done() {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    if (this.#child.exitCode !== 0) throw new Error(`incamera join: ${this.#errors.join('\n')}`);
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
