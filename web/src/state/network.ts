/**
 * The threshold's connection to the server. It comes before anything is asked of the person: a
 * wrong link, an ended talk or another version is told first. Then it tries both paths of media.
 */
import type { ConnectionState, WakeCause } from '../signalling/socket';
import type { Refusal } from '../wire/Refusal';
import type { ServerInfo } from '../wire/ServerInfo';
import type { ServerMessage } from '../wire/ServerMessage';
import { Cell } from './cell';
import type { Proof } from './proof';
import type { RoomParts, SignallingPart } from './room-parts';

/** A connection that is shared has other requests, all below. */
const FIRST_PROBE_REQUEST = 0xe000_0000;

export type Path = 'udp' | 'tcp';

export type NetworkState =
  | { is: 'connecting' }
  /** Not reached yet; the next attempt comes by itself. */
  | { is: 'unreachable' }
  /** The server answers, but takes no more connections. Tried again by itself, too. */
  | { is: 'full' }
  | { is: 'trying' }
  /** Which paths work; the round trip to the server in milliseconds, if it is known. */
  | { is: 'known'; udp: boolean; tcp: boolean; roundTrip: number | undefined };

export interface NetworkParts extends Pick<RoomParts, 'signalling' | 'now'> {
  prove(nonce: string): Promise<Proof>;
  /** Whether the server answers at all; rejects if not. */
  serverInfo(): Promise<ServerInfo>;
  version: number;
  /** Builds a media session over one path only; the round trip in milliseconds if it came about. */
  probe(path: Path, exchange: Exchange): Promise<ProbeResult>;
}

/** Offers and returns the answer; rejects if there is none. */
export type Exchange = (sdp: string) => Promise<string>;
export type ProbeResult = { works: boolean; roundTrip: number | undefined };

export interface NetworkHooks {
  /** The server knows the talk. Once. */
  ready(): void;
  refused(reason: Refusal): void;
}

interface Question {
  request: number;
  answer(sdp: string): void;
  fail(error: Error): void;
}

export class Network {
  readonly state = new Cell<NetworkState>({ is: 'connecting' });
  readonly #signalling: SignallingPart;
  #question: Question | undefined;
  #pingedAt: number | undefined;
  #pong: number | undefined;
  #lastRequest = FIRST_PROBE_REQUEST;
  #run = 0;
  #wasReady = false;
  #ready = false;
  #stopped = false;

  constructor(
    private readonly parts: NetworkParts,
    private readonly hooks: NetworkHooks,
  ) {
    this.#signalling = parts.signalling({
      prove: (nonce) => parts.prove(nonce),
      state: (state) => this.#changed(state),
      message: (message) => this.#receive(message),
    });
  }

  start(): void {
    this.#signalling.start();
  }

  stop(): void {
    this.#run += 1;
    this.#stopped = true;
    this.#abandon();
    this.#signalling.stop();
  }

  wake(cause: WakeCause): void {
    this.#signalling.wake(cause);
  }

  #changed(state: ConnectionState): void {
    this.#run += 1;
    this.#abandon();
    this.#ready = state.name === 'ready';
    if (state.name === 'refused') return this.hooks.refused(state.reason);
    if (state.name === 'waiting') void this.#wonder(this.#run);
    if (state.name !== 'ready') return;
    if (!this.#wasReady) this.hooks.ready();
    this.#wasReady = true;
    void this.#try(this.#run);
  }

  /** A refused socket doesn't say why; the server's other door may. */
  async #wonder(run: number): Promise<void> {
    const info = await this.parts.serverInfo().catch(() => undefined);
    // The next attempt may be under way by now, and this still be true.
    if (this.#stopped || (run !== this.#run && this.#ready)) return;
    if (info !== undefined && info.version !== this.parts.version) this.hooks.refused('version');
    else this.state.set({ is: info === undefined ? 'unreachable' : 'full' });
  }

  async #try(run: number): Promise<void> {
    this.state.set({ is: 'trying' });
    this.#pong = undefined;
    this.#pingedAt = this.parts.now();
    this.#signalling.send({ type: 'ping' });
    const udp = await this.#probe('udp');
    if (run !== this.#run) return;
    const tcp = await this.#probe('tcp');
    if (run !== this.#run) return;
    this.#signalling.send({ type: 'hangup' });
    const measured = [udp, tcp].find(({ works }) => works)?.roundTrip ?? this.#pong;
    const roundTrip = measured === undefined ? undefined : Math.max(1, Math.round(measured));
    this.state.set({ is: 'known', udp: udp.works, tcp: tcp.works, roundTrip });
  }

  async #probe(path: Path): Promise<ProbeResult> {
    try {
      return await this.parts.probe(path, (sdp) => this.#exchange(sdp));
    } catch {
      return { works: false, roundTrip: undefined };
    }
  }

  #exchange(sdp: string): Promise<string> {
    this.#abandon();
    return new Promise((answer, fail) => {
      const request = (this.#lastRequest += 1);
      this.#question = { request, answer, fail };
      if (!this.#signalling.send({ type: 'probe', request, sdp })) this.#abandon();
    });
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'pong' && this.#pingedAt !== undefined) {
      this.#pong = this.parts.now() - this.#pingedAt;
      this.#pingedAt = undefined;
    }
    if (message.type !== 'answer' && message.type !== 'refused') return;
    if (message.request !== this.#question?.request) return;
    if (message.type === 'answer') this.#question?.answer(message.sdp);
    else this.#abandon();
    this.#question = undefined;
  }

  #abandon(): void {
    this.#question?.fail(new Error('no answer'));
    this.#question = undefined;
  }
}
