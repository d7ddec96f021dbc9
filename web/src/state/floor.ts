/** Raised hands and reactions: what people tell each other without a word. */
import type { SessionEvent, View } from '../e2ee/messages';
import { Cell } from './cell';
import type { Notices } from './notices';
import { text } from '../text';

export type Reaction = Extract<SessionEvent, { type: 'reaction' }>['reaction'];
export const REACTIONS: readonly Reaction[] = ['agree', 'disagree', 'thanks', 'applause', 'slower'];

/** How long a reaction stands on a tile. */
const SHOWN_MS = 5_000;

/** More than so many in a while are dropped by the others (R-P1). */
const AT_MOST = 2;
const WITHIN_MS = 1_100;

interface Shown {
  reaction: Reaction;
  id: number;
}

export class Floor {
  /** By leaf. */
  readonly reactions = new Cell<ReadonlyMap<number, Shown>>(new Map());
  #last = 0;
  /** When one reacted lately. */
  #reactedAt: number[] = [];

  constructor(private readonly notices: Notices) {}

  /** Says whether a reaction would be shown to the others now, and tells the person if not. */
  mayReact(reachable: boolean, now: number): boolean {
    this.#reactedAt = this.#reactedAt.filter((at) => now - at < WITHIN_MS);
    const may = reachable && this.#reactedAt.length < AT_MOST;
    if (may) this.#reactedAt.push(now);
    else this.notices.tell(reachable ? text.floor.tooFast : text.floor.notNow);
    return may;
  }

  reacted({ leaf, name, own, reaction }: Extract<SessionEvent, { type: 'reaction' }>): void {
    const id = (this.#last += 1);
    this.reactions.update((shown) => new Map(shown).set(leaf, { reaction, id }));
    setTimeout(() => this.#forget(leaf, id), SHOWN_MS);
    const words = text.floor.reactions[reaction];
    this.notices.tell(own ? text.floor.youReacted(words) : text.floor.reacted(name, words), 'hands');
  }

  /** Tells who raised a hand; who lowers theirs isn't told. */
  viewChanged(before: View | undefined, view: View): void {
    // Who comes in sees the hands that are raised already.
    if (before?.state.is !== 'seated') return;
    const raised = new Set(before.people.filter(({ hand }) => hand !== null).map(({ leaf, name }) => `${leaf} ${name}`));
    for (const { leaf, name, hand, own } of view.people) {
      if (hand === null || own || raised.has(`${leaf} ${name}`)) continue;
      this.notices.tell(text.floor.raised(name), 'hands');
    }
  }

  #forget(leaf: number, id: number): void {
    if (this.reactions.get().get(leaf)?.id !== id) return;
    const left = new Map(this.reactions.get());
    left.delete(leaf);
    this.reactions.set(left);
  }
}
