/** What is seen and heard in the room: slots, tiles, who speaks, what is asked of the server. */
import type { Kind, OwnerChange, View } from '../e2ee/messages';
import type { MediaSlot } from '../media/session';
import type { Watch } from '../wire/Watch';
import { Cell } from './cell';
import type { ChoiceBook } from './choices';
import { type Arrangement, Layout, NOTHING } from './layout';
import { SlotBook } from './slots';
import { Speakers } from './speakers';
import { type Stage, stage, type Tile } from './tiles';
import { watchList } from './watch';

export interface SceneHooks {
  now(): number;
  tracks(): Readonly<Record<Kind, MediaStreamTrack | undefined>>;
  /** `false` if there is no connection to send it over. */
  watch(sources: Watch[]): boolean;
  /** The page hid what the slot showed before. */
  cleared(slot: number, turn: number): void;
}

/** How much of the room the page can show; widths in device pixels. */
export interface Measures {
  capacity: number;
  widths: { large: number; tile: number };
}

export class Scene {
  readonly stage = new Cell<Stage>({ screens: [], people: [] });
  readonly arrangement = new Cell<Arrangement>(NOTHING);
  readonly slots = new Cell<readonly MediaSlot[]>([]);
  /** Leaves that are heard right now. */
  readonly speaking = new Cell<ReadonlySet<number>>(new Set());
  /** The one tile to show where there is room for one. */
  readonly focus = new Cell<Tile | undefined>(undefined);
  /** The key of the tile that the person holds large. */
  readonly pinned = new Cell<string | undefined>(undefined);

  readonly #book = new SlotBook();
  readonly #speakers = new Speakers();
  readonly #layout = new Layout();
  /** By slot: the packet that a level came with last. */
  readonly #packets = new Map<number, number>();
  #view: View | undefined;
  #sources: readonly Watch['source'][] = [];
  #measures: Measures = { capacity: 16, widths: { large: 1280, tile: 320 } };
  /** The list that the server keeps to, as JSON. */
  #watched: string | undefined;

  constructor(
    private readonly choices: ChoiceBook,
    private readonly hooks: SceneHooks,
  ) {}

  /** The person wants the room otherwise. */
  choicesChanged(): void {
    this.#rearrange();
  }

  viewChanged(view: View): void {
    const names = new Map(view.people.map(({ leaf, name }) => [leaf, name]));
    for (const { leaf, name } of this.#view?.people ?? []) {
      if (names.get(leaf) === name) continue;
      this.#book.forgetLeaf(leaf);
      this.#speakers.forget(leaf);
    }
    this.#view = view;
    this.restage();
  }

  slotsChanged(slots: readonly MediaSlot[]): void {
    this.#book.reset(slots);
    this.#packets.clear();
    this.#watched = undefined;
    this.#sources = [];
    this.slots.set(slots);
    this.restage();
  }

  sourcesChanged(sources: readonly Watch['source'][]): void {
    this.#sources = sources;
    this.#ask();
  }

  ownerChanged(change: OwnerChange): void {
    this.#book.ownerChanged(change);
    this.restage();
    // The page redraws before the next task; only then may the next person's frames go on.
    setTimeout(() => this.hooks.cleared(change.slot, change.turn), 0);
  }

  /** The screen shows this frame of the slot. */
  presented(slot: number, rtpTimestamp: number | undefined): void {
    if (this.#book.presented(slot, rtpTimestamp, this.hooks.now())) this.restage();
  }

  measured(measures: Measures): void {
    this.#measures = measures;
    this.#rearrange();
  }

  /** Holds a tile large, or lets go of it if it is held already. */
  pin(key: string | undefined): void {
    this.pinned.set(this.pinned.get() === key ? undefined : key);
    this.#rearrange();
  }

  /** Whose frames a slot of this m-line carries. */
  leafOf(mid: string): number | undefined {
    const slot = this.slots.get().find((one) => one.mid === mid);
    return slot && this.#book.leafOf(slot.slot);
  }

  tick(): void {
    const now = this.hooks.now();
    for (const { slot, media, receiver } of this.slots.get()) {
      const owner = media === 'audio' ? this.#book.ownerOf(slot) : undefined;
      if (owner?.kind !== 'microphone') continue;
      const source = receiver.getSynchronizationSources()[0];
      // Browsers tell the last level for seconds after the last packet: whoever fell silent would go on speaking.
      const fresh = source !== undefined && source.rtpTimestamp !== this.#packets.get(slot);
      if (source) this.#packets.set(slot, source.rtpTimestamp);
      this.#speakers.hear(owner.leaf, fresh ? (source.audioLevel ?? 0) : 0, now);
    }
    const speaking = this.#speakers.speaking(now);
    const before = this.speaking.get();
    if (before.size !== speaking.size || [...speaking].some((leaf) => !before.has(leaf))) {
      this.speaking.set(speaking);
    }
    this.restage();
  }

  restage(): void {
    const tracks = this.hooks.tracks();
    const own = {
      microphone: tracks.microphone !== undefined,
      camera: tracks.camera !== undefined,
      screen: tracks.screen !== undefined,
    };
    const now = this.hooks.now();
    const next = stage(this.#view, own, (leaf, kind, announced) =>
      this.#book.shown({ leaf, kind }, announced, now),
    );
    setIfNew(this.stage, next);
    this.#rearrange();
  }

  #rearrange(): void {
    const { view, self } = this.choices.state.get();
    const { featured, recent } = this.#speakers;
    const next = this.#layout.arrange(this.stage.get(), {
      view,
      self,
      pinned: this.pinned.get(),
      featured,
      recent,
      capacity: this.#measures.capacity,
    });
    setIfNew(this.arrangement, next);
    const others = this.stage.get().people.filter(({ own, kind }) => !own && kind === 'camera');
    const first = others.find(({ slot }) => slot !== undefined) ?? others[0] ?? this.stage.get().people[0];
    setIfNew(this.focus, next.large ?? others.find(({ leaf }) => leaf === featured) ?? first);
    this.#ask();
  }

  #ask(): void {
    const scene = {
      sources: this.#sources,
      slots: this.slots.get(),
      people: this.#view?.people ?? [],
      arrangement: this.arrangement.get(),
      recent: this.#speakers.recent,
      widths: this.#measures.widths,
    };
    const list = watchList(scene, this.#watched !== undefined);
    const wanted = JSON.stringify(list);
    if (list && wanted !== this.#watched && this.hooks.watch(list)) this.#watched = wanted;
  }
}

function setIfNew<T>(cell: Cell<T>, next: T): void {
  if (JSON.stringify(next) !== JSON.stringify(cell.get())) cell.set(next);
}
