/** The room's threshold: name, camera, microphone. */
import type { Devices } from '../media/devices';
import { Cell } from './cell';

export interface PrejoinState {
  name: string;
  entering: boolean;
  /** Why it didn't go on, for people. */
  problem: string | undefined;
}

export class Prejoin {
  readonly state: Cell<PrejoinState>;

  constructor(
    readonly devices: Devices,
    /** The whole invitation link, if this tab made the talk. */
    readonly invitation: string | undefined,
    name: string,
    private readonly enterRoom: (name: string) => Promise<void>,
  ) {
    this.state = new Cell<PrejoinState>({ name, entering: false, problem: undefined });
    void devices.askForBoth();
  }

  setName(name: string): void {
    this.state.update((state) => ({ ...state, name, problem: undefined }));
  }

  async enter(): Promise<void> {
    const { name, entering } = this.state.get();
    if (entering) return;
    this.state.update((state) => ({ ...state, entering: true, problem: undefined }));
    try {
      await this.enterRoom(tidy(name));
    } catch (error) {
      const problem = (error as Error).message;
      this.state.update((state) => ({ ...state, entering: false, problem }));
    }
  }
}

/** NFC, one space between words, none around. */
export function tidy(name: string): string {
  return name.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
