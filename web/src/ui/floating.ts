/** A small window with the pictures, above all others: Document Picture-in-Picture, or a video's own. */
import { mount, unmount } from 'svelte';
import type { Room } from '../state/room';
import { Cell } from '../state/cell';
import { text } from '../text';
import MiniRoom from './MiniRoom.svelte';
import type { SlotScreens } from './screens';

interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

const SIZE = { width: 400, height: 300 };

export class Floating {
  /** Whether the pictures are in their own window, so not on the page. */
  readonly open = new Cell(false);
  #close: (() => void) | undefined;

  constructor(
    private readonly room: Room,
    private readonly screens: SlotScreens,
  ) {}

  get possible(): boolean {
    return documents() !== undefined || document.pictureInPictureEnabled === true;
  }

  /** Must come from a click or a key. */
  async toggle(): Promise<void> {
    if (this.#close) return this.close();
    if (document.pictureInPictureElement) return void document.exitPictureInPicture();
    const api = documents();
    if (api) this.#fill(await api.requestWindow(SIZE));
    else await this.#floatVideo();
  }

  close(): void {
    this.#close?.();
  }

  #fill(window: Window): void {
    const { document: inner } = window;
    inner.title = text.product;
    inner.documentElement.lang = document.documentElement.lang;
    inner.documentElement.dir = document.documentElement.dir;
    inner.body.className = 'slate';
    for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style')) {
      inner.head.append(sheet.cloneNode(true));
    }
    const props = { room: this.room, screens: this.screens, back: () => window.close() };
    this.open.set(true);
    const mini = mount(MiniRoom, { target: inner.body, props });
    const ended = () => {
      this.#close = undefined;
      // Its pictures go back to the page before their window is gone.
      void unmount(mini);
      this.open.set(false);
    };
    window.addEventListener('pagehide', ended, { once: true });
    this.#close = () => {
      ended();
      window.close();
    };
  }

  async #floatVideo(): Promise<void> {
    const slot = this.room.scene.focus.get()?.slot;
    const video = slot === undefined ? undefined : this.screens.video(slot);
    if (!video) return;
    await video.requestPictureInPicture();
    // When the slot is somebody else's, the window would show another than was chosen.
    const stop = this.room.scene.stage.subscribe(({ people, screens }) => {
      if ([...people, ...screens].some((tile) => tile.slot === slot)) return;
      queueMicrotask(() => stop());
      if (document.pictureInPictureElement === video) void document.exitPictureInPicture();
    });
    video.addEventListener('leavepictureinpicture', () => stop(), { once: true });
  }
}

function documents(): DocumentPictureInPicture | undefined {
  return (globalThis as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;
}
