/** Acts, in words. */
import type { Act, OpenAct } from '../e2ee/talk-messages';
import { enumerate, text } from '../text';
import { isolate } from '../text/forms';

/** What an open act decides, with everybody whom it concerns. */
export function openActWords({ act, seat_name, shut_out }: OpenAct): string {
  const words = actWords(act, seat_name);
  return shut_out.length === 0 ? words : text.talk.lockWithout(words, enumerate(shut_out.map(isolate)));
}

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
