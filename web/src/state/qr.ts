/** A QR code (ISO/IEC 18004) as an SVG path. */
import encodeQR from 'qr';

/** The light margin that readers need, in modules. */
const BORDER = 4;

/** The dark modules, one unit a side, in a square of `size` units. */
export function qrPath(words: string): { size: number; path: string } {
  const modules = encodeQR(words, 'raw', { ecc: 'medium', border: BORDER });
  const path = modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return { size: modules.length, path };
}
