// Whether bytes look like noise.

import { deflateRawSync } from 'node:zlib';

/**
 * What tells sealed bytes from anything else.
 * @param {Buffer} bytes
 * @returns {{ bytes: number, chiSquare: number, pairs: number, deflated: number }} `chiSquare` of the bytes' histogram (255 degrees
 *   of freedom: about 255), `pairs` the same of neighbouring bytes' exclusive or, `deflated` the size after compression over the size before
 */
export function statistics(bytes) {
  const single = new Float64Array(256);
  const pairs = new Float64Array(256);
  for (let i = 0; i < bytes.length; i += 1) {
    single[bytes[i]] += 1;
    if (i > 0) pairs[bytes[i] ^ bytes[i - 1]] += 1;
  }
  return {
    bytes: bytes.length,
    chiSquare: chiSquare(single, bytes.length),
    pairs: chiSquare(pairs, bytes.length - 1),
    deflated: deflateRawSync(bytes, { level: 9 }).length / bytes.length,
  };
}

/** Whether no structure shows. Noise fails this less than once in a million runs. */
export function looksLikeNoise({ chiSquare: single, pairs, deflated }) {
  return [single, pairs].every((value) => value > 150 && value < 390) && deflated > 0.999;
}

function chiSquare(histogram, total) {
  const expected = total / histogram.length;
  return histogram.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
