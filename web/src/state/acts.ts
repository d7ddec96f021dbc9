/** Acts, in words. */
import type { Act } from '../e2ee/talk-messages';
import { text } from '../text';

export function actWords(act: Act, seatName: string | null): string {
  const t = text.talk.act;
  switch (act.is) {
    case 'eject':
      return t.eject(seatName ?? text.talk.somebody);
    case 'rules':
      return t.rules[act.admit];
    default:
      return t[act.is];
  }
}
