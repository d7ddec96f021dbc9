/** How a person likes the room; remembered on the device. */
import { Cell } from './cell';

export const VIEWS = ['auto', 'grid', 'speaker'] as const;
export type ViewChoice = (typeof VIEWS)[number];
export const SELF_VIEWS = ['shown', 'small', 'hidden'] as const;
export type SelfView = (typeof SELF_VIEWS)[number];
export const ANNOUNCED = ['joins', 'hands', 'chat'] as const;
export type Announced = (typeof ANNOUNCED)[number];

export interface Choices {
  view: ViewChoice;
  self: SelfView;
  /** Single keys do something. */
  shortcuts: boolean;
  /** The microphone is open only while a key or the button is held. */
  pushToTalk: boolean;
  /** What is shown and read out as it happens. */
  announce: Readonly<Record<Announced, boolean>>;
}

const DEFAULT: Choices = {
  view: 'auto',
  self: 'shown',
  shortcuts: true,
  pushToTalk: false,
  announce: { joins: true, hands: true, chat: true },
};
const KEY = 'incamera-room';

type Memory = Pick<Storage, 'getItem' | 'setItem'>;

export class ChoiceBook {
  readonly state: Cell<Choices>;

  constructor(private readonly memory?: Memory) {
    this.state = new Cell(recall(memory));
  }

  set(change: Partial<Choices>): void {
    this.state.update((choices) => ({ ...choices, ...change }));
    try {
      this.memory?.setItem(KEY, JSON.stringify(this.state.get()));
    } catch {
      // Storage may be full or forbidden: the choice then holds for this page.
    }
  }

  announce(what: Announced, on: boolean): void {
    this.set({ announce: { ...this.state.get().announce, [what]: on } });
  }
}

/** What was stored may be of another version, or damaged: what can't be read is the default. */
function recall(memory: Memory | undefined): Choices {
  try {
    const stored = JSON.parse(memory?.getItem(KEY) ?? '{}') as Partial<Choices>;
    const flag = (value: unknown, otherwise: boolean) => (typeof value === 'boolean' ? value : otherwise);
    const { joins, hands, chat } = { ...DEFAULT.announce, ...stored.announce };
    return {
      view: VIEWS.find((view) => view === stored.view) ?? DEFAULT.view,
      self: SELF_VIEWS.find((self) => self === stored.self) ?? DEFAULT.self,
      shortcuts: flag(stored.shortcuts, DEFAULT.shortcuts),
      pushToTalk: flag(stored.pushToTalk, DEFAULT.pushToTalk),
      announce: { joins: flag(joins, true), hands: flag(hands, true), chat: flag(chat, true) },
    };
  } catch {
    return DEFAULT;
  }
}
