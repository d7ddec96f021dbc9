/**
 * Proposes the points of a quick read from a statement: sentences of its own, chosen here and shown
 * to whoever writes it. Nothing leaves the page, and nothing is put into other words.
 */
import { sentences } from './sentences';
import { common, COURTEOUS, DATED, DECIDES, LEANS, OBLIGES, shared, words } from './words';

export const MAX_POINTS = 5;
/** As long as a point may be (`docs/protocol.md`, readouts). */
export const MAX_POINT_LENGTH = 400;
/** More in common than this would say the same twice. */
const MOST_SHARED = 0.5;

export function proposePoints(text: string, headline = ''): string[] {
  const all = sentences(text);
  const candidates = all
    .map((sentence, nth) => ({ sentence, nth, score: score(sentence, nth / all.length) }))
    .filter(({ sentence }) => fits(sentence))
    .sort((one, other) => other.score - one.score || one.nth - other.nth);
  if (candidates.length === 0) return [];
  const keys = headlineKeys(headline, text);
  const covers = ({ sentence }: { sentence: string }) => covered(keys, sentence);
  const first = candidates.reduce((best, one) => (covers(one) > covers(best) ? one : best));
  const chosen = [first];
  // A short text isn't its own summary.
  const most = Math.min(MAX_POINTS, Math.ceil(all.length / 2));
  for (const one of candidates) {
    if (chosen.length >= most) break;
    if (one !== first && chosen.every(({ sentence }) => shared(sentence, one.sentence) <= MOST_SHARED)) chosen.push(one);
  }
  const rest = chosen.slice(1).sort((one, other) => one.nth - other.nth);
  return [first, ...rest].map(({ sentence }) => sentence);
}

/** The names and numbers of a headline that the text has too. */
export function headlineKeys(headline: string, text: string): Set<string> {
  const known = new Set(words(text));
  const named = new Set(
    // What is written large within a sentence is a name; at its beginning it may be any word.
    sentences(text).flatMap((one) => (one.match(/(?<=\P{L})\p{Lu}[\p{L}\p{M}'’-]*/gu) ?? []).flatMap(words)),
  );
  const keys = words(headline).filter((word) => {
    if (/\p{N}/u.test(word)) return true;
    return named.has(word) || (!/\p{Ll}/u.test(word) && word.length > 3);
  });
  return new Set(keys.filter((word) => known.has(word)));
}

export function covered(keys: ReadonlySet<string>, sentence: string): number {
  return common(keys, new Set(words(sentence)));
}

/** What stands in brackets isn't agreed on yet. */
function fits(sentence: string): boolean {
  if (/[[\]]/.test(sentence)) return false;
  return [...sentence].length <= MAX_POINT_LENGTH && words(sentence).length >= 4;
}

/** `at`: how far into the text it stands, from 0 to 1. What comes first was thought more important. */
function score(sentence: string, at: number): number {
  const numbers = words(sentence).filter((word) => /^\p{N}/u.test(word)).length;
  const points: [boolean, number][] = [
    [DECIDES.test(sentence), 3],
    [OBLIGES.test(sentence), 2],
    [DATED.test(sentence), 2],
    [numbers > 0, 1],
    [numbers > 1, 1],
    [COURTEOUS.test(sentence), -3],
    [LEANS.test(sentence), -1.5],
    [/[?؟]$/u.test(sentence), -2],
    [words(sentence).length > 45, -1],
  ];
  return points.reduce((sum, [holds, worth]) => sum + (holds ? worth : 0), 2 * (1 - at));
}
