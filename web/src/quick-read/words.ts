/** Words of a sentence, and those that say that something was decided, promised or dated. */

/** In small letters, without vowel signs and stretching of Arabic. */
export function words(text: string): string[] {
  const plain = text.normalize('NFC').replaceAll(/[\u0640\u064b-\u065f]/g, '');
  return plain.toLowerCase().match(/\p{N}+(?:[.,:/-]\p{N}+)*|[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*/gu) ?? [];
}

/** How much of the shorter one's words both have. */
export function shared(one: string, other: string): number {
  const [a, b] = [new Set(words(one)), new Set(words(other))];
  const least = Math.min(a.size, b.size);
  return least === 0 ? 0 : common(a, b) / least;
}

/** How many both sets have. */
export function common(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...one].filter((word) => other.has(word)).length;
}

const any = (list: string) => new RegExp(`(?<![\\p{L}\\p{N}])(?:${list})(?![\\p{L}\\p{N}])`, 'iu');

const MONTHS =
  'january|february|march|april|may|june|july|august|september|october|november|december|' +
  'يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|' +
  'كانون|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين';

export const DECIDES = any(
  'agreed?|agrees|agreement|decided?|decides|adopted|adopts|signed|signs|approved|approves|undertakes?|undertook|' +
    'committed|commits|established?|establishes|' +
    'و?(?:اتفق|اتفقا|اتفقت|اتفقوا|يتفق|قرر|قررا|قررت|تقرر|اعتمد|اعتمدا|وقّ?ع|وقعا|تعهد|تعهدا|تعهدت|التزم|التزما|أقر|أقرا)',
);
export const OBLIGES = any(
  'will|shall|must|no later than|not later than|at the latest|deadline|within|until|' +
    'و?(?:سوف|يجب|خلال|بحلول|قبل|على أن|في موعد|يلتزم|تلتزم|س[يت]\\p{L}{3,})',
);
export const DATED = new RegExp(
  `${any(`\\p{N}{1,2}(?:st|nd|rd|th)?\\s+(?:${MONTHS})|(?:${MONTHS})\\s+\\p{N}{1,4}`).source}|\\p{N}{1,2}[./]\\p{N}{1,2}[./]\\p{N}{2,4}|\\p{N}{4}-\\p{N}{2}-\\p{N}{2}`,
  'iu',
);
/** Courtesies: true of every meeting, so news of none. */
export const COURTEOUS = any(
  'thank(?:s|ed)?|appreciation|gratitude|hospitality|cordial|fruitful|warm(?:ly)?|frank|constructive|' +
    'شكر|شكرا|امتنان\\p{L}*|تقدير\\p{L}*|ضيافة|ودية|مثمرة|بنّ?اءة',
);
/** Means something that was said before. */
export const LEANS = /^(?:this|these|that|those|it|they|he|she|however|moreover|also|such|وذلك|هذا|هذه|ذلك|كما|وكان|لكن)(?![\p{L}])/iu;
