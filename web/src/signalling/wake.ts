/** Notices that the machine slept, the network changed, or the page is looked at again. */
import type { WakeCause } from './socket';

const TICK_MS = 1_000;
/** A hidden page's timers come once a second at best; a minute apart it costs a ping. */
const GAP_MS = 4_000;

export interface WakeParts {
  page: Pick<Document, 'visibilityState' | 'addEventListener'>;
  window: Pick<Window, 'addEventListener'>;
  /** The network's own events, where the browser has them (Network Information API). */
  network: (Pick<EventTarget, 'addEventListener'> & { readonly type?: string }) | undefined;
  /** The clock on the wall: others stand still while the machine sleeps. */
  now(): number;
  setInterval(run: () => void, ms: number): unknown;
}

export function watchForWake(parts: WakeParts, wake: (cause: WakeCause) => void): void {
  let last = parts.now();
  parts.setInterval(() => {
    const now = parts.now();
    if (now - last > GAP_MS) wake('slept');
    last = now;
  }, TICK_MS);
  parts.window.addEventListener('online', () => wake('network'));
  // It also tells of every estimate of how fast the network is.
  let type = parts.network?.type;
  parts.network?.addEventListener('change', () => {
    const former = type;
    type = parts.network?.type;
    if (type !== former) wake('network');
  });
  parts.page.addEventListener('visibilitychange', () => {
    if (parts.page.visibilityState === 'visible') wake('visible');
  });
}
