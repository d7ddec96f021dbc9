/** The pages of a talk between delegations: the talk, the threshold, the room, and back. */
import type { E2ee } from '../e2ee/client';
import type { TalkView } from '../e2ee/talk-messages';
import type { Devices } from '../media/devices';
import type { WakeCause } from '../signalling/socket';
import { text } from '../text';
import type { Refusal } from '../wire/Refusal';
import type { RegisterGroup } from '../wire/RegisterGroup';
import type { AppParts, Page } from './app';
import { device, DeviceMemory } from './device-memory';
import { actor, stand, waitsIn } from './life';
import type { Remembered } from './link';
import { Network } from './network';
import { FieldProblem, Prejoin } from './prejoin';
import { Room } from './room';
import { WITHIN_TALK } from './room-parts';
import { calledItem } from './turns';
import { Talk, type TalkParts } from './talk';

/** As many as the first page says of one talk. */
const MAX_NEXT = 3;

export interface VisitParts extends Omit<AppParts, 'e2ee'> {
  e2ee: E2ee;
  remembered: Remembered;
  /** What is known of the link: a seat's leads to the threshold at once. */
  link: 'claim' | 'seat' | undefined;
  remember(remembered: Remembered): void;
  show(page: Page): void;
  turnedAway(reason: Refusal): void;
}

export class Visit {
  readonly talk: Talk;
  #remembered: Remembered;
  #room: Room | undefined;
  #network: Network | undefined;
  #devices: Devices | undefined;
  #stopKeeping: (() => void) | undefined;
  readonly #deviceMemory: DeviceMemory;
  /** The person went back from the threshold, and stays there. */
  #backed = false;
  /** The person is on their way into the room: it opens by itself as soon as they have a seat. */
  #goesIn: boolean;
  /** Where to: a team's room, or the plenary. */
  #place: string | undefined;

  constructor(private readonly parts: VisitParts) {
    const { remembered, memory, e2ee, place } = parts;
    this.#remembered = remembered;
    this.#goesIn = remembered.inside === true;
    this.#place = remembered.room;
    this.#deviceMemory = new DeviceMemory(memory);
    const { talk, fragment, secret } = remembered;
    this.talk = new Talk({
      signalling: (hooks) => parts.signalling(hooks),
      e2ee,
      opening: {
        talk,
        origin: place.origin,
        ...(secret === undefined ? {} : { secret }),
        ...(fragment === '' ? {} : { fragment }),
      },
      claim: memory.known(talk)?.claim,
      title: memory.known(talk)?.title,
      backup: memory.known(talk)?.backup,
      unsent: { read: () => memory.unsent(talk), write: (list) => memory.keepUnsent(talk, list) },
      ...(parts.alone && { alone: () => parts.alone!(talk) }),
      demonstration: remembered.demonstration ?? false,
      registerGroup: (id: string, group: number, keys: RegisterGroup) => parts.registerGroup(id, group, keys),
      publishReadout: (id, group, handed) => parts.publishReadout(id, group, handed),
      readPublished: (id) => parts.readPublished(id),
      persist: () => parts.persist(),
      kept: (change) => this.#keep(change),
      turnedAway: (reason) => {
        this.#letGo();
        this.#room?.stop(text.room.refused[reason] ?? text.room.broken);
        this.talk.stop();
        parts.turnedAway(reason);
      },
    });
  }

  start(): void {
    const { link } = this.parts;
    this.talk.view.subscribe((view) => view && this.#viewChanged(view));
    this.talk.line.connection.subscribe(() => {
      const view = this.talk.view.get();
      if (view) this.#viewChanged(view);
    });
    this.talk.life.subscribe(() => this.#keepStand());
    this.talk.failure.subscribe((failure) => {
      if (failure !== undefined && this.#devices) this.#backToTalk();
    });
    this.talk.start();
    // Who has a seat to ask for begins with their name.
    if (link === 'seat' && this.#remembered.secret === undefined && !this.#devices) this.toThreshold();
    else if (!this.#devices) this.#showTalk();
  }

  /** To the devices, and to the name where it isn't in a seat yet; `room` is a team's. */
  toThreshold(room?: string): void {
    this.#place = room;
    const { parts, talk } = this;
    const { memory } = parts;
    const devices = parts.devices();
    const preferred = memory.preferences();
    devices.prefer(preferred);
    this.#devices = devices;
    const network = new Network(
      { ...parts, signalling: (hooks) => talk.line.signalling(hooks), prove: () => Promise.reject(new Error('not here')) },
      { ready: () => void this.#askForDevices(devices), refused: (reason) => reason === 'version' && parts.turnedAway(reason) },
    );
    this.#network = network;
    const own = talk.view.get()?.own;
    const seated = own?.seat === 'ready';
    const prejoin = new Prejoin({
      devices,
      network,
      invitation: undefined,
      name: own?.name ?? this.#remembered.name ?? preferred.name ?? '',
      purpose: seated ? 'seated' : 'ask',
      talk,
      back: () => this.#backToTalk(),
      named: (named) => memory.prefer({ name: named }),
      enter: (chosen) => (seated ? this.#enter() : this.#ask(chosen)),
    });
    this.parts.show({ name: 'prejoin', prejoin });
    network.start();
  }

  async leave(): Promise<void> {
    const room = this.#room;
    if (!room) return;
    this.#goesIn = false;
    this.#remember({ ...this.#remembered, inside: false });
    await room.leave();
    this.#room = undefined;
    this.talk.tellIn(undefined);
    this.#showTalk();
  }

  wake(cause: WakeCause): void {
    this.talk.wake(cause);
    this.#room?.wake(cause);
  }

  #viewChanged(view: TalkView): void {
    this.#keepStand();
    const room = this.#room;
    if (room && !room.closed) {
      const why = stopReason(view);
      if (why !== undefined) room.stop(why);
      return;
    }
    // On the threshold of a talk that can't go on: its page says why.
    if (this.#devices && stopReason(view) !== undefined) return this.#backToTalk();
    if (this.#isNew(view)) return this.toThreshold();
    if (this.#goesIn && this.#isThere(view) && view.own.seat === 'ready' && !this.#network && stopReason(view) === undefined) {
      const devices = this.parts.devices();
      devices.prefer(this.parts.memory.preferences());
      this.#devices = devices;
      // What was chosen is read before the room begins to keep what is.
      void this.#deviceMemory.restore(devices);
      void this.#enter();
    }
  }

  /** Whether one may go where one is on the way to. */
  #isThere({ rooms }: TalkView): boolean {
    return this.#place === undefined || rooms.some(({ id, ready }) => id === this.#place && ready);
  }

  /** Whether somebody came by a seat's link or code and hasn't asked for the seat yet. */
  #isNew({ stage, own }: TalkView): boolean {
    const connection = this.talk.line.connection.get();
    // A code is of a claim while nobody has that place.
    const place = connection.name === 'ready' && connection.claimed;
    const free = !own.head && own.seat === 'none' && (stage === 'loading' || stage === 'founded');
    return place && free && !this.#devices && !this.#goesIn && !this.#backed;
  }

  async #ask(name: string): Promise<void> {
    if (name === '') throw new FieldProblem('name', text.prejoin.noName);
    this.#goesIn = true;
    this.#remember({ ...this.#remembered, name, inside: true });
    this.talk.ask(name);
    this.#letGo();
    this.#showTalk();
  }

  async #enter(): Promise<void> {
    const { parts, talk } = this;
    const devices = this.#devices!;
    this.#stopKeeping?.();
    this.#network?.stop();
    this.#network = undefined;
    this.#devices = undefined;
    this.#goesIn = true;
    const { room: _, ...before } = this.#remembered;
    this.#remember({ ...before, inside: true, ...(this.#place !== undefined && { room: this.#place }) });
    const { line } = talk;
    const room = new Room(WITHIN_TALK, {
      ...parts,
      e2ee: line.forRoom(),
      signalling: (hooks) => line.signalling(hooks),
      devices,
      origin: parts.place.origin,
      room: this.#place,
    });
    this.#room = room;
    // The agenda is the plenary's.
    if (this.#place === undefined) talk.life.subscribe((life) => room.closed || room.turns.follow(calledItem(life), parts.today()));
    devices.state.subscribe((state) => {
      if (room.closed) return;
      const { microphone, camera } = state;
      this.#remember({ ...this.#remembered, microphone: device(microphone), camera: device(camera) });
      this.#deviceMemory.keep(state);
    });
    talk.tellIn(room.notices);
    room.enter();
    parts.show({ name: 'room', room, invitation: undefined, talk });
  }

  async #askForDevices(devices: Devices): Promise<void> {
    await this.#deviceMemory.ask(devices);
    if (this.#devices !== devices) return devices.releaseAll();
    this.#stopKeeping = devices.state.subscribe((state) => this.#deviceMemory.keep(state));
  }

  #backToTalk(): void {
    this.#backed = true;
    this.#letGo();
    this.#showTalk();
  }

  /** Away from the threshold: nothing is filmed while one waits. */
  #letGo(): void {
    this.#stopKeeping?.();
    this.#stopKeeping = undefined;
    this.#network?.stop();
    this.#network = undefined;
    this.#devices?.releaseAll();
    this.#devices = undefined;
  }

  #showTalk(): void {
    this.parts.show({ name: 'talk', talk: this.talk, enter: (room) => this.toThreshold(room) });
  }

  #keep(change: Parameters<TalkParts['kept']>[0]): void {
    const { talk, fragment } = this.#remembered;
    const { memory, today } = this.parts;
    if (change.secret !== undefined) this.#remember({ ...this.#remembered, kind: 'delegations', secret: change.secret });
    const title = memory.known(talk)?.title ?? '';
    memory.keep({ talk, fragment, title, kind: 'delegations', at: today(), ...change });
    if (change.secret !== undefined && memory.known(talk)?.secret !== change.secret) {
      this.talk.notices.tell(text.home.cantKeep);
    }
  }

  /** For the first page: how far the talk is, and what waits. */
  #keepStand(): void {
    const view = this.talk.view.get();
    const { memory, today } = this.parts;
    const known = memory.known(this.#remembered.talk);
    // Nothing is known yet, or nothing of it is kept here.
    if (!view || view.stage === 'loading' || !known) return;
    const life = this.talk.life.get();
    const now = stand(view, life);
    const next = life ? waitsIn(life, actor(view), today()).slice(0, MAX_NEXT) : [];
    if (known.stand === now && JSON.stringify(known.next) === JSON.stringify(next)) return;
    memory.keep({ ...known, stand: now, next });
  }

  #remember(remembered: Remembered): void {
    this.#remembered = remembered;
    this.parts.remember(remembered);
  }
}

/** Why nothing may be sent in the room any more, for people. */
export function stopReason(view: TalkView): string | undefined {
  const t = text.talk.stop;
  if (view.mismatch) return t.mismatch;
  if (view.stage === 'broken') return view.broken === null ? t.record : text.talk.broken[view.broken];
  if (view.ended) return t.ended;
  return undefined;
}
