/** What changed between two texts, word by word: lines are matched first, then words within what changed. */

export interface Change {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** More comparisons than this take too long for a page: then all of it counts as changed. */
const MOST_CELLS = 2_000_000;

export function wordDiff(before: string, after: string): Change[] {
  const found: Change[] = [];
  let removed = '';
  let added = '';
  const flush = () => {
    for (const change of withinLines(removed, added)) push(found, change);
    [removed, added] = ['', ''];
  };
  for (const { kind, text } of align(lines(before), lines(after))) {
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else {
      flush();
      push(found, { kind, text });
    }
  }
  flush();
  return found;
}

function withinLines(removed: string, added: string): Change[] {
  return removed === '' || added === '' ? whole(removed, added) : align(pieces(removed), pieces(added));
}

function whole(removed: string, added: string): Change[] {
  const both: Change[] = [{ kind: 'removed', text: removed }, { kind: 'added', text: added }];
  return both.filter(({ text }) => text !== '');
}

const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
/** Words, spaces and marks, each for itself. */
const pieces = (text: string) => text.match(/[\p{L}\p{M}\p{N}]+|\s+|[^\p{L}\p{M}\p{N}\s]/gu) ?? [];

/** By the longest common subsequence. */
function align(before: readonly string[], after: readonly string[]): Change[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const [a, b] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const same = (all: readonly string[]): Change[] => all.map((text) => ({ kind: 'same', text }));
  const middle = a.length * b.length > MOST_CELLS ? whole(a.join(''), b.join('')) : common(a, b);
  const found: Change[] = [];
  for (const change of [...same(before.slice(0, head)), ...middle, ...same(before.slice(before.length - tail))]) push(found, change);
  return found;
}

function common(a: readonly string[], b: readonly string[]): Change[] {
  const width = b.length + 1;
  // How long the rest's common subsequence is, from each place of both.
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const found: Change[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: 'same', text: a[i]! });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)) {
      found.push({ kind: 'removed', text: a[i]! });
      i += 1;
    } else {
      found.push({ kind: 'added', text: b[j]! });
      j += 1;
    }
  }
  return found;
}

/** Neighbours of one kind are one change; the old stands before the new. */
function push(found: Change[], { kind, text }: Change): void {
  const last = found.at(-1);
  const before = found.at(-2);
  if (last?.kind === kind) last.text += text;
  else if (kind === 'removed' && last?.kind === 'added' && before?.kind === 'removed') before.text += text;
  else found.push({ kind, text });
}
