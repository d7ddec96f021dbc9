/** How a delegation looks: a letter, a hue and a pattern; no flags. */
import { enumerate, text } from '../text';

/** As many as a talk has delegations at most. */
export const MAX_DELEGATIONS = 16;
/** Far apart for the first ones, none of them the red that means "stop". */
const HUES = [235, 65, 305, 140, 195, 95, 270, 340] as const;
export const PATTERNS = ['stripes', 'dots', 'bars', 'checks'] as const;
export type Pattern = (typeof PATTERNS)[number];

export interface Look {
  letter: string;
  /** In degrees of OKLCH: one lightness and chroma for all makes them equal in weight. */
  hue: number;
  pattern: Pattern;
}

export function look(index: number): Look {
  return {
    letter: [...text.talk.letters][index] ?? '?',
    hue: HUES[index % HUES.length]!,
    pattern: PATTERNS[(index + Math.floor(index / HUES.length)) % PATTERNS.length]!,
  };
}

/** "A and B", for the delegations of these places. */
export function letters(indices: readonly number[]): string {
  return enumerate(indices.map((index) => look(index).letter));
}
