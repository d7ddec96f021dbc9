// The files that Chromium takes its fake camera and microphone from.

import { writeFileSync } from 'node:fs';

import { COLOURS, HEIGHT, WIDTH } from './people.mjs';

const FRAMES = 20;
/** A bar of noise along the middle: without it a still picture costs a codec next to nothing. */
export const NOISE = { top: 160, bottom: 200 };

/** Writes a second of a test card of four quadrants as YUV4MPEG2 (BT.601, limited range). */
export function writeCard(path, colours) {
  const still = [0, 1, 2].map((component) => plane(colours, component));
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES}:1 Ip A1:1 C420jpeg\n`)];
  for (let i = 0; i < FRAMES; i += 1) {
    const luma = Buffer.from(still[0]);
    const [from, to] = [NOISE.top * WIDTH, NOISE.bottom * WIDTH];
    for (let at = from; at < to; at += 1) luma[at] = 64 + Math.floor(Math.random() * 128);
    parts.push(Buffer.from('FRAME\n'), luma, still[1], still[2]);
  }
  writeFileSync(path, Buffer.concat(parts));
}

function plane(colours, component) {
  const scale = component === 0 ? 1 : 2;
  const [width, height] = [WIDTH / scale, HEIGHT / scale];
  const values = colours.map((name) => yuv(COLOURS[name])[component]);
  const bytes = Buffer.alloc(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = y < height / 2 ? 0 : 2;
    bytes.fill(values[row], y * width, y * width + width / 2);
    bytes.fill(values[row + 1], y * width + width / 2, (y + 1) * width);
  }
  return bytes;
}

/** Writes a second of a still figure before a wall, for pictures that people look at. */
export function writeFigure(path, { wall, clothes, skin, hair }) {
  const planes = [0, 1, 2].map((component) => {
    const scale = component === 0 ? 1 : 2;
    const [width, height] = [WIDTH / scale, HEIGHT / scale];
    const bytes = Buffer.alloc(width * height);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        bytes[y * width + x] = smooth(x, y, width, height, { wall, clothes, skin, hair })[component];
      }
    }
    return bytes;
  });
  const frame = Buffer.concat([Buffer.from('FRAME\n'), ...planes]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES}:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: FRAMES }, () => frame)]));
}

/** The colour of a pixel as the mean of nine points in it: edges aren't jagged. */
function smooth(x, y, width, height, person) {
  const points = [];
  for (const dx of [1 / 6, 1 / 2, 5 / 6]) {
    for (const dy of [1 / 6, 1 / 2, 5 / 6]) points.push(figure((x + dx) / width - 0.5, (y + dy) / height, person));
  }
  return yuv([0, 1, 2].map((channel) => points.reduce((sum, point) => sum + point[channel], 0) / points.length));
}

/** The colour at `x` (-0.5 to 0.5) and `y` (0 to 1) of head, hair and shoulders. */
function figure(x, y, { wall, clothes, skin, hair }) {
  const inside = (cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  if (inside(0, 0.42, 0.105, 0.215)) return inside(0, 0.27, 0.12, 0.11) ? hair : skin;
  if (inside(0, 0.38, 0.122, 0.225) && y < 0.42) return hair;
  if (Math.abs(x) < 0.045 && y > 0.55 && y < 0.72) return skin;
  if (inside(0, 1.02, 0.27, 0.36)) return clothes;
  const light = 1 - 0.28 * y - 0.2 * Math.abs(x + 0.2);
  return wall.map((value) => value * light);
}

function yuv([r, g, b]) {
  return [
    16 + 0.257 * r + 0.504 * g + 0.098 * b,
    128 - 0.148 * r - 0.291 * g + 0.439 * b,
    128 + 0.439 * r - 0.368 * g - 0.071 * b,
  ].map(Math.round);
}

/** Writes ten seconds of a sine as a 48 kHz mono WAV; it has no seam when it is repeated. */
export function writeTone(path, hertz) {
  const rate = 48_000;
  const samples = rate * 10;
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i += 1) {
    bytes.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * hertz * i) / rate)), 44 + i * 2);
  }
  writeFileSync(path, bytes);
}
