/** The page's side of the worker. */
import workerUrl from './worker?worker&url';
import type { Answers, Call, FromWorker, OwnerChange, SessionEvent, ToWorker, TransformOptions } from './messages';
import type { TalkOpening } from './talk-messages';

/** What may be asked of the worker; tests bring their own. */
export interface E2ee {
  call<C extends Call>(call: C): Promise<Answers[C['name']]>;
  open(talk: string, fragment: string, seat: string): void;
  openTalk(opening: TalkOpening): void;
  /** A wire `ServerMessage` or a command, as JSON. */
  input(json: string): void;
  cleared(slot: number, turn: number): void;
  /** The transform that seals or opens the frames of one sender or receiver. */
  transform(options: TransformOptions): RTCRtpScriptTransform;
  listen(listener: E2eeListener): void;
  close(): void;
}

export interface E2eeListener {
  send(json: string): void;
  event(event: SessionEvent): void;
  owner(change: OwnerChange): void;
  /** A command was not carried out; `error` is for people. */
  refused(error: string): void;
  broken(error: string): void;
}

/** The browser takes a worker's URL from this policy only (Trusted Types). */
const policy = (
  globalThis as {
    trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL(url: string): string },
      ): { createScriptURL(url: string): unknown };
    };
  }
).trustedTypes?.createPolicy('incamera', {
  createScriptURL(url) {
    if (url !== workerUrl) throw new TypeError('only the worker of this page');
    return url;
  },
});

export class WorkerClient implements E2ee {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { done(value: unknown): void; fail(error: Error): void }>();
  #listener: E2eeListener | undefined;
  #broken: string | undefined;
  #lastCall = 0;

  constructor() {
    const url = (policy?.createScriptURL(workerUrl) ?? workerUrl) as string;
    this.#worker = new Worker(url, { type: 'module', name: 'incamera' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#fail(event.message || 'the worker did not start');
  }

  call<C extends Call>(call: C): Promise<Answers[C['name']]> {
    if (this.#broken !== undefined) return Promise.reject(new Error(this.#broken));
    const id = (this.#lastCall += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { done: (value) => resolve(value as Answers[C['name']]), fail: reject });
      this.#post({ type: 'call', id, call });
    });
  }

  open(talk: string, fragment: string, seat: string): void {
    this.#post({ type: 'open', talk, fragment, seat });
  }

  openTalk(opening: TalkOpening): void {
    this.#post({ type: 'openTalk', ...opening });
  }

  input(json: string): void {
    this.#post({ type: 'input', json });
  }

  cleared(slot: number, turn: number): void {
    this.#post({ type: 'cleared', slot, turn });
  }

  transform(options: TransformOptions): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(this.#worker, options);
  }

  listen(listener: E2eeListener): void {
    this.#listener = listener;
    if (this.#broken !== undefined) listener.broken(this.#broken);
  }

  close(): void {
    this.#listener = undefined;
    this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'reply':
        this.#waiting.get(message.id)?.done(message.value);
        this.#waiting.delete(message.id);
        break;
      case 'failed':
        this.#waiting.get(message.id)?.fail(new Error(message.error));
        this.#waiting.delete(message.id);
        break;
      case 'send':
        this.#listener?.send(message.json);
        break;
      case 'event':
        this.#listener?.event(message.event);
        break;
      case 'owner':
        this.#listener?.owner(message);
        break;
      case 'refused':
        this.#listener?.refused(message.error);
        break;
      case 'broken':
        this.#fail(message.error);
        break;
    }
  }

  #fail(error: string): void {
    this.#broken = error;
    for (const { fail } of this.#waiting.values()) fail(new Error(error));
    this.#waiting.clear();
    this.#listener?.broken(error);
  }
}
