import { expect, test } from 'vitest';
import { watchForWake } from './wake';

test('a gap in time, the network and the eye each wake', () => {
  let now = 0;
  let tick = () => {};
  const causes: string[] = [];
  const window = new EventTarget();
  const network = Object.assign(new EventTarget(), { type: 'wifi' });
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' as DocumentVisibilityState });
  const parts = {
    page: page as unknown as Document,
    window: window as unknown as Window,
    network,
    now: () => now,
    setInterval: (run: () => void) => (tick = run),
  };
  watchForWake(parts, (cause) => causes.push(cause));
  for (const step of [1_000, 1_000, 3_000, 60_000, 1_000]) {
    now += step;
    tick();
  }
  expect(causes).toEqual(['slept']);
  window.dispatchEvent(new Event('online'));
  network.dispatchEvent(new Event('change'));
  expect(causes).toEqual(['slept', 'network']);
  network.type = 'cellular';
  network.dispatchEvent(new Event('change'));
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(causes).toEqual(['slept', 'network', 'network', 'visible']);
});
