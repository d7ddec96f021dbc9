/** Lines that are read out and shown for a while. */
import type { SessionNotice } from '../e2ee/messages';
import { Cell } from './cell';
import type { Announced, ChoiceBook } from './choices';
import { text } from '../text';

export interface Notice {
  id: number;
  text: string;
}

const NOTICE_MS = 6_000;
const MAX_NOTICES = 3;

export class Notices {
  readonly shown = new Cell<readonly Notice[]>([]);
  #last = 0;

  constructor(private readonly choices: ChoiceBook) {}

  /** `about`: what the person may have asked not to be told. */
  tell(line: string, about?: Announced): void {
    if (about !== undefined && !this.choices.state.get().announce[about]) return;
    const id = (this.#last += 1);
    this.shown.update((notices) => [...notices, { id, text: line }].slice(-MAX_NOTICES));
    setTimeout(() => this.shown.update((notices) => notices.filter((one) => one.id !== id)), NOTICE_MS);
  }

  /** What concerns the room's safety is always told. */
  tellOf(notice: SessionNotice): void {
    // The catalogue has a text for each code; TypeScript can't tie the two unions together.
    const say = text.notices[notice.code] as (notice: SessionNotice) => string;
    const coming = notice.code === 'joined' || notice.code === 'removed';
    this.tell(say(notice), coming ? 'joins' : undefined);
  }
}
