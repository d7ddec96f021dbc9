/**
 * What happens to each frame, without streams or threads. A frame that can't be sealed or opened
 * is dropped: there is no way round the cipher here, and there must never be one.
 */
import { isAudio, type Kind, type OwnerChange } from './messages';

/** The part of RTCEncodedVideoFrame and RTCEncodedAudioFrame that is used. */
export interface Frame {
  data: ArrayBuffer;
  /** Video only: whether it can be decoded by itself. */
  readonly type?: 'key' | 'delta' | 'empty' | undefined;
  getMetadata(): { rtpTimestamp?: number };
}

export interface Opened {
  leaf: number;
  kind: Kind;
  data: Uint8Array;
}

/** Says whether RTP timestamp `a` comes before `b`, across the wrap (RFC 3550 section 5.1). */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Seals `frame` in place; `false` if it has to be dropped. */
export function sealInPlace(frame: Frame, seal: (data: Uint8Array) => Uint8Array): boolean {
  if (frame.data.byteLength === 0) return false;
  try {
    frame.data = toBuffer(seal(new Uint8Array(frame.data)));
    return true;
  } catch {
    return false;
  }
}

export interface ReceiveHooks {
  /** Throws if the frame isn't authentic. */
  open(data: Uint8Array): Opened;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  requestKeyFrame(): void;
  /** Tells the page; resolves with `true` once it hid the former owner's picture. */
  handOver(change: Omit<OwnerChange, 'turn'>, mustHide: boolean): Promise<boolean>;
}

const KEY_FRAME_INTERVAL_MS = 1000;

/** A slot's receiving side: opens frames and knows whose they are. */
export class ReceivePipe {
  #owner: { leaf: number; kind: Kind; since: number } | undefined;
  #gap = false;
  #lastRequest = -Infinity;

  constructor(
    readonly slot: number,
    readonly media: 'audio' | 'video',
    private readonly hooks: ReceiveHooks,
  ) {}

  /** The leaf now belongs to somebody else: its next frame is announced again. */
  forgetLeaf(leaf: number): void {
    // `since` stays, so a late frame of the former owner is still told from a new one.
    if (this.#owner?.leaf === leaf) this.#owner = { ...this.#owner, leaf: -1 };
  }

  /** Opens `frame` in place; `false` if it has to be dropped. */
  async openInPlace(frame: Frame): Promise<boolean> {
    if (frame.data.byteLength === 0) return false;
    let opened: Opened;
    try {
      opened = this.hooks.open(new Uint8Array(frame.data));
    } catch {
      this.#gap = true;
      this.#wantKeyFrame();
      return false;
    }
    if (isAudio(opened.kind) !== (this.media === 'audio')) return false;
    const { rtpTimestamp } = frame.getMetadata();
    // Without it nobody could tell when the picture reaches the screen.
    if (rtpTimestamp === undefined && this.media === 'video') return false;
    if (!(await this.#belongs(opened, rtpTimestamp ?? 0))) return false;
    if (this.#gap) {
      this.#gap = false;
      if (frame.type !== 'key') this.#wantKeyFrame();
    }
    frame.data = toBuffer(opened.data);
    return true;
  }

  async #belongs({ leaf, kind }: Opened, rtpTimestamp: number): Promise<boolean> {
    const owner = this.#owner;
    if (owner?.leaf === leaf && owner.kind === kind) return true;
    if (owner && isBefore(rtpTimestamp, owner.since)) return false;
    const mustHide = owner !== undefined && this.media === 'video';
    this.#owner = { leaf, kind, since: rtpTimestamp };
    if (await this.hooks.handOver({ slot: this.slot, leaf, kind, rtpTimestamp }, mustHide)) {
      return true;
    }
    this.#owner = { leaf: -1, kind, since: rtpTimestamp };
    this.#gap = true;
    return false;
  }

  #wantKeyFrame(): void {
    if (this.media === 'audio') return;
    const now = this.hooks.now();
    if (now - this.#lastRequest < KEY_FRAME_INTERVAL_MS) return;
    this.#lastRequest = now;
    this.hooks.requestKeyFrame();
  }
}

function toBuffer(data: Uint8Array): ArrayBuffer {
  if (data.byteOffset === 0 && data.byteLength === data.buffer.byteLength) {
    return data.buffer as ArrayBuffer;
  }
  return data.slice().buffer as ArrayBuffer;
}
