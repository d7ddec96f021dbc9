/** Which key does what. Keys are found by their place too, so that another alphabet's layout works. */

export const SHORTCUTS = [
  { action: 'microphone', key: 'm', code: 'KeyM' },
  { action: 'camera', key: 'v', code: 'KeyV' },
  { action: 'screen', key: 's', code: 'KeyS' },
  { action: 'talk', key: ' ', code: 'Space' },
  { action: 'deafen', key: 'd', code: 'KeyD' },
  { action: 'hand', key: 'h', code: 'KeyH' },
  { action: 'chat', key: 'c', code: 'KeyC' },
  { action: 'grid', key: 'g', code: 'KeyG' },
  { action: 'speaker', key: 'l', code: 'KeyL' },
  { action: 'pin', key: 'p', code: 'KeyP' },
  { action: 'full', key: 'f', code: 'KeyF' },
  { action: 'picture', key: 'i', code: 'KeyI' },
  { action: 'help', key: '?', code: undefined },
] as const;

export type Action = (typeof SHORTCUTS)[number]['action'];

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
}

/** Where the focus is: in a field that takes letters, on something that a space presses, or neither. */
export type Focus = 'typing' | 'pressable' | 'elsewhere';

export function actionOf(pressed: Pressed, focus: Focus): Action | undefined {
  const { key, code, ctrlKey, altKey, metaKey, repeat } = pressed;
  if (focus === 'typing' || ctrlKey || altKey || metaKey || repeat) return undefined;
  const letter = key.toLowerCase();
  // A Latin letter is what it says; any other key counts by its place.
  const named = SHORTCUTS.find((shortcut) => shortcut.key === letter);
  const latin = /^[\x20-\x7e]$/.test(letter);
  const action = (named ?? (latin ? undefined : SHORTCUTS.find((one) => one.code === code)))?.action;
  if (letter === '؟') return 'help';
  return action === 'talk' && focus === 'pressable' ? undefined : action;
}

export function focusOf(element: Element | null): Focus {
  if (!element) return 'elsewhere';
  if (element.closest('textarea, select, [contenteditable=""], [contenteditable="true"]')) return 'typing';
  const field = element.closest('input');
  if (field) return ['checkbox', 'radio', 'button', 'range'].includes(field.type) ? 'pressable' : 'typing';
  return element.closest('button, a[href], summary, [role="button"], video[controls]') ? 'pressable' : 'elsewhere';
}
