import { describe, expect, test } from 'vitest';
import { byMarks, bySegmenter, sentences } from './sentences';

const RULES = [
  ['the browser’s rules', bySegmenter!],
  ['marks', byMarks],
] as const;

describe.each(RULES)('by %s', (_, split) => {
  test.each([
    ['abbreviations', 'Dr. Amina Diallo met Mr. Lind. They spoke for an hour.', 2],
    ['initials and titles', 'H.E. Amb. M. Okonkwo signed. J. Lind did not.', 2],
    ['organisations', 'The U.N. Secretariat took note. Nobody objected.', 2],
    ['numbers with dots', 'The quota is 1.2 million tonnes, see No. 4 of Art. 9. It rises by 4.5 per cent.', 2],
    ['a numbered line', '1. Fisheries are on the agenda. Ships come next.', 2],
    ['quotations', '“We have begun. The rest is harder,” said the chair. The session closed.', 2],
    ['a question in quotation marks', '“Will they come?” she asked. Nobody knew.', 2],
    ['straight quotation marks', 'He said: "We agree. We sign tomorrow." The press left.', 2],
    ['Arabic marks', 'هل يشمل ذلك الشاحنات؟ لا يشملها قبل نهاية العام. سيعمل المعبر 12.5 ساعة.', 3],
    ['Arabic quotations', 'قال الرئيس: «هذه بداية. والعمل أمامنا.» ثم غادر الوفد.', undefined],
    ['lines', 'A heading\nThe text begins. It ends', 3],
  ])('%s', (_name, text, count) => {
    const found = sentences(text, split);
    if (count !== undefined) expect(found).toHaveLength(count);
    for (const one of found) expect(text).toContain(one);
    expect(found.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    // What is within quotation marks isn't torn apart.
    for (const one of found) expect((one.match(/[“«]/g) ?? []).length).toBe((one.match(/[”»]/g) ?? []).length);
  });
});

test('without the joining they would be torn', () => {
  const torn = byMarks('Dr. Amina Diallo met Mr. Lind. They spoke.');
  expect(torn.length).toBeGreaterThan(2);
});
