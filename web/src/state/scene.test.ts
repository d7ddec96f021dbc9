import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Kind, Person, View } from '../e2ee/messages';
import type { Watch } from '../wire/Watch';
import { ChoiceBook } from './choices';
import { GOOD, NO_SEAT } from './people';
import { Scene } from './scene';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('who is heard for a while is carried, named in a tile, and nobody else moves', () => {
  const bench = new Bench(8, 3, 3);
  expect(bench.where()).toBe('0 1 2 + 3 4 5 6 7');
  expect(bench.asked()).toBe('1 2 3 4 5 6 7');
  bench.speaks(6, 3000);
  expect(bench.where()).toBe('0 1 6 + 2 3 4 5 7');
  expect(bench.asked()).toBe('6 1 2 3 4 5 7');
});

test('a short noise moves nothing and asks nothing', () => {
  const bench = new Bench(8, 3, 3);
  const before = [bench.where(), bench.lists.length];
  bench.speaks(6, 500);
  expect([bench.where(), bench.lists.length]).toEqual(before);
});

test('the pinned is asked for first, and large', () => {
  const bench = new Bench(8, 3, 3);
  bench.scene.pin('7 camera P7');
  expect(bench.where()).toBe('[7] 0 1 7 + 2 3 4 5 6');
  expect(bench.asked()).toBe('7 1 2 3 4 5 6');
  bench.scene.pin('7 camera P7');
  expect(bench.where()).toBe('0 1 7 + 2 3 4 5 6');
});

test('the same list isn’t sent twice; one that couldn’t be sent is sent later; a new connection asks anew', () => {
  const bench = new Bench(8, 3, 3);
  expect(bench.lists).toHaveLength(1);
  for (let tick = 0; tick < 10; tick += 1) bench.scene.tick();
  expect(bench.lists).toHaveLength(1);
  bench.connected = false;
  bench.scene.pin('7 camera P7');
  expect(bench.lists).toHaveLength(1);
  bench.connected = true;
  bench.scene.tick();
  expect(bench.lists).toHaveLength(2);
  bench.slots(3);
  expect(bench.lists).toHaveLength(2);
  bench.sources();
  expect(bench.lists).toHaveLength(3);
});

test('the sound of a screen is nobody’s speech', () => {
  const bench = new Bench(4, 9, 16);
  bench.speaks(2, 5000, 'screen_audio');
  expect([...bench.scene.speaking.get()]).toEqual([]);
  bench.speaks(2, 500);
  expect([...bench.scene.speaking.get()]).toEqual([2]);
});

test('whoever sends no more packets is silent, whatever level was the last', () => {
  const bench = new Bench(3, 2, 9);
  const speaking = () => [...bench.scene.speaking.get()];
  bench.speaks(1, 1000);
  expect(speaking()).toEqual([1]);
  // As browsers do: the last level stands there, without a new packet.
  bench.level = 0.2;
  for (let ticks = 0; ticks < 5; ticks += 1) {
    bench.scene.tick();
    vi.advanceTimersByTime(250);
  }
  expect(speaking()).toEqual([]);
  bench.speaks(1, 250);
  expect(speaking()).toEqual([1]);
});

class Bench {
  lists: Watch[][] = [];
  connected = true;
  level = 0;
  packet = 0;
  readonly choices = new ChoiceBook();
  readonly scene = new Scene(this.choices, {
    now: () => performance.now(),
    tracks: () => ({ microphone: undefined, camera: undefined, screen: undefined, screen_audio: undefined }),
    watch: (sources) => {
      if (this.connected) this.lists.push(sources);
      return this.connected;
    },
    cleared: () => undefined,
  });

  constructor(private readonly people: number, video: number, capacity: number) {
    this.choices.set({ view: 'grid' });
    this.scene.measured({ capacity, widths: { large: 1280, tile: 320 } });
    this.scene.viewChanged(view(people));
    this.slots(video);
    this.sources();
  }

  slots(video: number): void {
    const receiver = { getSynchronizationSources: () => [{ audioLevel: this.level, rtpTimestamp: this.packet }] };
    const slot = (slot: number, media: 'audio' | 'video') => ({ slot, media, mid: `${slot}`, receiver }) as never;
    this.scene.slotsChanged([slot(0, 'audio'), ...Array.from({ length: video }, (_, at) => slot(at + 1, 'video'))]);
  }

  sources(): void {
    const others = Array.from({ length: this.people - 1 }, (_, at) => at + 1);
    this.scene.sourcesChanged(others.map((connection) => ({ connection, kind: 'camera' })));
  }

  speaks(leaf: number, ms: number, kind: Kind = 'microphone'): void {
    this.scene.ownerChanged({ slot: 0, leaf, kind, rtpTimestamp: 0, turn: 1 });
    this.level = 0.2;
    for (let passed = 0; passed < ms; passed += 250) {
      this.packet += 12_000;
      this.scene.tick();
      vi.advanceTimersByTime(250);
    }
    this.level = 0;
  }

  /** `[large] tiles + rest`. */
  where(): string {
    const { large, tiles, rest } = this.scene.arrangement.get();
    const names = (all: typeof tiles) => all.map(({ leaf }) => leaf).join(' ');
    return `${large ? `[${large.leaf}] ` : ''}${names(tiles)}${rest.length > 0 ? ` + ${names(rest)}` : ''}`;
  }

  asked(): string {
    return this.lists.at(-1)!.map(({ source }) => source.connection).join(' ');
  }
}

function view(count: number): View {
  const people = Array.from({ length: count }, (_, leaf): Person => ({
    leaf, name: `P${leaf}`, own: leaf === 0, sending: ['camera', 'microphone'], stale: false, hand: null, connection: leaf, quality: GOOD, ...NO_SEAT,
  }));
  return { state: { is: 'seated' }, title: null, room: 'room', epoch: 1, own_leaf: 0, people };
}
