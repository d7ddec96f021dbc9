// The server under test: the binary that people run, or the one with a wiretap.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A path that `cargo xtask test browsers` sets. */
function path(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests by \`cargo xtask test browsers\``);
  return value;
}

/** Lines that a process printed, at most the last thousand. */
function keepLines(stream, lines) {
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 1000) lines.shift();
  });
}

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'incamera-data-'));
  #child;
  #args;
  #program;
  /** @type {string[]} what it printed on standard output, and on standard error */
  lines = [];
  errors = [];
  /** @type {string} such as `http://localhost:41234` */
  url;

  /** Starts the server on free ports and waits for its ready line. */
  static async start({ wiretap = false, args = [] } = {}) {
    const server = new Server();
    server.#program = wiretap ? path('INCAMERA_TEST_SERVER') : path('INCAMERA_BINARY');
    server.#args = wiretap ? args : ['serve', ...args];
    await server.#run('127.0.0.1:0', '0.0.0.0:0');
    return server;
  }

  async #run(listen, media) {
    const args = [...this.#args, '--listen', listen, '--media', media, '--data', this.#folder];
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
    [, , this.url, , this.media] = ready.split(' ');
  }

  /** What the wiretap's standard input is told. */
  tell(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Stops it as an operator would, and starts it again on the same ports and data. */
  async restart() {
    const listen = `127.0.0.1:${new URL(this.url).port}`;
    const { media } = this;
    await this.#end('SIGTERM');
    await this.#run(listen, media);
  }

  async #end(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }

  async stop() {
    await this.#end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
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
