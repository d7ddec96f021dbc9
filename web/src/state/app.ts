/** Which page there is, and what leads from one to the next. */
import type { E2ee } from '../e2ee/client';
import type { Invitation as ReadInvitation } from '../e2ee/messages';
import type { Devices } from '../media/devices';
import { text } from '../text';
import type { Refusal } from '../wire/Refusal';
import type { RegisterGroup } from '../wire/RegisterGroup';
import type { WakeCause } from '../signalling/socket';
import { Cell } from './cell';
import { device, DeviceMemory } from './device-memory';
import { Home, type HomeParts, type Opening, problemCode } from './home';
import { type Place, type Remembered, arrive, linkOf, remember } from './link';
import { forgetful, Memory } from './memory';
import { Network, type NetworkParts } from './network';
import { FieldProblem, type Invitation, Prejoin } from './prejoin';
import { proof } from './proof';
import { Room } from './room';
import { PublishedPage } from './published';
import type { PublishingCalls } from './publishing';
import type { RoomParts } from './room-parts';
import type { Talk } from './talk';
import { Visit } from './visit';

/** Why a talk can't be opened. */
export type Trouble = keyof typeof text.trouble;

export type Page =
  | { name: 'home'; home: Home }
  /** The invitation is being read. */
  | { name: 'opening' }
  /** What stands in a talk between delegations, and what comes next. */
  | { name: 'talk'; talk: Talk; enter: (room?: string) => void }
  | { name: 'prejoin'; prejoin: Prejoin }
  /** `invitation` of an open conversation, `talk` of one between delegations. */
  | { name: 'room'; room: Room; invitation: Invitation | undefined; talk?: Talk }
  | { name: 'left' }
  /** A readout at an address of its own. */
  | { name: 'published'; published: PublishedPage }
  | { name: 'broken'; why: Trouble }
  | { name: 'unsupported'; insecure: boolean };

/** For whoever waits on it from outside; stands in `<html data-state>`. */
export type Phase =
  | 'home'
  | 'opening'
  | 'talk'
  | 'prejoin'
  | 'joining'
  | 'seated'
  | 'stopped'
  | 'left'
  | 'published'
  | 'broken'
  | 'unsupported';

export interface AppParts
  extends Omit<RoomParts, 'e2ee' | 'devices' | 'origin'>,
    Pick<NetworkParts, 'probe'>,
    PublishingCalls,
    Pick<
      HomeParts,
      'memory' | 'serverInfo' | 'createTalk' | 'destroyTalk' | 'findGroup' | 'persist' | 'today' | 'version'
    > {
  place: Place;
  /** Tells the server the keys of a delegation's group. */
  registerGroup(talk: string, group: number, keys: RegisterGroup): Promise<void>;
  /** Whether this page is the only one of this device that has the talk open, so far. */
  alone?(talk: string): Promise<boolean>;
  /** A new worker; each entering has its own. */
  e2ee(): E2ee;
  devices(): Devices;
  supported(): 'yes' | 'no' | 'insecure';
}

/** What the server's refusal means on the threshold. */
const TROUBLES: Partial<Record<Refusal, Trouble>> = {
  access: 'unknown',
  gone: 'gone',
  full: 'full',
  version: 'version',
  origin: 'origin',
};

export class App {
  readonly page: Cell<Page>;
  readonly phase = new Cell<Phase>('opening');
  #remembered: Remembered | undefined;
  #code = '';
  #e2ee: E2ee | undefined;
  #stopPhase: (() => void) | undefined;
  #stopPreferring: (() => void) | undefined;
  #visit: Visit | undefined;
  readonly #deviceMemory: DeviceMemory;

  constructor(private readonly parts: AppParts) {
    this.page = new Cell<Page>({ name: 'opening' });
    const supported = parts.supported();
    this.#deviceMemory = new DeviceMemory(parts.memory);
    const arrival = arrive(parts.place, (talk) => this.#seatedIn(talk));
    if (arrival.name === 'home' && arrival.operator !== undefined) {
      parts.memory.setOperator(arrival.operator);
    }
    if (arrival.name === 'readout') {
      // It needs neither camera nor keys.
      const { readPublished } = parts;
      const published = new PublishedPage({ id: arrival.id, e2ee: this.#worker(), readPublished });
      this.#show({ name: 'published', published });
      void published.load();
    } else if (supported !== 'yes') {
      this.#show({ name: 'unsupported', insecure: supported === 'insecure' });
    } else if (arrival.name === 'talk') {
      this.#remembered = arrival.remembered;
      void this.#resume(arrival.remembered);
    } else if (arrival.name === 'demonstration') {
      void this.#demonstrate(arrival.remembered);
    } else if (arrival.name === 'broken') {
      this.#show({ name: 'broken', why: arrival.why });
    } else {
      this.#showHome();
    }
  }

  async leave(): Promise<void> {
    const page = this.page.get();
    if (page.name !== 'room') return;
    if (this.#visit) return this.#visit.leave();
    this.#remember({ ...this.#remembered!, inside: false });
    await page.room.leave();
    this.#e2ee = undefined;
    this.#show({ name: 'left' });
  }

  enterAgain(): void {
    if (this.#remembered) this.#showPrejoin();
  }

  wake(cause: WakeCause): void {
    const page = this.page.get();
    if (this.#visit) return this.#visit.wake(cause);
    if (page.name === 'room') page.room.wake(cause);
    if (page.name === 'prejoin') page.prejoin.network.wake(cause);
  }

  #showHome(): void {
    const { parts } = this;
    const home = new Home({
      ...parts,
      origin: parts.place.origin,
      e2ee: () => this.#worker(),
      open: (opening, code) => this.#open(opening, code),
      otherVersion: () => this.#show({ name: 'broken', why: 'version' }),
    });
    this.#show({ name: 'home', home });
  }

  /** `code` comes with a talk that was proposed here. */
  #open(opening: Opening, code: string | undefined): void {
    this.#remember(opening);
    this.parts.place.replace(`/t/${opening.talk}`);
    if (code === undefined) {
      void this.#resume(opening);
    } else {
      this.#code = code;
      this.#showPrejoin();
    }
  }

  /** An invitation that can't be read is told before anything is asked. */
  async #resume(remembered: Remembered): Promise<void> {
    const { talk, inside, seat, name } = remembered;
    if (remembered.secret !== undefined) return this.#startVisit(remembered, undefined);
    this.#show({ name: 'opening' });
    const back = inside && seat !== undefined && name !== undefined;
    try {
      const invitation = await this.#read(remembered);
      if (invitation.kind === 'claim' || invitation.kind === 'seat') {
        if (invitation.talk !== talk) return this.#show({ name: 'broken', why: 'mistyped' });
        return this.#startVisit(remembered, invitation.kind);
      }
      if (remembered.kind === 'delegations') return this.#startVisit(remembered, undefined);
      // The talk is part of the secret: an address that names another one was put together wrongly.
      if (invitation.talk !== talk) return this.#show({ name: 'broken', why: 'mistyped' });
      this.#code = invitation.code;
    } catch (error) {
      return this.#show({ name: 'broken', why: problemCode(error) });
    }
    if (!back) return this.#showPrejoin();
    const devices = this.parts.devices();
    devices.prefer({ ...this.parts.memory.preferences(), ...remembered });
    this.#enter(devices, seat);
    void devices.restore(remembered);
  }

  /** Keys that a link brought are taken where they are nobody's: a real talk's would be somebody else's. */
  async #demonstrate(remembered: Remembered): Promise<void> {
    const info = await this.parts.serverInfo().catch(() => undefined);
    if (!info?.demonstration) return this.#show({ name: 'broken', why: 'no_demonstration' });
    this.#remember(remembered);
    this.#startVisit(remembered, undefined);
  }

  /** A link's secret part is read with its address, a code as it is. */
  #read({ talk, fragment, kind }: Remembered): Promise<ReadInvitation> {
    const isCode = kind === 'delegations' && !fragment.includes('.');
    const words = isCode ? fragment : linkOf(this.parts.place, talk, fragment);
    return this.#worker().call({ name: 'readInvitation', text: words });
  }

  /** What this device keeps of a talk in which somebody has a seat here. */
  #seatedIn(talk: string): Remembered | undefined {
    const known = this.parts.memory.known(talk);
    if (known?.secret === undefined) return undefined;
    const { fragment, secret } = known;
    return { talk, kind: 'delegations', fragment, secret };
  }

  #startVisit(remembered: Remembered, link: 'claim' | 'seat' | undefined): void {
    const { parts } = this;
    // What everybody with the link has isn't this device's to keep.
    const memory = remembered.demonstration ? new Memory(forgetful()) : parts.memory;
    const known = memory.known(remembered.talk);
    // A head's keys come before any link that is opened beside them, and another tab may have gone
    // further with them than this one remembers.
    const latest = known?.head ? { ...remembered, ...this.#seatedIn(remembered.talk) } : remembered;
    this.#visit = new Visit({
      ...parts,
      memory,
      e2ee: this.#worker(),
      remembered: { ...latest, kind: 'delegations' },
      link,
      remember: (now) => this.#remember(now),
      show: (page) => this.#show(page),
      turnedAway: (reason) => {
        this.#visit = undefined;
        this.#e2ee = undefined;
        if (reason === 'gone') memory.forget(remembered.talk);
        this.#show({ name: 'broken', why: TROUBLES[reason] ?? 'unknown' });
      },
    });
    this.#visit.start();
  }

  /** Whoever made the talk on this device invites; a guest passes on what they were sent. */
  #invitation(): Invitation | undefined {
    const { talk, fragment } = this.#remembered!;
    const mine = this.parts.memory.talks().some((one) => one.talk === talk && one.control !== undefined);
    return mine ? { link: linkOf(this.parts.place, talk, fragment), code: this.#code } : undefined;
  }

  #showPrejoin(): void {
    const { memory } = this.parts;
    const devices = this.parts.devices();
    const { talk, fragment, name } = this.#remembered!;
    const preferred = memory.preferences();
    const network: Network = new Network(
      { ...this.parts, prove: (nonce) => proof(this.#worker(), { talk, fragment }, this.parts.place.origin, nonce) },
      {
        ready: () => void this.#askForDevices(devices),
        refused: (reason) => this.#turnedAway(network, devices, reason),
      },
    );
    devices.prefer(preferred);
    const prejoin = new Prejoin({
      devices,
      network,
      invitation: this.#invitation(),
      name: name ?? preferred.name ?? '',
      named: (named) => memory.prefer({ name: named }),
      enter: async (chosen) => {
        if (chosen === '') throw new FieldProblem('name', text.prejoin.noName);
        await this.#takeSeat(chosen, devices, network);
      },
    });
    this.#show({ name: 'prejoin', prejoin });
    network.start();
  }

  async #askForDevices(devices: Devices): Promise<void> {
    await this.#deviceMemory.ask(devices);
    if (this.page.get().name !== 'prejoin') return;
    this.#stopPreferring = devices.state.subscribe((state) => this.#deviceMemory.keep(state));
  }

  #turnedAway(network: Network, devices: Devices, reason: Refusal): void {
    network.stop();
    this.#stopPreferring?.();
    devices.releaseAll();
    if (reason === 'gone') this.parts.memory.forget(this.#remembered!.talk);
    this.#show({ name: 'broken', why: TROUBLES[reason] ?? 'unknown' });
  }

  async #takeSeat(name: string, devices: Devices, network: Network): Promise<void> {
    const remembered = this.#remembered!;
    const seat =
      remembered.seat !== undefined && remembered.name === name
        ? remembered.seat
        : await this.#worker().call({ name: 'newSeat', person: name });
    this.#remember({ ...remembered, name, seat, inside: true });
    // The threshold's connection goes first, so that one person never needs two.
    network.stop();
    this.#enter(devices, seat);
  }

  #enter(devices: Devices, seat: string): void {
    const { talk, fragment } = this.#remembered!;
    const { parts } = this;
    this.#stopPreferring?.();
    const room = new Room(
      { talk, fragment, seat },
      { ...parts, e2ee: this.#worker(), devices, origin: parts.place.origin },
    );
    devices.state.subscribe((state) => {
      if (room.closed) return;
      const { microphone, camera } = state;
      this.#remember({
        ...this.#remembered!,
        microphone: device(microphone),
        camera: device(camera),
      });
      this.#deviceMemory.keep(state);
    });
    room.connection.subscribe((state) => {
      if (state.name === 'refused' && state.reason === 'gone') parts.memory.forget(talk);
    });
    room.enter();
    const invitation = { link: linkOf(parts.place, talk, fragment), code: this.#code };
    this.#show({ name: 'room', room, invitation });
    this.#keepTitle(room, { talk, fragment });
  }

  /** The title is known inside only; it is kept on this device and nowhere else. */
  #keepTitle(room: Room, opened: { talk: string; fragment: string }): void {
    const stop = room.view.subscribe((view) => {
      if (view?.state.is !== 'seated' || view.title === null) return;
      this.parts.memory.keep({ ...opened, title: view.title, at: this.parts.today() });
      queueMicrotask(() => stop());
    });
  }

  #worker(): E2ee {
    return (this.#e2ee ??= this.parts.e2ee());
  }

  #remember(remembered: Remembered): void {
    this.#remembered = remembered;
    remember(this.parts.place, remembered);
  }

  #show(page: Page): void {
    this.#stopPhase?.();
    this.#stopPhase = undefined;
    this.page.set(page);
    if (page.name !== 'room') {
      this.phase.set(page.name);
      return;
    }
    const stops = [
      page.room.view.subscribe(() => this.phase.set(roomPhase(page.room))),
      page.room.failure.subscribe(() => this.phase.set(roomPhase(page.room))),
    ];
    this.#stopPhase = () => stops.forEach((stop) => stop());
  }
}

function roomPhase(room: Room): Phase {
  if (room.failure.get() !== undefined) return 'stopped';
  return room.view.get()?.state.is ?? 'joining';
}
