/**
 * The microphone is open only while something is held. Whatever takes the key away (another window,
 * another tab, being muted) closes it, and it stays closed until it is pressed anew.
 */
import { Cell } from './cell';

export interface Talking {
  setMicrophone(on: boolean): Promise<void>;
  readonly state: { get(): { microphone: { on: boolean; pending: boolean } } };
}

export class PushToTalk {
  readonly held = new Cell(false);

  constructor(private readonly devices: Talking) {}

  /** Says whether the microphone opens: one that is open already isn't held. */
  press(): boolean {
    if (this.held.get()) return true;
    if (this.devices.state.get().microphone.on) return false;
    this.held.set(true);
    void this.#open();
    return true;
  }

  release(): void {
    if (!this.held.get()) return;
    this.held.set(false);
    void this.devices.setMicrophone(false);
  }

  /** The microphone was closed by something else. */
  devicesChanged(): void {
    const { on, pending } = this.devices.state.get().microphone;
    if (this.held.get() && this.#opened && !on && !pending) this.held.set(false);
  }

  #opened = false;

  async #open(): Promise<void> {
    this.#opened = false;
    await this.devices.setMicrophone(true);
    this.#opened = this.devices.state.get().microphone.on;
    // It may have been let go while the browser still asked; and it may not have opened.
    if (!this.held.get()) await this.devices.setMicrophone(false);
    else if (!this.#opened) this.held.set(false);
  }
}
