/** What is different on a phone. */

/** A finger on a small screen: fewer pictures at once, and smaller ones. */
export function isPhone(): boolean {
  const { width, height } = screen;
  return matchMedia('(pointer: coarse)').matches && Math.min(width, height) < 600;
}

/** Holds the screen awake while it is wanted; the system lets go of it when the page is hidden. */
export class WakeLock {
  #wanted = false;
  #lock: WakeLockSentinel | undefined;

  constructor(
    private readonly api: Pick<globalThis.WakeLock, 'request'> | undefined,
    private readonly page: Pick<Document, 'visibilityState' | 'addEventListener'>,
  ) {
    page.addEventListener('visibilitychange', () => void this.#settle());
  }

  hold(wanted: boolean): void {
    this.#wanted = wanted;
    void this.#settle();
  }

  async #settle(): Promise<void> {
    if (!this.#wanted) {
      await this.#lock?.release().catch(() => undefined);
      this.#lock = undefined;
      return;
    }
    if (this.page.visibilityState !== 'visible' || (this.#lock && !this.#lock.released)) return;
    // Low battery may forbid it: the screen then does as the system says.
    const lock = await this.api?.request('screen').catch(() => undefined);
    if (this.#wanted) this.#lock = lock;
    else await lock?.release().catch(() => undefined);
  }
}
