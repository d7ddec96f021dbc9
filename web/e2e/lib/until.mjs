// Waiting for a state, never for a time.

/**
 * Polls until `probe` returns something true, and returns that.
 * @template T
 * @param {string} what what is waited for, as it reads after "waited for"
 * @param {() => Promise<T> | T} probe
 * @param {{ ms?: number, every?: number, seen?: () => unknown }} [options] `seen` is called for the message of a failure
 * @returns {Promise<T>}
 */
export async function until(what, probe, { ms = 30_000, every = 100, seen } = {}) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const detail = seen ? await seen() : last;
      throw new Error(`waited ${ms} ms for ${what}; last seen: ${show(detail)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** Whether a number is the same when it is read again a little later. */
export async function stands(read) {
  const before = await read();
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if ((await read()) !== before) return false;
  }
  return true;
}

function show(value) {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
