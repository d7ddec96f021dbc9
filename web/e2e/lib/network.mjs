// A network of one browser's own, with two ways out: as a phone has Wi-Fi and mobile data. Changing from one to the other
// really takes the address away.

import { execFile, spawn } from 'node:child_process';
import { chmodSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { until } from './until.mjs';

const run = promisify(execFile);
/** The ways out: the name of the interface, and the first two numbers of its addresses. */
const WAYS = { wifi: '10.78', mobile: '10.79' };
let opened = 0;

export class Network {
  #holder;
  #number;

  /** Makes the network, with Wi-Fi. */
  static async open() {
    const network = new Network();
    opened += 1;
    network.#number = opened;
    // The namespace lasts as long as a process is in it.
    network.#holder = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' });
    await until('a network namespace', () => namespace(network.#holder.pid) !== namespace('self'));
    await network.#inside('ip', 'link', 'set', 'lo', 'up');
    for (const [name, prefix] of Object.entries(WAYS)) {
      const outside = `${name}${network.#number}`;
      await run('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', name, 'netns', String(network.#holder.pid)]);
      await run('ip', ['address', 'add', `${prefix}.${network.#number}.1/24`, 'dev', outside]);
      await run('ip', ['link', 'set', outside, 'up']);
    }
    await network.up('wifi');
    return network;
  }

  /** The browser's address on a way out. */
  address(way) {
    return `${WAYS[way]}.${this.#number}.2`;
  }

  /** Connects a way out. @param {keyof typeof WAYS} way */
  async up(way) {
    await this.#inside('ip', 'address', 'add', `${this.address(way)}/24`, 'dev', way);
    await this.#inside('ip', 'link', 'set', way, 'up');
    await this.#inside('ip', 'route', 'add', 'default', 'via', `${WAYS[way]}.${this.#number}.1`, 'dev', way);
  }

  /** Disconnects it: its address and route are gone. @param {keyof typeof WAYS} way */
  async down(way) {
    await this.#inside('ip', 'address', 'flush', 'dev', way);
    await this.#inside('ip', 'link', 'set', way, 'down');
  }

  /** A program that starts another in this network; written into `folder`. */
  wrapper(folder, program) {
    const path = join(folder, 'in-network');
    writeFileSync(path, `#!/bin/sh\nexec nsenter --net=/proc/${this.#holder.pid}/ns/net -- ${program} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  close() {
    this.#holder.kill('SIGKILL');
  }

  #inside(program, ...args) {
    return run('nsenter', [`--net=/proc/${this.#holder.pid}/ns/net`, '--', program, ...args]);
  }
}

function namespace(pid) {
  return readlinkSync(`/proc/${pid}/ns/net`);
}
