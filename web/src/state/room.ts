/** The room as a person sees it, and what they can do in it. */
import type { E2ee } from '../e2ee/client';
import { type Command, KINDS, type Kind, type SessionEvent, type View } from '../e2ee/messages';
import type { Devices } from '../media/devices';
import { FIRST_OFFER_REQUEST, type MediaHooks, type MediaSlot, type MediaState } from '../media/session';
import type { ConnectionState, WakeCause } from '../signalling/socket';
import type { ServerMessage } from '../wire/ServerMessage';
import { Cell } from './cell';
import { Chat, MAX_CHAT_LENGTH } from './chat';
import { ChoiceBook } from './choices';
import { Floor, type Reaction } from './floor';
import { Monitor } from './monitor';
import { Notices } from './notices';
import { type Proof, proof } from './proof';
import { PushToTalk } from './push-to-talk';
import { type Ear, type MediaPart, type RoomParts, type SignallingPart, type Ticket, WITHIN_TALK } from './room-parts';
import { Scene } from './scene';
import { Speakers } from './speakers';
import { Turns } from './turns';
import { text } from '../text';

const TICK_MS = 250;
/** How long leaving may take to be told to the others. */
const LEAVE_MS = 1_500;

export class Room {
  readonly view = new Cell<View | undefined>(undefined);
  readonly connection = new Cell<ConnectionState>({ name: 'connecting', attempt: 0 });
  readonly media = new Cell<MediaState>('off');
  /** Why nothing goes on without the person's help. */
  readonly failure = new Cell<string | undefined>(undefined);
  readonly chat = new Chat();
  readonly devices: Devices;
  readonly choices: ChoiceBook;
  readonly notices: Notices;
  readonly floor: Floor;
  readonly scene: Scene;
  readonly monitor: Monitor;
  readonly turns = new Turns();
  readonly pushToTalk: PushToTalk;
  /** Nothing is heard, and nothing said. */
  readonly deaf = new Cell(false);
  /** Whether it is over; the devices were let go then, which isn't the person's choice. */
  closed = false;

  readonly #e2ee: E2ee;
  readonly #signalling: SignallingPart;
  readonly #media: MediaPart;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #unsubscribe: (() => void) | undefined;
  #mediaConnection: number | undefined;
  #announced: Partial<Record<Kind, boolean>> = {};
  #ear: Ear | undefined;
  #listenedTo: MediaStreamTrack | undefined;
  readonly #ownVoice = new Speakers();
  /** Whether the microphone was on before all sound was turned off. */
  #spokeBefore = false;

  constructor(
    private readonly ticket: Ticket | typeof WITHIN_TALK,
    private readonly parts: RoomParts,
  ) {
    this.devices = parts.devices;
    this.choices = parts.choices ?? new ChoiceBook();
    this.#e2ee = parts.e2ee;
    this.notices = new Notices(this.choices);
    this.floor = new Floor(this.notices);
    this.pushToTalk = new PushToTalk(this.devices);
    this.#signalling = parts.signalling({
      prove: (nonce) => this.#prove(nonce),
      state: (state) => this.#connectionChanged(state),
      message: (message, text) => this.#receive(message, text),
    });
    const media: MediaHooks = {
      send: (message) => this.#signalling.send(message),
      state: (state) => this.media.set(state),
      slots: (slots) => this.#slotsChanged(slots),
      refused: (reason, detail) =>
        reason === 'full' ? void this.#noPlace() : this.notices.tell(detail),
    };
    this.#media = parts.media(media, parts.e2ee);
    this.scene = new Scene(this.choices, {
      now: () => parts.now(),
      tracks: () => this.devices.tracks.get(),
      watch: (sources) => this.#signalling.send({ type: 'watch', sources }),
      cleared: (slot, turn) => this.#e2ee.cleared(slot, turn),
    });
    this.monitor = new Monitor({
      now: () => parts.now(),
      stats: () => this.#media.stats(),
      theirs: () => this.#theirLines(),
      changed: ({ level, cause }) => this.#command({ type: 'quality', level, cause }),
    });
  }

  enter(): void {
    this.#e2ee.listen({
      send: (json) => void this.#signalling.sendText(json),
      event: (event) => this.#sessionEvent(event),
      owner: (change) => this.scene.ownerChanged(change),
      refused: (error) => this.notices.tell(error),
      broken: () => this.#fail(text.room.broken),
    });
    const { ticket } = this;
    if (ticket === WITHIN_TALK) this.#e2ee.input(JSON.stringify({ type: 'enter', room: this.parts.room }));
    else this.#e2ee.open(ticket.talk, ticket.fragment, ticket.seat);
    // What was wrong with a device was told on the threshold.
    this.devices.dismiss('microphone', 'camera', 'screen');
    const stopChoices = this.choices.state.subscribe(() => this.scene.choicesChanged());
    const stopTracks = this.devices.tracks.subscribe((tracks) => {
      this.#media.setTracks(tracks);
      this.#announce();
      this.scene.restage();
    });
    const stopDevices = this.devices.state.subscribe(() => this.pushToTalk.devicesChanged());
    this.#unsubscribe = () => (stopChoices(), stopTracks(), stopDevices());
    if (this.choices.state.get().pushToTalk) void this.devices.setMicrophone(false);
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
      this.#command({ type: this.#own ? 'leave' : 'leave_room' });
      await told;
    } else if (!this.#own) {
      this.#command({ type: 'leave_room' });
    }
    this.#close();
  }

  /** Without sound and picture one would only be in the way. */
  async #noPlace(): Promise<void> {
    if (this.closed) return;
    await this.leave();
    this.failure.set(text.room.refused['full']);
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
  wake(cause: WakeCause): void {
    this.#signalling.wake(cause);
    this.#media.wake(cause);
  }

  raiseHand(raised: boolean): void {
    if (this.view.get()?.state.is === 'seated') this.#command({ type: 'hand', raised });
  }

  react(reaction: Reaction): void {
    const reachable = this.view.get()?.state.is === 'seated' && this.connection.get().name === 'ready';
    if (this.floor.mayReact(reachable, this.parts.now())) this.#command({ type: 'react', reaction });
  }

  /** Speaking ends being deaf: nobody is to talk to people they can't hear. */
  async setMicrophone(on: boolean): Promise<void> {
    // With push to talk only holding opens it.
    const mayStay = !this.choices.state.get().pushToTalk;
    if (on && this.deaf.get()) return this.setDeaf(false, mayStay);
    if (on && !mayStay) return;
    await this.devices.setMicrophone(on);
  }

  /** Silences the others, and oneself with them. The microphone comes back as it was. */
  async setDeaf(deaf: boolean, speak = this.#spokeBefore): Promise<void> {
    if (deaf === this.deaf.get()) return;
    this.pushToTalk.release();
    this.deaf.set(deaf);
    if (deaf) {
      this.#spokeBefore = this.devices.state.get().microphone.on;
      await this.devices.setMicrophone(false);
    } else if (speak) {
      await this.devices.setMicrophone(true);
    }
  }

  /** From now on the microphone is open only while it is held, or as it is left. */
  setPushToTalk(on: boolean): void {
    this.choices.set({ pushToTalk: on });
    this.pushToTalk.release();
    if (on) void this.devices.setMicrophone(false);
  }

  /** Says whether the microphone opens for as long as it is held. */
  talk(): boolean {
    return !this.closed && !this.deaf.get() && this.pushToTalk.press();
  }

  stats(): Promise<RTCStatsReport> | undefined {
    return this.#media.stats();
  }

  /** Ends it for a reason that the person has to know; nothing is sent from here on. */
  stop(reason: string): void {
    if (this.failure.get() !== undefined) return;
    if (!this.#own && !this.closed) this.#command({ type: 'leave_room' });
    this.#fail(reason);
  }

  /** Whether the worker and the connection are this room's own. */
  get #own(): boolean {
    return this.ticket !== WITHIN_TALK;
  }

  /** Whether it is the room of the whole talk: its agenda is followed here. */
  get plenary(): boolean {
    return this.parts.room === undefined;
  }

  #prove(nonce: string): Promise<Proof> {
    const { ticket } = this;
    // A connection that isn't one's own is proven by whose it is.
    if (ticket === WITHIN_TALK) return Promise.reject(new Error('not here'));
    return proof(this.#e2ee, ticket, this.parts.origin, nonce);
  }

  #connectionChanged(state: ConnectionState): void {
    const wasReady = this.connection.get().name === 'ready';
    this.connection.set(state);
    if (state.name === 'ready') {
      if (this.#own) this.#input({ type: 'connected' });
      this.#command({ type: 'connection', connection: state.connection });
      // The media of a connection that was lost and found went on; another's ended.
      if (state.resumed) this.#media.resume();
      else this.#mediaConnection = undefined;
      this.#startMedia();
    } else if (wasReady) {
      if (this.#own) this.#input({ type: 'disconnected' });
      this.#command({ type: 'connection', connection: null });
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
      case 'slots':
        this.scene.sourcesChanged(message.sources);
        break;
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
        if (!own && !this.chat.state.get().open) this.notices.tell(text.chat.from(name, words), 'chat');
        break;
      }
      case 'reaction':
        this.floor.reacted(event);
        break;
      case 'send_key_frame':
        this.#media.sendKeyFrame();
        break;
      case 'notice':
        this.notices.tellOf(event.notice);
        break;
    }
  }

  #viewChanged(view: View): void {
    const before = this.view.get();
    this.view.set(view);
    this.floor.viewChanged(before, view);
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
    this.scene.viewChanged(view);
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
    this.scene.slotsChanged(slots);
    this.monitor.reset();
  }

  #tick(): void {
    this.scene.tick();
    this.#count();
    void this.monitor.tick();
  }

  /** Counts who speaks while an item is before the meeting. */
  #count(): void {
    const view = this.view.get();
    const own = view?.own_leaf ?? undefined;
    if (!this.turns.heard.get() || !view || own === undefined) return this.#listen(undefined);
    const now = this.parts.now();
    this.#listen(this.devices.tracks.get().microphone);
    // The levels that receivers tell are those of others.
    if (this.#listenedTo && this.#ear) this.#ownVoice.hear(own, this.#ear.volume(), now);
    this.turns.hear(new Set([...this.scene.speaking.get(), ...this.#ownVoice.speaking(now)]), view.people, now);
  }

  #listen(track: MediaStreamTrack | undefined): void {
    if (track) this.#ear ??= this.parts.ear?.();
    if (track !== this.#listenedTo) this.#ear?.listen(track);
    this.#listenedTo = track;
    if (track) this.#ear?.resume();
  }

  /** What those lose who lose packets on their own way isn't lost on ours. */
  #theirLines(): ReadonlySet<string> {
    const people = this.view.get()?.people ?? [];
    const losing = people.filter(({ quality }) => quality.cause === 'uplink').map(({ leaf }) => leaf);
    const lines = this.scene.slots.get().map(({ mid }) => mid);
    return new Set(lines.filter((mid) => losing.includes(this.scene.leafOf(mid) ?? -1)));
  }

  #command(command: Command): void {
    this.#input(command);
  }

  #input(input: object): void {
    this.#e2ee.input(JSON.stringify(input));
  }

  #fail(reason: string): void {
    this.failure.set(reason);
    this.#close();
  }

  #close(): void {
    this.closed = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#unsubscribe?.();
    this.#ear?.close();
    this.devices.releaseAll();
    // A connection that stays has to be told; the end of one's own says it.
    if (!this.#own) this.#signalling.send({ type: 'hangup' });
    this.#signalling.stop();
    this.#media.stop();
    this.#e2ee.close();
  }
}
