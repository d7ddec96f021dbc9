/** The keyboard in the room: single keys while nobody writes, and the one that is held to talk. */
import type { Room } from '../state/room';
import { type Action, actionOf, focusOf } from '../state/shortcuts';
import type { Acts } from './acts';

export class Keys {
  constructor(
    private readonly room: Room,
    private readonly acts: Acts,
  ) {}

  down(event: KeyboardEvent): void {
    // A key that is held repeats; it must neither press nor scroll anything meanwhile.
    if (event.key === ' ' && this.#holding) return event.preventDefault();
    const { room } = this;
    if (event.defaultPrevented || !room.choices.state.get().shortcuts || room.closed) return;
    if (document.querySelector('dialog[open]')) return;
    const action = actionOf(event, focusOf(document.activeElement));
    if (!action) return;
    event.preventDefault();
    this.#run(action);
  }

  up(event: KeyboardEvent): void {
    if (event.key !== ' ' || !this.#holding) return;
    event.preventDefault();
    this.#holding = false;
    this.room.pushToTalk.release();
  }

  /** Another window or tab has the keyboard: what is held there isn't seen here. */
  lost(): void {
    this.#holding = false;
    this.room.pushToTalk.release();
  }

  #holding = false;

  #run(action: Action): void {
    const { room, acts } = this;
    const { microphone, camera, screen } = room.devices.state.get();
    const own = room.view.get()?.people.find((person) => person.own);
    switch (action) {
      case 'microphone':
        return void room.setMicrophone(!microphone.on);
      case 'camera':
        return void room.devices.setCamera(!camera.on);
      case 'screen':
        return acts.canShare ? acts.share(!screen.on) : undefined;
      case 'talk':
        this.#holding = room.talk();
        return;
      case 'deafen':
        return void room.setDeaf(!room.deaf.get());
      case 'hand':
        return room.raiseHand((own?.hand ?? null) === null);
      case 'chat':
        return acts.toggleChat();
      case 'grid':
      case 'speaker':
        return room.choices.set({ view: room.choices.state.get().view === action ? 'auto' : action });
      case 'pin':
        return room.scene.pin(chosenTile() ?? room.scene.pinned.get() ?? room.scene.focus.get()?.key);
      case 'full':
        return acts.canFill ? acts.toggleFull() : undefined;
      case 'picture':
        return acts.canFloat ? acts.toggleFloating() : undefined;
      case 'help':
        return acts.showShortcuts();
    }
  }
}

/** The tile with the focus, or under the pointer. */
function chosenTile(): string | undefined {
  const tile =
    document.activeElement?.closest<HTMLElement>('[data-key]') ??
    [...document.querySelectorAll<HTMLElement>('[data-key]')].find((one) => one.matches(':hover'));
  return tile?.dataset['key'];
}
