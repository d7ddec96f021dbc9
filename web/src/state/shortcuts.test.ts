import { expect, test } from 'vitest';
import { actionOf, type Pressed, SHORTCUTS } from './shortcuts';

const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
  key, code: '', ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more,
});

test.each(SHORTCUTS.map(({ key, action }) => [key, action] as const))('%j is %s', (key, action) => {
  expect(actionOf(press(key), 'elsewhere')).toBe(action);
});

test('no key has two meanings', () => {
  expect(new Set(SHORTCUTS.map(({ key }) => key)).size).toBe(SHORTCUTS.length);
});

test('with caps lock it is the same', () => {
  expect(actionOf(press('M'), 'elsewhere')).toBe('microphone');
});

test('an Arabic layout’s key counts by its place, a Latin one by its letter', () => {
  expect(actionOf(press('ة', { code: 'KeyM' }), 'elsewhere')).toBe('microphone');
  expect(actionOf(press('؟', { code: 'Slash' }), 'elsewhere')).toBe('help');
  expect(actionOf(press('q', { code: 'KeyM' }), 'elsewhere')).toBeUndefined();
});

test('whoever writes presses no shortcut', () => {
  for (const { key } of SHORTCUTS) expect(actionOf(press(key), 'typing')).toBeUndefined();
});

test('a space on a button is the button’s', () => {
  expect(actionOf(press(' '), 'pressable')).toBeUndefined();
  expect(actionOf(press('m'), 'pressable')).toBe('microphone');
});

test('the browser’s own shortcuts and a key held down are let be', () => {
  for (const more of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }, { repeat: true }]) {
    expect(actionOf(press('f', more), 'elsewhere')).toBeUndefined();
  }
});
