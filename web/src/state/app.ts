/** Which page there is, and what leads from one to the next. */
import type { E2ee } from '../e2ee/client';
import type { Devices } from '../media/devices';
import { Cell } from './cell';
import { type Place, type Remembered, arrive, linkOf, remember } from './link';
import { Prejoin, tidy } from './prejoin';
import { Room, type RoomParts } from './room';
import { text } from './text';

export type Page =
  | { name: 'home' }
  | { name: 'prejoin'; prejoin: Prejoin }
  | { name: 'room'; room: Room; invitation: string }
  | { name: 'left' }
  | { name: 'broken' }
  | { name: 'unsupported'; insecure: boolean };

/** For whoever waits on it from outside; stands in `<html data-state>`. */
export type Phase =
  | 'home'
  | 'prejoin'
  | 'joining'
  | 'seated'
  | 'stopped'
  | 'left'
  | 'broken'
  | 'unsupported';

export interface AppParts extends Omit<RoomParts, 'e2ee' | 'devices' | 'origin'> {
  place: Place;
  /** A new worker; each entering has its own. */
  e2ee(): E2ee;
  devices(): Devices;
  createTalk(talk: { talk: string; access: string[]; record: string }): Promise<void>;
  supported(): 'yes' | 'no' | 'insecure';
}

export interface Proposal {
  title: string;
  name: string;
}

export class App {
  readonly page: Cell<Page>;
  readonly phase = new Cell<Phase>('home');
  #remembered: Remembered | undefined;
  #e2ee: E2ee | undefined;
  #stopPhase: (() => void) | undefined;

  constructor(private readonly parts: AppParts) {
    this.page = new Cell<Page>({ name: 'home' });
    const supported = parts.supported();
    const arrival = arrive(parts.place);
    if (supported !== 'yes') {
      this.#show({ name: 'unsupported', insecure: supported === 'insecure' });
    } else if (arrival.name === 'talk') {
      this.#remembered = arrival.remembered;
      this.#resume(arrival.remembered);
    } else {
      this.#show({ name: arrival.name });
    }
  }

  /** Makes a talk and goes to its threshold. Rejects with a sentence for people. */
  async propose({ title, name }: Proposal): Promise<void> {
    const made = await this.#worker().call({ name: 'propose', title: tidy(title) });
    const { talk, fragment } = made;
    await this.parts.createTalk({ talk, access: [made.access], record: made.record });
    this.#remember({ talk, fragment, name: tidy(name) });
    this.parts.place.replace(`/t/${talk}`);
    this.#showPrejoin(linkOf(this.parts.place, talk, fragment));
  }

  async leave(): Promise<void> {
    const page = this.page.get();
    if (page.name !== 'room') return;
    this.#remember({ ...this.#remembered!, inside: false });
    await page.room.leave();
    this.#e2ee = undefined;
    this.#show({ name: 'left' });
  }

  enterAgain(): void {
    if (this.#remembered) this.#showPrejoin(undefined);
  }

  wake(): void {
    const page = this.page.get();
    if (page.name === 'room') page.room.wake();
  }

  #resume(remembered: Remembered): void {
    const { inside, seat, name } = remembered;
    if (inside && seat !== undefined && name !== undefined) {
      const devices = this.parts.devices();
      devices.prefer(remembered);
      this.#enter(devices, seat);
      void devices.restore(remembered);
    } else {
      void this.#checkLink(remembered);
    }
  }

  /** A link that can't be read is told before anyone is asked for a camera. */
  async #checkLink({ talk, fragment }: Remembered): Promise<void> {
    try {
      await this.#worker().call({ name: 'accessKey', talk, fragment });
      this.#showPrejoin(undefined);
    } catch {
      this.#show({ name: 'broken' });
    }
  }

  #showPrejoin(invitation: string | undefined): void {
    const devices = this.parts.devices();
    const { name = '' } = this.#remembered ?? {};
    const prejoin = new Prejoin(devices, invitation, name, async (chosen) => {
      if (chosen === '') throw new Error(text.prejoin.noName);
      await this.#takeSeat(chosen, devices);
    });
    this.#show({ name: 'prejoin', prejoin });
  }

  async #takeSeat(name: string, devices: Devices): Promise<void> {
    const remembered = this.#remembered!;
    const seat =
      remembered.seat !== undefined && remembered.name === name
        ? remembered.seat
        : await this.#worker().call({ name: 'newSeat', person: name });
    this.#remember({ ...remembered, name, seat, inside: true });
    this.#enter(devices, seat);
  }

  #enter(devices: Devices, seat: string): void {
    const { talk, fragment } = this.#remembered!;
    const { parts } = this;
    const room = new Room(
      { talk, fragment, seat },
      { ...parts, e2ee: this.#worker(), devices, origin: parts.place.origin },
    );
    devices.state.subscribe(({ microphone, camera }) => {
      if (room.closed) return;
      this.#remember({
        ...this.#remembered!,
        microphone: device(microphone),
        camera: device(camera),
      });
    });
    room.enter();
    this.#show({ name: 'room', room, invitation: linkOf(parts.place, talk, fragment) });
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

function device({ on, deviceId }: { on: boolean; deviceId: string | undefined }) {
  return deviceId === undefined ? { on } : { on, deviceId };
}
