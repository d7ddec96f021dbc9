import decodeQR from 'qr/decode.js';
import { expect, test } from 'vitest';
import { qrPath } from './qr';

const LINK = `https://talks.example/t/${'A'.repeat(22)}#1.${'b'.repeat(43)}`;

test('what is drawn is read as what was meant', () => {
  expect(decodeQR(draw(qrPath(LINK)))).toBe(LINK);
});

test('a drawing with a third of it gone isn’t read', () => {
  const { size, path } = qrPath(LINK);
  expect(() => decodeQR(draw({ size, path: path.slice(0, (path.length * 2) / 3) }))).toThrow();
});

/** Four pixels a module. */
function draw({ size, path }: { size: number; path: string }) {
  const width = size * 4;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let dy = 0; dy < 4; dy += 1) {
      for (let dx = 0; dx < 4; dx += 1) {
        data.fill(0, ...span((Number(y) * 4 + dy) * width + Number(x) * 4 + dx));
      }
    }
  }
  return { width, height: width, data };
}

/** Red, green and blue of a pixel. */
function span(pixel: number): [number, number] {
  return [pixel * 4, pixel * 4 + 3];
}
