/** The room's threshold: name, camera, microphone, network. */
import type { Devices } from '../media/devices';
import { Cell } from './cell';
import type { Network } from './network';
import type { Talk } from './talk';

export interface PrejoinState {
  name: string;
  entering: boolean;
  /** Why it didn't go on, for people. `field` is what has to be changed. */
  problem: { text: string; field?: 'name' } | undefined;
}

/** A problem that the person can mend in a field of the page. */
export class FieldProblem<F extends string = string> extends Error {
  constructor(
    readonly field: F,
    message: string,
  ) {
    super(message);
  }
}

/** How others come in. */
export interface Invitation {
  link: string;
  code: string;
}

export interface PrejoinParts {
  devices: Devices;
  network: Network;
  /** If this tab made the talk. */
  invitation: Invitation | undefined;
  name: string;
  /**
   * What entering means: going into the room; the same under the name of one's seat; or asking for
   * a seat under the name that is typed.
   */
  purpose?: 'enter' | 'seated' | 'ask';
  /** The talk between delegations that it belongs to. */
  talk?: Talk;
  /** To the page that it was come from, if there is one. */
  back?(): void;
  named(name: string): void;
  enter(name: string): Promise<void>;
}

export class Prejoin {
  readonly state: Cell<PrejoinState>;

  constructor(private readonly parts: PrejoinParts) {
    this.state = new Cell<PrejoinState>({ name: parts.name, entering: false, problem: undefined });
  }

  get devices(): Devices {
    return this.parts.devices;
  }

  get network(): Network {
    return this.parts.network;
  }

  get invitation(): Invitation | undefined {
    return this.parts.invitation;
  }

  get purpose(): 'enter' | 'seated' | 'ask' {
    return this.parts.purpose ?? 'enter';
  }

  get talk(): Talk | undefined {
    return this.parts.talk;
  }

  get back(): (() => void) | undefined {
    const { back } = this.parts;
    return back && (() => back());
  }

  setName(name: string): void {
    this.state.update((state) => ({ ...state, name, problem: undefined }));
    this.parts.named(tidy(name));
  }

  async enter(): Promise<void> {
    const { name, entering } = this.state.get();
    if (entering) return;
    this.state.update((state) => ({ ...state, entering: true, problem: undefined }));
    try {
      await this.parts.enter(tidy(name));
    } catch (error) {
      const text = (error as Error).message;
      const problem = error instanceof FieldProblem ? { text, field: 'name' as const } : { text };
      this.state.update((state) => ({ ...state, entering: false, problem }));
    }
  }
}

/** NFC, one space between words, none around. */
export function tidy(name: string): string {
  return name.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
