/** What the catalogues share. */

/** Keeps the direction of a name to itself (UAX #9: first strong isolate). */
export const isolate = (name: string) => `\u2068${name}\u2069`;

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/**
 * The form that a number takes (CLDR plural rules), `#` standing for the number. English has `one`
 * and `other`; Arabic has `zero`, `one`, `two`, `few` (3-10), `many` (11-99) and `other`.
 */
export function plurals(locale: string) {
  const rules = new Intl.PluralRules(locale);
  const digits = new Intl.NumberFormat(locale);
  return (count: number, forms: Forms) =>
    (forms[rules.select(count)] ?? forms.other).replace('#', digits.format(count));
}
