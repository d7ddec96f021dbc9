// Runs in a page: a talk between delegations among sessions of the product's own module, in one page and without a
// network, each call of a session timed. As `crates/sim/src/gathering.rs`, which says the same natively.

import init, { TalkSession, proposeTalk } from './pkg/incamera_e2ee_wasm.js';

const PATIENCE_MS = 10_000;

/** What it costs in a room of so many people: medians of some rounds, times in milliseconds. */
export async function measure(people, rounds) {
  await init({ module_or_path: new URL('pkg/incamera_e2ee_wasm_bg.wasm', import.meta.url) });
  const room = new Gathering();
  room.weigh();
  const guests = room.admit(people - 2);
  const members = [...room.people];
  const together = room.cost(guests.length > 0 ? room.heads : members, guests);
  const costs = { admit: [], rekey: [], remove: [] };
  for (let round = 0; round < rounds; round += 1) {
    room.weigh();
    const [newcomer] = room.admit(1);
    costs.admit.push(room.cost(members, [newcomer]));
    for (let turn = 0; turn < 2; turn += 1) {
      room.weigh();
      room.decide({ is: room.heads[0].talk.locked ? 'unlock' : 'lock' });
      costs.rekey.push(room.cost(members, []));
    }
    room.weigh();
    room.eject(newcomer);
    costs.remove.push(room.cost(members, []));
  }
  const medians = Object.entries(costs).map(([what, all]) => [what, typical(all)]);
  return { people, rounds, seated: room.seated.length, together, ...Object.fromEntries(medians) };
}

class Gathering {
  log = new Map();
  people = [];
  seated = [];
  now = 1_000_000;

  constructor() {
    const proposed = JSON.parse(proposeTalk('Fisheries', 'North', 'Ada', seed()));
    this.id = proposed.talk;
    this.log.set('record', [proposed.record]);
    const one = this.add(0, true, { secret: proposed.secret });
    const other = this.add(1, false, { fragment: proposed.fragment });
    this.heads = [one, other];
    this.press(other, { type: 'claim', delegation: 'South', person: 'Bo' });
    this.press(one, { type: 'countersign' });
    for (const head of this.heads) {
      this.press(head, { type: 'compared', same: true });
      this.press(head, { type: 'enter' });
      this.seated.push(head);
      this.settle();
      this.press(head, { type: 'invite', role: 'delegate', hint: null, expiry: 0, automatic: false });
    }
  }

  /** People of both sides ask at once, and enter together, let in by one press of each head. */
  admit(count) {
    const guests = [];
    for (let index = 0; index < count; index += 1) {
      const side = this.people.length % 2;
      const guest = this.add(side, true, { fragment: this.heads[side].invited });
      this.press(guest, { type: 'ask', person: `Guest ${this.people.length}` });
      guests.push(guest);
    }
    for (const head of this.heads) {
      const seats = head.talk.lobby.filter(({ state }) => state === 'asks').map(({ id }) => id);
      if (seats.length > 0) this.press(head, { type: 'vouch', seats });
    }
    for (const head of this.heads) {
      const seats = head.talk.waiting.map(({ id }) => id);
      if (seats.length > 0) this.press(head, { type: 'approve', seats });
    }
    for (const guest of guests) {
      this.press(guest, { type: 'enter' });
      this.seated.push(guest);
    }
    this.settle();
    return guests;
  }

  eject(guest) {
    this.seated = this.seated.filter((one) => one !== guest);
    this.decide({ is: 'eject', seat: guest.talk.own.id });
  }

  /** Both heads agree, and the room follows. */
  decide(act) {
    const before = this.heads[0].room.epoch;
    this.press(this.heads[0], { type: 'propose_act', act });
    this.press(this.heads[1], { type: 'consent', act: this.heads[1].talk.acts[0].id });
    this.settle(before);
  }

  weigh() {
    for (const one of this.people) one.spent = { committing: 0, following: 0, around: 0 };
  }

  cost(members, newcomers) {
    const apart = members.filter(({ spent }) => spent.committing === 0);
    const of = (people, what) => median(people.map(({ spent }) => spent[what]));
    return {
      commit_ms: members.reduce((sum, { spent }) => sum + spent.committing, 0),
      member_ms: of(apart, 'following'),
      newcomer_ms: of(newcomers, 'following'),
      around_ms: of(apart, 'around'),
      head_around_ms: of(this.heads, 'around'),
    };
  }

  add(group, claimed, { secret, fragment }) {
    const session = new TalkSession(this.id, secret, fragment, this.now, 1_790_000_000_000, seed());
    const one = { session, group, reads: new Map(), spent: { committing: 0, following: 0, around: 0 } };
    this.people.push(one);
    this.call(one, undefined, { type: 'connected', group, claimed });
    this.run();
    return one;
  }

  press(one, command) {
    this.call(one, undefined, command);
    this.run();
  }

  /** One call with everything that it gives, timed; `stream` is of what it is handed. */
  call(one, stream, message) {
    const input = JSON.stringify(message);
    const outputs = [];
    const start = performance.now();
    one.session.input(this.now, input);
    for (let output = one.session.output(); output !== undefined; output = one.session.output()) outputs.push(output);
    const took = performance.now() - start;
    const parsed = outputs.map((output) => JSON.parse(output));
    const commits = parsed.some(({ type, stream: to }) => type === 'append' && isCommits(to));
    one.spent[commits ? 'committing' : isCommits(stream) ? 'following' : 'around'] += took;
    for (const output of parsed) this.carryOut(one, output);
  }

  carryOut(one, { type, stream, request, expected, entry, from, event }) {
    const entries = this.log.get(stream) ?? [];
    if (type === 'append' && expected !== null && expected !== entries.length) {
      this.call(one, undefined, { type: 'conflict', request, next: entries.length });
    } else if (type === 'append') {
      this.log.set(stream, [...entries, entry]);
      this.call(one, undefined, { type: 'appended', request, position: entries.length });
    } else if (type === 'subscribe') {
      one.reads.set(stream, from);
      if (from >= entries.length) this.call(one, stream, { type: 'entries', stream, entries: [], caught_up: true });
    } else if (event?.type === 'talk') one.talk = event.talk;
    else if (event?.type === 'view') one.room = event.view;
    else if (event?.type === 'invited') one.invited = event.fragment;
    else if (event?.type === 'register') {
      this.call(one, undefined, { type: 'registered' });
      this.call(one, undefined, { type: 'disconnected' });
      one.reads.clear();
      this.call(one, undefined, { type: 'connected', group: one.group, claimed: true });
    }
  }

  /** Delivers until nothing moves. */
  run() {
    let any = true;
    while (any) {
      any = false;
      for (const one of this.people) any = this.deliver(one) || any;
    }
  }

  deliver(one) {
    for (const [stream, position] of one.reads) {
      const entries = this.log.get(stream) ?? [];
      if (position < entries.length) {
        one.reads.set(stream, position + 1);
        const caught_up = position + 1 === entries.length;
        this.call(one, stream, { type: 'entries', stream, entries: [{ position, entry: entries[position] }], caught_up });
        return true;
      }
    }
    return false;
  }

  /** Lets time pass until whoever is to sit does, in one epoch after this one. */
  settle(before = -1) {
    const end = this.now + PATIENCE_MS;
    this.run();
    const agree = () => this.seated.every(({ room }) =>
      room?.state.is === 'seated' && room.people.length === this.seated.length && room.epoch === this.seated[0].room.epoch
      && room.epoch > before);
    while (!agree()) {
      let [at, next] = [Infinity, undefined];
      for (const one of this.people) if ((one.session.timeout() ?? Infinity) < at) [at, next] = [one.session.timeout(), one];
      if (at > end) throw new Error('nobody gets further');
      this.now = Math.max(this.now, at);
      this.call(next, undefined, { type: 'timeout' });
      this.run();
    }
  }
}

const isCommits = (stream) => stream?.startsWith('c/') ?? false;

const seed = () => crypto.getRandomValues(new Uint8Array(32));

/** The upper of two in the middle; null of none. */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function typical(costs) {
  return Object.fromEntries(Object.keys(costs[0]).map((what) => [what, median(costs.map((cost) => cost[what]))]));
}
