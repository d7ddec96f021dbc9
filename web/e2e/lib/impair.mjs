// A bad network between browsers and the server: relays of `incamera-impair`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * @typedef {object} Profile what a line does in one direction; what is left out does nothing
 * @property {boolean} [cut] nothing passes: datagrams are lost, streams wait
 * @property {number} [delay_ms]
 * @property {number} [jitter_ms]
 * @property {boolean} [keep_order] true if left out
 * @property {number} [loss] from 0 to 1
 * @property {number} [burst] how many are lost in a row, on average
 * @property {number} [duplicate] from 0 to 1
 * @property {number} [reorder] from 0 to 1
 * @property {number} [reorder_ms]
 * @property {number} [rate_kbps]
 * @property {number} [queue_bytes]
 */

/**
 * @typedef {object} Where which lines are meant; what is left out means all
 * @property {string} [relay] such as `media`
 * @property {{ ip?: string, port?: number }} [client]
 * @property {'up' | 'down'} [direction] `up` is towards the server
 */

/** The proxy. Every command is answered in the order given. */
export class Impair {
  #child;
  #waiting = [];

  /** Starts it; the same seed does the same to the same packets. */
  static start({ seed = 1 } = {}) {
    const impair = new Impair();
    const program = process.env.INCAMERA_IMPAIR;
    if (!program) throw new Error('INCAMERA_IMPAIR is not set: run the browser tests by `cargo xtask test browsers`');
    impair.#child = spawn(program, ['--seed', String(seed)], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: impair.#child.stdout }).on('line', (line) => {
      const { ok, error } = JSON.parse(line);
      const { resolve, reject } = impair.#waiting.shift();
      if (error) reject(new Error(`impair: ${error}`));
      else resolve(ok);
    });
    impair.#child.once('exit', () => {
      for (const { reject } of impair.#waiting.splice(0)) reject(new Error('impair: it ended'));
    });
    return impair;
  }

  /** Says one command, as `crates/impair/src/command.rs` has them. */
  tell(command) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }

  /** Opens a relay of connections; returns its address, such as `127.0.0.1:41234`. */
  async tcp(relay, listen, to) {
    return (await this.tell({ do: 'tcp', relay, listen, to })).listen;
  }

  /** Opens a relay of datagrams. */
  async udp(relay, listen, to) {
    return (await this.tell({ do: 'udp', relay, listen, to })).listen;
  }

  /** Where a relay leads from now on. */
  target(relay, to) {
    return this.tell({ do: 'target', relay, to });
  }

  /** @param {Profile} profile @param {Where} [where] */
  set(profile, where = {}) {
    return this.tell({ do: 'set', ...where, profile });
  }

  /** Lets nothing pass. @param {Where} [where] */
  cut(where = {}) {
    return this.tell({ do: 'cut', ...where, cut: true });
  }

  /** Lets everything pass again. @param {Where} [where] */
  mend(where = {}) {
    return this.tell({ do: 'cut', ...where, cut: false });
  }

  /** Does nothing to anybody any more. */
  clear(relay) {
    return this.tell({ do: 'clear', relay });
  }

  /** Resets TCP connections (RST); returns how many. @param {Where} [where] */
  async reset({ relay, client } = {}) {
    return (await this.tell({ do: 'reset', relay, client })).met;
  }

  /** UDP clients come from another port, or `from` another address, from now on; returns how many. @param {Where & { from?: string }} [where] */
  async readdress({ relay, client, from } = {}) {
    return (await this.tell({ do: 'readdress', relay, client, from })).met;
  }

  /** The clients of a relay with what became of their packets. */
  async clients(relay) {
    return (await this.tell({ do: 'clients', relay })).clients;
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await gone;
  }
}
