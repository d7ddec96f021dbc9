/**
 * One worker and one socket, from the first page of a talk to its room and back. The talk owns
 * them; the threshold and the room use them beside it.
 */
import type { E2ee, E2eeListener } from '../e2ee/client';
import type { SessionEvent } from '../e2ee/messages';
import type { TalkCommand, TalkEvent, TalkOpening } from '../e2ee/talk-messages';
import { FIRST_OFFER_REQUEST } from '../media/session';
import type { ConnectionState, SignallingHooks, WakeCause } from '../signalling/socket';
import type { ServerMessage } from '../wire/ServerMessage';
import { Cell } from './cell';
import type { Proof } from './proof';
import type { RoomParts, SignallingPart } from './room-parts';

type UserHooks = Pick<SignallingHooks, 'prove' | 'state' | 'message'>;

export interface LineParts extends Pick<RoomParts, 'signalling'> {
  e2ee: E2ee;
}

export interface LineHooks {
  prove(nonce: string): Promise<Proof>;
  event(event: TalkEvent): void;
  /** A command wasn't carried out, the talk's or the room's; for people. */
  refused(error: string): void;
  notice(event: Extract<SessionEvent, { type: 'notice' }>): void;
  broken(): void;
}

export class Line {
  readonly connection = new Cell<ConnectionState>({ name: 'connecting', attempt: 0 });
  readonly #signalling: SignallingPart;
  readonly #users = new Set<UserHooks>();
  #room: E2eeListener | undefined;

  constructor(
    private readonly parts: LineParts,
    private readonly hooks: LineHooks,
  ) {
    this.#signalling = parts.signalling({
      prove: (nonce) => hooks.prove(nonce),
      state: (state) => this.#changed(state),
      message: (message, text) => this.#receive(message, text),
    });
  }

  get e2ee(): E2ee {
    return this.parts.e2ee;
  }

  start(opening: TalkOpening): void {
    const { e2ee } = this.parts;
    e2ee.listen({
      send: (json) => void this.#signalling.sendText(json),
      event: (event) => this.#event(event),
      owner: (change) => this.#room?.owner(change),
      refused: (error) => this.hooks.refused(error),
      broken: (error) => {
        this.#room?.broken(error);
        this.hooks.broken();
      },
    });
    e2ee.openTalk(opening);
    this.#signalling.start();
  }

  stop(): void {
    this.#users.clear();
    this.#room = undefined;
    this.#signalling.stop();
    this.parts.e2ee.close();
  }

  /** Connects anew: another key is to be proven from here on. */
  reconnect(): void {
    this.#signalling.stop();
    this.#changed({ name: 'waiting', attempt: 1 });
    this.#signalling.start();
  }

  wake(cause: WakeCause): void {
    this.#signalling.wake(cause);
  }

  command(command: TalkCommand): void {
    this.#input(command);
  }

  /** The connection for one who uses it beside the talk: `start` begins to listen, `stop` ends it. */
  signalling(hooks: UserHooks): SignallingPart {
    return {
      start: () => {
        this.#users.add(hooks);
        hooks.state(this.connection.get());
      },
      stop: () => void this.#users.delete(hooks),
      send: (message) => this.#signalling.send(message),
      sendText: (text) => this.#signalling.sendText(text),
      // Whoever owns the connection wakes it.
      wake: () => undefined,
    };
  }

  /** The worker for the room: it hears of the room alone, and closing it leaves the talk as it is. */
  forRoom(): E2ee {
    const { e2ee } = this.parts;
    return {
      call: (call) => e2ee.call(call),
      open: () => undefined,
      openTalk: () => undefined,
      input: (json) => e2ee.input(json),
      cleared: (slot, turn) => e2ee.cleared(slot, turn),
      transform: (options) => e2ee.transform(options),
      listen: (listener) => (this.#room = listener),
      close: () => (this.#room = undefined),
    };
  }

  #changed(state: ConnectionState): void {
    const wasReady = this.connection.get().name === 'ready';
    this.connection.set(state);
    if (state.name === 'ready') {
      const { group, claimed } = state;
      this.#input({ type: 'connected', group, claimed });
    } else if (wasReady) {
      this.#input({ type: 'disconnected' });
    }
    for (const user of [...this.#users]) user.state(state);
  }

  #receive(message: ServerMessage, raw: string): void {
    switch (message.type) {
      case 'entries':
      case 'published':
      case 'appended':
      case 'conflict':
        return this.parts.e2ee.input(raw);
      case 'refused':
        if (message.request === null || message.request < FIRST_OFFER_REQUEST) {
          return this.parts.e2ee.input(raw);
        }
    }
    for (const user of [...this.#users]) user.message(message, raw);
  }

  #event(event: SessionEvent): void {
    switch (event.type) {
      case 'talk':
      case 'life':
      case 'keep':
      case 'register':
      case 'invited':
      case 'desk':
        return this.hooks.event(event);
      case 'notice':
        if (!this.#room) return this.hooks.notice(event);
    }
    this.#room?.event(event);
  }

  #input(input: object): void {
    this.parts.e2ee.input(JSON.stringify(input));
  }
}
