/** What changed in a talk that a head should be told who looks elsewhere, in the room say. */
import type { TalkView } from '../e2ee/talk-messages';
import { text } from '../text';
import { actWords } from './acts';
import { asking, undecided } from './talk-step';

export function news(before: TalkView, after: TalkView): string[] {
  const t = text.talk.news;
  const since = <T extends { id: string }>(all: (view: TalkView) => readonly T[]) => {
    const known = new Set(all(before).map(({ id }) => id));
    return all(after).filter(({ id }) => !known.has(id));
  };
  return [
    ...since(asking).map(({ name }) => t.asks(name)),
    ...since(({ waiting }) => waiting).map(({ name }) => t.approval(name)),
    ...since(undecided).map(({ act, seat_name }) => t.proposed(actWords(act, seat_name))),
  ];
}
