import { describe, expect, test } from 'vitest';
import { covered, headlineKeys, MAX_POINT_LENGTH, MAX_POINTS, proposePoints } from './propose';
import { SAMPLES, type Sample } from './samples';
import { sentences } from './sentences';
import { shared } from './words';

/** What is wrong with points that were proposed. */
function faults({ text, headline }: Pick<Sample, 'text' | 'headline'>, points: readonly string[]): string[] {
  const found: string[] = [];
  if (points.length > MAX_POINTS) found.push('too many');
  const whole = new Set(sentences(text));
  for (const [nth, point] of points.entries()) {
    if (!text.includes(point)) found.push(`not verbatim: ${nth}`);
    else if (!whole.has(point)) found.push(`no sentence: ${nth}`);
    if ([...point].length > MAX_POINT_LENGTH) found.push(`too long: ${nth}`);
    const alike = points.slice(nth + 1).some((other) => shared(point, other) > 0.5);
    if (alike) found.push(`says the same as another: ${nth}`);
  }
  const keys = headlineKeys(headline, text);
  if (covered(keys, points[0] ?? '') < keys.size) found.push('the headline isn’t covered');
  return found;
}

describe.each(SAMPLES)('of $kind', (sample) => {
  const points = proposePoints(sample.text, sample.headline);

  test('the points are sentences of its own, few, each of its own kind, the headline first', () => {
    expect(faults(sample, points)).toEqual([]);
    expect(points.length).toBeGreaterThanOrEqual(4);
    // The headline says something that can be covered.
    expect(headlineKeys(sample.headline, sample.text).size).toBeGreaterThanOrEqual(2);
  });

  test('decisions, dates and numbers are among them; courtesies aren’t', () => {
    for (const news of sample.news) expect(points.some((point) => point.includes(news)), news).toBe(true);
    expect(points.join(' ')).not.toMatch(/thanked|appreciation|hospitality|مثمرة|الضيافة/);
  });

  test('each of these faults would be found', () => {
    const [first = '', second = ''] = points;
    const all = sentences(sample.text);
    expect(faults(sample, all)).toContain('too many');
    expect(faults(sample, [first.replace(/.$/u, '')])).toContain('no sentence: 0');
    expect(faults(sample, [`${first} `.repeat(2)])).toContain('not verbatim: 0');
    expect(faults(sample, [first, first])).toContain('says the same as another: 0');
    expect(faults(sample, [second])).toContain('the headline isn’t covered');
    const long = `${'word '.repeat(100)}ends.`;
    expect(faults({ text: long, headline: '' }, [long])).toContain('too long: 0');
  });
});

test('text in brackets waits, and what is too long for a point is left', () => {
  const text = 'The sides agreed to meet on 3 May. [The sides agreed to withdraw by 4 June.] Nothing else was said in public. The press was not admitted.';
  expect(proposePoints(text).join(' ')).not.toContain('[');
  const long = `The sides agreed on ${'this and '.repeat(60)}that. The sides meet again on 3 May.`;
  expect(proposePoints(long)).toEqual(['The sides meet again on 3 May.']);
});

test('nothing comes of nothing', () => {
  for (const text of ['', '   \n\n', '1. 2. 3.', 'Agreed.']) expect(proposePoints(text, 'A headline')).toEqual([]);
});
