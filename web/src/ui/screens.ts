/** The video and audio elements of the slots. They outlive the tiles: each belongs to its slot. */
import type { MediaSlot } from '../media/session';
import { Cell } from '../state/cell';

/** Moves without a pause where the browser can (Chrome 133, Firefox 144). */
function move(host: Element, element: HTMLMediaElement): void {
  try {
    (host as { moveBefore?(node: Node, before: null): void }).moveBefore!(element, null);
  } catch {
    host.append(element);
  }
  if (element.paused) void element.play().catch(() => undefined);
}

export class SlotScreens {
  /** Whether the browser waits for a press before it plays sound. */
  readonly silent = new Cell(false);
  readonly #videos = new Map<number, HTMLVideoElement>();
  readonly #audios = new Map<number, HTMLAudioElement>();
  #pool: HTMLElement | undefined;
  #deaf = false;
  #speaker = '';

  constructor(private readonly presented: (slot: number, rtpTimestamp: number | undefined) => void) {}

  /** `pool` hosts, unseen but drawn, what no tile shows. */
  mount(pool: HTMLElement): () => void {
    this.#pool = pool;
    return () => {
      this.update([]);
      this.#pool = undefined;
    };
  }

  update(slots: readonly MediaSlot[]): void {
    const live = new Set(slots.map(({ slot }) => slot));
    for (const elements of [this.#videos, this.#audios]) {
      for (const [slot, element] of elements) {
        if (live.has(slot)) continue;
        element.srcObject = null;
        element.remove();
        elements.delete(slot);
      }
    }
    for (const slot of slots) {
      if (slot.media === 'video') this.#video(slot);
      else this.#audio(slot);
    }
  }

  /** Shows the slot in `host` until the returned function is called. */
  show(slot: number, host: HTMLElement): () => void {
    const video = this.#videos.get(slot);
    if (!video) return () => undefined;
    move(host, video);
    return () => {
      if (video.parentElement === host && this.#pool && this.#videos.has(slot)) move(this.#pool, video);
    };
  }

  /** Lets sound come out there; an empty id is the system's choice. */
  useSpeaker(deviceId: string): void {
    this.#speaker = deviceId;
    for (const audio of this.#audios.values()) this.#route(audio);
  }

  /** Silences whatever plays sound, and whatever will. */
  deafen(deaf: boolean): void {
    this.#deaf = deaf;
    for (const audio of this.#audios.values()) audio.muted = deaf;
  }

  video(slot: number): HTMLVideoElement | undefined {
    return this.#videos.get(slot);
  }

  /** From a click: sound may start now. */
  hear(): void {
    this.silent.set(false);
    for (const audio of this.#audios.values()) this.#play(audio);
  }

  #video({ slot, track }: MediaSlot): void {
    if (this.#videos.has(slot)) return;
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
    video.dataset['slot'] = String(slot);
    video.srcObject = new MediaStream([track]);
    this.#videos.set(slot, video);
    const watch = () =>
      video.requestVideoFrameCallback((_now, metadata) => {
        this.presented(slot, metadata.rtpTimestamp);
        if (this.#videos.get(slot) === video) watch();
      });
    watch();
    if (this.#pool) move(this.#pool, video);
  }

  #audio({ slot, track }: MediaSlot): void {
    if (this.#audios.has(slot)) return;
    const audio = document.createElement('audio');
    audio.autoplay = true;
    audio.muted = this.#deaf;
    audio.dataset['slot'] = String(slot);
    audio.srcObject = new MediaStream([track]);
    this.#audios.set(slot, audio);
    if (this.#speaker !== '') this.#route(audio);
    this.#pool?.append(audio);
    this.#play(audio);
  }

  /** A loudspeaker that is gone by now leaves the sound where it was. */
  #route(audio: HTMLAudioElement): void {
    if ('setSinkId' in audio) void audio.setSinkId(this.#speaker).catch(() => undefined);
  }

  #play(audio: HTMLAudioElement): void {
    audio.play().catch((error: unknown) => {
      if ((error as { name?: string }).name === 'NotAllowedError') this.silent.set(true);
    });
  }
}
