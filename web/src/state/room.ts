/** The room as a person sees it, and what they can do in it. */
import type { E2ee } from '../e2ee/client';
import {
  KINDS,
  type Kind,
  type OwnerChange,
  type SessionEvent,
  type SessionNotice,
  type View,
} from '../e2ee/messages';
import type { Devices } from '../media/devices';
import {
  FIRST_OFFER_REQUEST,
  type MediaHooks,
  type MediaSlot,
  type MediaState,
} from '../media/session';
import type { ConnectionState, SignallingHooks } from '../signalling/socket';
import type { ClientMessage } from '../wire/ClientMessage';
import type { ServerMessage } from '../wire/ServerMessage';
import { Cell } from './cell';
import { Chat, MAX_CHAT_LENGTH } from './chat';
import { SlotBook } from './slots';
import { text } from './text';
import { type Stage, stage } from './tiles';
import { watchList } from './watch';

export interface Ticket {
  talk: string;
  fragment: string;
  seat: string;
}

/** The parts that touch the outside; tests bring their own. */
export interface RoomParts {
  e2ee: E2ee;
  devices: Devices;
  signalling(hooks: Pick<SignallingHooks, 'prove' | 'state' | 'message'>): SignallingPart;
  media(hooks: MediaHooks, e2ee: E2ee): MediaPart;
  origin: string;
  now(): number;
}

export interface SignallingPart {
  start(): void;
  stop(): void;
  send(message: ClientMessage): boolean;
  sendText(text: string): boolean;
  wake(): void;
}

export interface MediaPart {
  start(room: string): void;
  pause(): void;
  stop(): void;
  setTracks(tracks: Readonly<Record<Kind, MediaStreamTrack | undefined>>): void;
  handle(message: ServerMessage): void;
  sendKeyFrame(): void;
  stats(): Promise<RTCStatsReport> | undefined;
}

/** A line that is read out and shown for a while. */
export interface Notice {
  id: number;
  text: string;
}

const TICK_MS = 250;
const NOTICE_MS = 6_000;
const MAX_NOTICES = 3;
/** How long leaving may take to be told to the others. */
const LEAVE_MS = 1_500;
const SPEAKING_LEVEL = 0.02;
const SPEAKING_HOLD_MS = 700;

export class Room {
  readonly view = new Cell<View | undefined>(undefined);
  readonly connection = new Cell<ConnectionState>({ name: 'connecting', attempt: 0 });
  readonly media = new Cell<MediaState>('off');
  readonly stage = new Cell<Stage>({ screens: [], people: [] });
  readonly slots = new Cell<readonly MediaSlot[]>([]);
  /** Leaves that are heard right now. */
  readonly speaking = new Cell<ReadonlySet<number>>(new Set());
  readonly notices = new Cell<readonly Notice[]>([]);
  /** Why nothing goes on without the person's help. */
  readonly failure = new Cell<string | undefined>(undefined);
  readonly chat = new Chat();
  readonly devices: Devices;
  /** Whether it is over; the devices were let go then, which isn't the person's choice. */
  closed = false;

  readonly #e2ee: E2ee;
  readonly #signalling: SignallingPart;
  readonly #media: MediaPart;
  readonly #book = new SlotBook();
  readonly #heardAt = new Map<number, number>();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #unsubscribe: (() => void) | undefined;
  #accessKey: Promise<string> | undefined;
  #mediaConnection: number | undefined;
  #announced: Partial<Record<Kind, boolean>> = {};
  #watching = false;
  #lastNotice = 0;

  constructor(
    private readonly ticket: Ticket,
    private readonly parts: RoomParts,
  ) {
    this.devices = parts.devices;
    this.#e2ee = parts.e2ee;
    this.#signalling = parts.signalling({
      prove: (nonce) => this.#prove(nonce),
      state: (state) => this.#connectionChanged(state),
      message: (message, text) => this.#receive(message, text),
    });
    const media: MediaHooks = {
      send: (message) => this.#signalling.send(message),
      state: (state) => this.media.set(state),
      slots: (slots) => this.#slotsChanged(slots),
      refused: (detail) => this.#notice(detail),
    };
    this.#media = parts.media(media, parts.e2ee);
  }

  enter(): void {
    const { talk, fragment, seat } = this.ticket;
    this.#e2ee.listen({
      send: (json) => void this.#signalling.sendText(json),
      event: (event) => this.#sessionEvent(event),
      owner: (change) => this.#ownerChanged(change),
      refused: (error) => this.#notice(error),
      broken: () => this.#fail(text.room.broken),
    });
    this.#e2ee.open(talk, fragment, seat);
    // What was wrong with a device was told on the threshold.
    this.devices.dismiss('microphone', 'camera', 'screen');
    this.#unsubscribe = this.devices.tracks.subscribe((tracks) => {
      this.#media.setTracks(tracks);
      this.#announce();
      this.#restage();
    });
    this.#signalling.start();
    this.#timers.push(setInterval(() => this.#tick(), TICK_MS));
  }

  /** Tells the others, lets go of the devices, and is done when both happened. */
  async leave(): Promise<void> {
    const seated = this.view.get()?.state.is === 'seated' && !this.closed;
    this.closed = true;
    this.devices.releaseAll();
    if (seated) {
      const told = new Promise<void>((resolve) => {
        const stop = this.view.subscribe((view) => {
          if (view?.state.is === 'left') resolve();
        });
        setTimeout(() => (stop(), resolve()), LEAVE_MS);
      });
      this.#command({ type: 'leave' });
      await told;
    }
    this.#close();
  }

  /** `false` if it could not be sent: it is too long, or nobody can read it now. */
  say(words: string): boolean {
    const trimmed = words.trim();
    if (trimmed === '') return true;
    if (trimmed.length > MAX_CHAT_LENGTH || this.view.get()?.state.is !== 'seated') return false;
    this.#command({ type: 'chat', text: trimmed });
    return true;
  }

  /** The network or the page woke up. */
  wake(): void {
    this.#signalling.wake();
  }

  /** The screen shows this frame of the slot. */
  presented(slot: number, rtpTimestamp: number | undefined): void {
    if (this.#book.presented(slot, rtpTimestamp, this.parts.now())) this.#restage();
  }

  stats(): Promise<RTCStatsReport> | undefined {
    return this.#media.stats();
  }

  async #prove(nonce: string): Promise<{ key: string; signature: string }> {
    const { talk, fragment } = this.ticket;
    this.#accessKey ??= this.#e2ee.call({ name: 'accessKey', talk, fragment });
    const { origin } = this.parts;
    const [key, signature] = await Promise.all([
      this.#accessKey,
      this.#e2ee.call({ name: 'sign', talk, fragment, origin, nonce }),
    ]);
    return { key, signature };
  }

  #connectionChanged(state: ConnectionState): void {
    const wasReady = this.connection.get().name === 'ready';
    this.connection.set(state);
    if (state.name === 'ready') {
      this.#command({ type: 'connected' });
      this.#startMedia();
    } else if (wasReady) {
      this.#command({ type: 'disconnected' });
      this.#mediaConnection = undefined;
      this.#media.pause();
    }
    if (state.name === 'refused') this.#fail(text.room.refused[state.reason] ?? state.detail);
  }

  #receive(message: ServerMessage, raw: string): void {
    switch (message.type) {
      case 'entries':
      case 'published':
      case 'appended':
      case 'conflict':
        this.#e2ee.input(raw);
        break;
      case 'refused':
        if (message.request === null || message.request < FIRST_OFFER_REQUEST) {
          this.#e2ee.input(raw);
        } else {
          this.#media.handle(message);
        }
        break;
      case 'slots': {
        const sources = watchList(message.sources, this.slots.get(), this.#watching);
        if (sources) this.#watching = this.#signalling.send({ type: 'watch', sources });
        break;
      }
      case 'answer':
      case 'media_closed':
        this.#media.handle(message);
        break;
    }
  }

  #sessionEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'view':
        this.#viewChanged(event.view);
        break;
      case 'chat': {
        const { leaf, name, text: words, own } = event;
        this.chat.add({ leaf, name, text: words, own });
        if (!own && !this.chat.state.get().open) this.#notice(text.chat.from(name, words));
        break;
      }
      case 'send_key_frame':
        this.#media.sendKeyFrame();
        break;
      case 'notice':
        this.#notice(noticeText(event.notice));
        break;
    }
  }

  #viewChanged(view: View): void {
    const before = this.view.get();
    this.view.set(view);
    this.#forgetChangedLeaves(before, view);
    if (view.state.is === 'seated') {
      if (before?.state.is !== 'seated') this.#announced = {};
      this.#announce();
      this.#startMedia();
    } else if (view.state.is === 'stopped') {
      this.#mediaConnection = undefined;
      this.#media.stop();
      this.closed = true;
      this.devices.releaseAll();
    }
    this.#restage();
  }

  #forgetChangedLeaves(before: View | undefined, view: View): void {
    const names = new Map(view.people.map(({ leaf, name }) => [leaf, name]));
    for (const { leaf, name } of before?.people ?? []) {
      if (names.get(leaf) !== name) this.#book.forgetLeaf(leaf);
    }
  }

  #startMedia(): void {
    const view = this.view.get();
    const connection = this.connection.get();
    if (view?.state.is !== 'seated' || view.room === null || connection.name !== 'ready') return;
    // The server's half belongs to the connection: a new one needs a new offer.
    if (this.#mediaConnection === connection.connection) return;
    this.#mediaConnection = connection.connection;
    this.#media.start(view.room);
  }

  #announce(): void {
    if (this.view.get()?.state.is !== 'seated') return;
    const tracks = this.devices.tracks.get();
    for (const kind of KINDS) {
      const on = tracks[kind] !== undefined;
      if (this.#announced[kind] === on) continue;
      this.#announced[kind] = on;
      this.#command({ type: 'sending', kind, on });
    }
  }

  #slotsChanged(slots: readonly MediaSlot[]): void {
    this.#book.reset(slots);
    this.#watching = false;
    this.slots.set(slots);
    this.#restage();
  }

  #ownerChanged(change: OwnerChange): void {
    this.#book.ownerChanged(change);
    this.#restage();
    // The page redraws before the next task; only then may the next person's frames go on.
    setTimeout(() => this.#e2ee.cleared(change.slot, change.turn), 0);
  }

  #restage(): void {
    const tracks = this.devices.tracks.get();
    const own = {
      microphone: tracks.microphone !== undefined,
      camera: tracks.camera !== undefined,
      screen: tracks.screen !== undefined,
    };
    const now = this.parts.now();
    const next = stage(this.view.get(), own, (leaf, kind, announced) =>
      this.#book.shown({ leaf, kind }, announced, now),
    );
    if (JSON.stringify(next) !== JSON.stringify(this.stage.get())) this.stage.set(next);
  }

  #tick(): void {
    this.#restage();
    this.#listenForSpeakers();
  }

  #listenForSpeakers(): void {
    const now = this.parts.now();
    for (const { slot, media, receiver } of this.slots.get()) {
      if (media !== 'audio') continue;
      const leaf = this.#book.leafOf(slot);
      const level = receiver.getSynchronizationSources()[0]?.audioLevel ?? 0;
      if (leaf !== undefined && level > SPEAKING_LEVEL) this.#heardAt.set(leaf, now);
    }
    const speaking = new Set<number>();
    for (const [leaf, at] of this.#heardAt) {
      if (now - at < SPEAKING_HOLD_MS) speaking.add(leaf);
      else this.#heardAt.delete(leaf);
    }
    const before = this.speaking.get();
    if (before.size !== speaking.size || [...speaking].some((leaf) => !before.has(leaf))) {
      this.speaking.set(speaking);
    }
  }

  #notice(line: string): void {
    const id = (this.#lastNotice += 1);
    this.notices.update((notices) => [...notices, { id, text: line }].slice(-MAX_NOTICES));
    setTimeout(
      () => this.notices.update((notices) => notices.filter((notice) => notice.id !== id)),
      NOTICE_MS,
    );
  }

  #command(command: object): void {
    this.#e2ee.input(JSON.stringify(command));
  }

  #fail(reason: string): void {
    this.failure.set(reason);
    this.#close();
  }

  #close(): void {
    this.closed = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#unsubscribe?.();
    this.devices.releaseAll();
    this.#signalling.stop();
    this.#media.stop();
    this.#e2ee.close();
  }
}

function noticeText(notice: SessionNotice): string {
  // The catalogue has a text for each code; TypeScript can't tie the two unions together.
  const say = text.notices[notice.code] as (notice: SessionNotice) => string;
  return say(notice);
}
