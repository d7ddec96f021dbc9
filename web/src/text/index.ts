/** Every word of the page, in the reader's language. `docs/translating.md` says how to add one. */
import { en } from './en';

/** The shape that every catalogue has. */
export type Messages = typeof en;

interface Language {
  /** In the language itself. */
  name: string;
  dir: 'ltr' | 'rtl';
  load(): Promise<Messages> | Messages;
}

export const LANGUAGES = {
  en: { name: 'English', dir: 'ltr', load: () => en },
  ar: { name: 'العربية', dir: 'rtl', load: async () => (await import('./ar')).ar },
} satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;

const KEY = 'incamera-language';

export function isLanguage(code: unknown): code is LanguageCode {
  return typeof code === 'string' && Object.hasOwn(LANGUAGES, code);
}

/** What was chosen on this device; else the first of the browser's languages that there is. */
export function pickLanguage(chosen: string | null, preferred: readonly string[]): LanguageCode {
  if (isLanguage(chosen)) return chosen;
  const codes = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
  return codes.find(isLanguage) ?? 'en';
}

/** Takes effect when the page is loaded again. */
export function chooseLanguage(code: LanguageCode): void {
  localStorage.setItem(KEY, code);
}

function current(): LanguageCode {
  if (typeof document === 'undefined') return 'en';
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden: the browser's languages stand.
  }
  return pickLanguage(chosen, navigator.languages);
}

export const language: LanguageCode = current();
export const text: Messages = await LANGUAGES[language].load();

const lists = new Intl.ListFormat(language, { type: 'conjunction' });

/** "A, B and C", as the reader's language has it. */
export function enumerate(parts: readonly string[]): string {
  return lists.format(parts);
}

if (typeof document !== 'undefined') {
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].dir;
}
