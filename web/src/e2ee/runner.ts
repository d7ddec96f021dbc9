/** Drives a session: feeds it, drains it and wakes it. The worker's half that has no streams. */
import { KINDS, type FromWorker, type Kind, type SessionEvent } from './messages';
import type { Opened } from './pipes';

/** The wasm session; its machine is the one that native clients run. */
export interface SessionApi {
  input(nowMs: number, json: string): void;
  output(): string | undefined;
  timeout(): number | undefined;
  seal(kind: number, frame: Uint8Array): Uint8Array;
  open(nowMs: number, frame: Uint8Array): Uint8Array;
  /** Whose the frame is that `open` gave last. */
  openedLeaf(): number | undefined;
  openedKind(): number | undefined;
}

export interface RunnerHooks {
  post(message: FromWorker): void;
  now(): number;
  setTimer(run: () => void, ms: number): number;
  clearTimer(timer: number): void;
  /** A leaf's person left or was replaced. */
  leafChanged(leaf: number): void;
  sendKeyFrame(): void;
}

/** More outputs than this from one call means a loop in the session. */
const MAX_OUTPUTS = 4096;

export class Runner {
  #session: SessionApi | undefined;
  #timer: number | undefined;
  #names = new Map<number, string>();

  constructor(private readonly hooks: RunnerHooks) {}

  start(session: SessionApi): void {
    this.#session = session;
    this.#drain(session);
  }

  input(json: string): void {
    const session = this.#session;
    if (!session) return;
    this.#guard(() => session.input(this.hooks.now(), json));
    this.#drain(session);
  }

  /** Throws while the session doesn't send. */
  seal(kind: Kind, data: Uint8Array): Uint8Array {
    const session = this.#session;
    if (!session) throw new Error('no session');
    try {
      return session.seal(KINDS.indexOf(kind), data);
    } catch (error) {
      this.#noticeTrap(error);
      throw error;
    }
  }

  /** Throws unless the frame is authentic. */
  open(data: Uint8Array): Opened {
    const session = this.#session;
    if (!session) throw new Error('no session');
    try {
      const opened = session.open(this.hooks.now(), data);
      const leaf = session.openedLeaf();
      const kind = KINDS[session.openedKind() ?? -1];
      if (leaf === undefined || !kind) throw new Error('a kind of a later version');
      return { leaf, kind, data: opened };
    } catch (error) {
      this.#noticeTrap(error);
      throw error;
    } finally {
      this.#drain(session);
    }
  }

  #drain(session: SessionApi): void {
    if (this.#session !== session) return;
    this.#guard(() => {
      for (let count = 0; ; count += 1) {
        const output = session.output();
        if (output === undefined) break;
        if (count === MAX_OUTPUTS) throw new WebAssembly.RuntimeError('the session does not come to rest');
        this.#deliver(output);
      }
      this.#schedule(session);
    });
  }

  #deliver(output: string): void {
    // Wire messages go to the socket as they are; only events are read here.
    const message = JSON.parse(output) as { type: string; event?: SessionEvent };
    if (message.type !== 'event' || !message.event) {
      this.hooks.post({ type: 'send', json: output });
      return;
    }
    const { event } = message;
    if (event.type === 'view') this.#noticeChangedLeaves(event.view.people);
    if (event.type === 'send_key_frame') this.hooks.sendKeyFrame();
    this.hooks.post({ type: 'event', event });
  }

  /** MLS reuses leaves: whoever sits there now must not inherit a picture. */
  #noticeChangedLeaves(people: readonly { leaf: number; name: string }[]): void {
    const names = new Map(people.map(({ leaf, name }) => [leaf, name]));
    for (const [leaf, name] of this.#names) {
      if (names.get(leaf) !== name) this.hooks.leafChanged(leaf);
    }
    this.#names = names;
  }

  #schedule(session: SessionApi): void {
    if (this.#timer !== undefined) this.hooks.clearTimer(this.#timer);
    this.#timer = undefined;
    const due = session.timeout();
    if (due === undefined) return;
    const wait = Math.min(Math.max(due - this.hooks.now(), 1), 60_000);
    this.#timer = this.hooks.setTimer(() => this.input('{"type":"timeout"}'), wait);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!this.#noticeTrap(error)) this.hooks.post({ type: 'refused', error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** A trap leaves the module's memory in an unknown state: nothing of it is used again. */
  #noticeTrap(error: unknown): boolean {
    if (!(error instanceof WebAssembly.RuntimeError)) return false;
    if (this.#timer !== undefined) this.hooks.clearTimer(this.#timer);
    this.#session = undefined;
    this.hooks.post({ type: 'broken', error: String(error) });
    return true;
  }
}
