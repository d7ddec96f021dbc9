/** What waits, in words. */
import { text } from '../text';
import type { Next } from './life';
import { dayWords } from './times';

/** A title that is longer than this says enough by its beginning. */
const MOST = 80;

export function nextWords(next: Next, zone: string): string {
  const t = text.life.next;
  if (next.is === 'meeting') return t.meeting(dayWords(next.at, zone));
  const all = [...(next.about || text.life.readouts.untitled)];
  return t[next.is](all.length > MOST ? `${all.slice(0, MOST).join('')}…` : all.join(''));
}
