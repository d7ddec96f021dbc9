/**
 * The connection to the server: opens the WebSocket, proves the access key, notices when it died
 * and opens it again. The server keeps a lost connection for a while: another socket that knows
 * its token goes on with it. It reads no entry; whoever listens does.
 */
import type { ClientMessage } from '../wire/ClientMessage';
import type { Refusal } from '../wire/Refusal';
import type { Resume } from '../wire/Resume';
import { PROTOCOL_VERSION } from '../wire/constants';
import type { ServerMessage } from '../wire/ServerMessage';

export { PROTOCOL_VERSION };

export type ConnectionState =
  | { name: 'connecting'; attempt: number }
  /**
   * `resumed`: it is the connection from before, and its media session goes on. `group`: the
   * delegation whose link this is; `claimed`: whether it is somebody's.
   */
  | { name: 'ready'; connection: number; resumed: boolean; group: number; claimed: boolean }
  /** Lost; the next attempt comes by itself. */
  | { name: 'waiting'; attempt: number }
  /** The server won't have us: trying again would not help. */
  | { name: 'refused'; reason: Refusal; detail: string };

/** The part of WebSocket that is used. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number): void;
}

/** Why the connection may be dead without anybody having noticed. */
export type WakeCause = 'network' | 'slept' | 'visible';

export interface SignallingHooks {
  open(): Socket;
  /** Signs the server's challenge. */
  prove(nonce: string): Promise<{ key: string; signature: string }>;
  state(state: ConnectionState): void;
  /** Everything after `ready`; `text` is the message as it came. */
  message(message: ServerMessage, text: string): void;
  setTimer(run: () => void, ms: number): number;
  clearTimer(timer: number): void;
  now(): number;
  /** In 0..1, for jitter. */
  random(): number;
}

/** From opening to `ready`. */
const HANDSHAKE_MS = 4_000;
/** Silence after which a ping goes out, and the time it has to be answered. */
const QUIET_MS = 1_000;
const PONG_MS = 1_500;
/** A timer that fires later than this was held back, and so was whatever came meanwhile. */
const LATE_TIMER_MS = 400;
const MINUTE_MS = 60_000;
const SOON_MS = 2_000;
const LATE_MS = 15_000;
/** What may wait to be sent; beyond it the connection counts as dead. */
const MAX_BUFFERED = 8 * 1024 * 1024;
/** Who is done, and who lost the connection and comes back (RFC 6455 section 7.4). */
const DONE = 1000;
const LOST = 4000;
const FINAL: readonly Refusal[] = ['version', 'access', 'origin', 'gone'];

/** How long to wait before attempt `attempt` (from 0), `elapsed` ms after the connection was lost. */
export function backoff(attempt: number, elapsed: number, random: number): number {
  const longest = elapsed < MINUTE_MS ? SOON_MS : LATE_MS;
  const step = Math.min(longest, 250 * 2 ** Math.min(attempt, 8));
  return attempt === 0 ? step * random : step * (0.5 + random / 2);
}

export class Signalling {
  #socket: Socket | undefined;
  #ready = false;
  #running = false;
  #attempt = 0;
  #lostAt = 0;
  #timer: number | undefined;
  #expectingPong = false;
  /** The connection to go on with, until the server says that it is another one. */
  #resume: Resume | null = null;

  constructor(private readonly hooks: SignallingHooks) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#attempt = 0;
    this.#lostAt = this.hooks.now();
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#resume = null;
    this.#drop(DONE);
  }

  /** Sends now, or not at all: `false` while there is no connection. */
  send(message: ClientMessage): boolean {
    return this.sendText(JSON.stringify(message));
  }

  sendText(text: string): boolean {
    const socket = this.#socket;
    if (!socket || !this.#ready) return false;
    if (socket.bufferedAmount > MAX_BUFFERED) {
      this.#lost();
      return false;
    }
    socket.send(text);
    return true;
  }

  /** The network or the page woke up: find out at once whether the connection lives. */
  wake(cause: WakeCause = 'visible'): void {
    if (!this.#running) return;
    if (this.#ready && cause !== 'network') {
      this.#ping();
    } else if (this.#ready || !this.#socket) {
      // On another network the old socket is dead, and a new one takes its place in no time.
      this.#drop(LOST);
      this.#connect();
    }
  }

  #connect(): void {
    this.#clearTimer();
    this.hooks.state({ name: 'connecting', attempt: this.#attempt });
    const socket = this.hooks.open();
    this.#socket = socket;
    this.#ready = false;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION }));
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(socket, data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
    this.#deadline(HANDSHAKE_MS);
  }

  #receive(socket: Socket, data: unknown): void {
    const message = parse(data);
    if (!message) return this.#lost();
    if (message.type === 'refused' && FINAL.includes(message.reason)) {
      this.#running = false;
      this.#resume = null;
      this.#drop(DONE);
      this.hooks.state({ name: 'refused', reason: message.reason, detail: message.detail });
    } else if (this.#ready) {
      this.#heard();
      this.hooks.message(message, data as string);
    } else {
      this.#handshake(socket, message);
    }
  }

  #handshake(socket: Socket, message: ServerMessage): void {
    if (message.type === 'challenge') {
      this.hooks.prove(message.nonce).then(
        ({ key, signature }) => {
          if (this.#socket !== socket) return;
          const proof: ClientMessage = { type: 'prove', key, signature, resume: this.#resume };
          socket.send(JSON.stringify(proof));
        },
        () => this.#socket === socket && this.#lost(),
      );
    } else if (message.type === 'ready') {
      this.#ready = true;
      this.#attempt = 0;
      const { connection, token, resumed, group, claimed } = message;
      this.#resume = { connection, token };
      this.#heard();
      this.hooks.state({ name: 'ready', connection, resumed, group, claimed });
    } else {
      this.#lost();
    }
  }

  #heard(): void {
    this.#expectingPong = false;
    this.#clearTimer();
    this.#timer = this.hooks.setTimer(() => this.#ping(), QUIET_MS);
  }

  #ping(): void {
    if (this.#expectingPong) return;
    this.#expectingPong = true;
    this.#socket?.send('{"type":"ping"}');
    this.#clearTimer();
    this.#deadline(PONG_MS);
  }

  /** Gives up after `ms`, unless it was this page that stood still. */
  #deadline(ms: number): void {
    const due = this.hooks.now() + ms;
    this.#timer = this.hooks.setTimer(() => {
      if (this.hooks.now() - due > LATE_TIMER_MS) this.#deadline(PONG_MS);
      else this.#lost();
    }, ms);
  }

  #lost(): void {
    this.#drop(LOST);
    if (!this.#running) return;
    const now = this.hooks.now();
    if (this.#attempt === 0) this.#lostAt = now;
    const wait = backoff(this.#attempt, now - this.#lostAt, this.hooks.random());
    this.#attempt += 1;
    this.hooks.state({ name: 'waiting', attempt: this.#attempt });
    this.#timer = this.hooks.setTimer(() => this.#connect(), wait);
  }

  #drop(code: number): void {
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ready = false;
    this.#expectingPong = false;
    socket?.close(code);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.hooks.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

/** The server is trusted with order, not with form: what isn't a message ends the connection. */
function parse(data: unknown): ServerMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const message: unknown = JSON.parse(data);
    const typed = typeof message === 'object' && message !== null && 'type' in message;
    return typed ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
