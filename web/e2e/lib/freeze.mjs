// Freezes: the longest time for which a picture stood still.

/**
 * Watches a `<video>` from now on.
 * @returns {Promise<{ read: () => Promise<{ frames: number, longestGapMs: number }> }>} the gap counts what hasn't ended yet
 */
export async function watchFrames(page, selector = 'video') {
  const handle = await page.evaluateHandle((query) => {
    const state = { frames: 0, longest: 0, last: performance.now() };
    const step = () => {
      const now = performance.now();
      state.frames += 1;
      state.longest = Math.max(state.longest, now - state.last);
      state.last = now;
      // The element may change hands when tiles are laid out anew.
      document.querySelector(query)?.requestVideoFrameCallback(step);
    };
    document.querySelector(query).requestVideoFrameCallback(step);
    return state;
  }, selector);
  return {
    read: () =>
      handle.evaluate((state) => ({
        frames: state.frames,
        longestGapMs: Math.max(state.longest, performance.now() - state.last),
      })),
  };
}
