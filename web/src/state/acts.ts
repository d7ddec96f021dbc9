/** Acts, in words; and what became of those that are no longer open. */
import type { Act, OpenAct, TalkView } from '../e2ee/talk-messages';
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

/** A line for each act that was open and isn't any more. */
export function goneActs(before: TalkView, after: TalkView): string[] {
  const open = new Set(after.acts.map(({ id }) => id));
  return before.acts.filter(({ id }) => !open.has(id)).flatMap((gone) => {
    const words = actWords(gone.act, gone.seat_name);
    const outcome = outcomeOf(gone, before, after);
    return outcome === undefined ? [] : [text.talk.gone[outcome](words)];
  });
}

function outcomeOf({ act }: OpenAct, before: TalkView, after: TalkView): 'in_force' | 'lapsed' | undefined {
  switch (act.is) {
    case 'eject':
      return after.seats.find(({ id }) => id === act.seat)?.revoked ? 'in_force' : 'lapsed';
    case 'end':
      return after.ended ? 'in_force' : 'lapsed';
    case 'rules':
      return after.rules?.admit === act.admit ? 'in_force' : 'lapsed';
    case 'lock':
      // A room that was locked already doesn't show whether its list is another one now.
      return before.locked && after.locked ? undefined : after.locked ? 'in_force' : 'lapsed';
    case 'unlock':
      return after.locked ? 'lapsed' : 'in_force';
  }
}
