/** What was typed and not sent yet: a reload of the tab, to another version say, keeps it. */
const KEY = 'incamera-draft';

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** `form`: which of several it is; the chat's has no name. */
export function readDraft(store: Store, form = ''): string {
  try {
    return store.getItem(KEY + form) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(store: Store, words: string, form = ''): void {
  try {
    if (words === '') store.removeItem(KEY + form);
    else store.setItem(KEY + form, words);
  } catch {
    // Full or forbidden storage costs the draft, not the talk.
  }
}

/** The fields of a form as they were left, those alone that the form still has. */
export function readFields<T extends object>(store: Store, form: string, initial: T): T {
  try {
    const kept = JSON.parse(readDraft(store, `:${form}`)) as unknown;
    if (typeof kept !== 'object' || kept === null) return initial;
    const known = Object.entries(kept).filter(
      ([name, value]) => Object.hasOwn(initial, name) && sameKind(value, initial[name as keyof T]),
    );
    return { ...initial, ...Object.fromEntries(known) };
  } catch {
    return initial;
  }
}

export function keepFields(store: Store, form: string, fields: object | undefined): void {
  keepDraft(store, fields === undefined ? '' : JSON.stringify(fields), `:${form}`);
}

function sameKind(value: unknown, like: unknown): boolean {
  return typeof value === typeof like && Array.isArray(value) === Array.isArray(like);
}
