/** What was typed and not sent yet: a reload of the tab, to another version say, keeps it. */
const KEY = 'incamera-draft';

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function readDraft(store: Store): string {
  try {
    return store.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(store: Store, words: string): void {
  try {
    if (words === '') store.removeItem(KEY);
    else store.setItem(KEY, words);
  } catch {
    // Full or forbidden storage costs the draft, not the talk.
  }
}
