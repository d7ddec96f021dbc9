/** The sentences of a text, each verbatim: names, figures and what is quoted aren't torn apart. */

/** What looks like the end of a sentence and is none. */
const ABBREVIATIONS = new Set(
  ('mr mrs ms dr prof st no nos art arts para paras vol ch sec fig cf vs al ed approx est dept gov gen col maj lt ' +
    'sgt rep sen hon amb min jan feb mar apr jun jul aug sep sept oct nov dec ltd inc co corp e.g i.e etc p pp').split(' '),
);
const ENDS = /[.!?؟۔…]+["'”’»)\]]*(?=\s)/gu;

type Span = readonly [start: number, end: number];
type Split = (line: string) => Span[];

/** By the browser's own rules where it has them. */
export const bySegmenter: Split | undefined =
  'Segmenter' in Intl
    ? (line) =>
        [...new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(line)].map(
          ({ index, segment }) => [index, index + segment.length] as const,
        )
    : undefined;

/** For browsers without such rules: after each mark that may end a sentence. */
export const byMarks: Split = (line) => {
  const ends = [...line.matchAll(ENDS)].map((mark) => mark.index + mark[0].length);
  const starts = [0, ...ends];
  return starts.map((start, nth) => [start, ends[nth] ?? line.length] as const);
};

/** A sentence ends with its line at the latest. */
export function sentences(text: string, split: Split = bySegmenter ?? byMarks): string[] {
  return text.split('\n').flatMap((line) => {
    const joined: [number, number][] = [];
    for (const [start, end] of split(line)) {
      const last = joined.at(-1);
      if (last && goesOn(line.slice(...last), line.slice(start, end))) last[1] = end;
      else joined.push([start, end]);
    }
    return joined.map(([start, end]) => line.slice(start, end).trim()).filter((one) => /\p{L}/u.test(one));
  });
}

/** Whether what was split is one sentence. */
function goesOn(before: string, after: string): boolean {
  const head = before.trimEnd();
  const next = after.trimStart();
  if (head === '' || next === '') return true;
  // "Will they come?" she asked.
  if (/^["'”’»)\]]*\s*\p{Ll}/u.test(next)) return true;
  if (!/\.$/u.test(head)) return opens(head);
  const word = /([\p{L}\p{N}.]+)\.$/u.exec(head)?.[1]?.toLowerCase() ?? '';
  // "No. 5", "J. Smith", "U.N. Security Council", "1. Fisheries" at the beginning of a line.
  const short = ABBREVIATIONS.has(word) || /^(?:\p{L}\.)*\p{L}$/u.test(word);
  return short || /^\P{L}*\p{N}+\.$/u.test(head) || opens(head);
}

/** Whether a quotation that was opened isn't closed yet. */
function opens(piece: string): boolean {
  const count = (mark: RegExp) => (piece.match(mark) ?? []).length;
  return count(/“/g) > count(/”/g) || count(/«/g) > count(/»/g) || count(/"/g) % 2 === 1;
}
