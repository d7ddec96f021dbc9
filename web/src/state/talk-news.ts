/** What changed in a talk that a head should be told who looks elsewhere, in the room say. */
import type { LifeView } from '../e2ee/life-messages';
import type { TalkView } from '../e2ee/talk-messages';
import { text } from '../text';
import { openActWords } from './acts';
import { asking, undecided } from './talk-step';
import { told } from './timeline';
import { ownZone } from './times';

export function news(before: TalkView, after: TalkView): string[] {
  const t = text.talk.news;
  const since = <T extends { id: string }>(all: (view: TalkView) => readonly T[]) => {
    const known = new Set(all(before).map(({ id }) => id));
    return all(after).filter(({ id }) => !known.has(id));
  };
  return [
    ...since(asking).map(({ name }) => t.asks(name)),
    ...since(({ waiting }) => waiting).map(({ name }) => t.approval(name)),
    ...since(undecided).map((act) => t.proposed(openActWords(act))),
  ];
}

/** What another side wrote since. */
export function lifeNews(before: LifeView, after: LifeView, { own, delegations }: TalkView): string[] {
  const last = Math.max(-1, ...before.timeline.map(({ position }) => position));
  const theirs = after.timeline.filter(({ position, by }) => position > last && by !== null && by.delegation !== own.delegation);
  const fresh = new Set(theirs.map(({ position }) => position));
  if (fresh.size === 0) return [];
  const lines = told(after, { delegations, zone: ownZone() });
  return lines.filter(({ position }) => fresh.has(position)).map(({ says }) => says);
}
