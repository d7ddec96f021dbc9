/** Says by the browser that something is new, while the page isn't looked at. It says no more than that. */
import { Cell } from './cell';

export interface AlertParts {
  /** Nothing where the browser has no such thing. */
  permission(): NotificationPermission | undefined;
  request(): Promise<NotificationPermission>;
  show(words: string): void;
  hidden(): boolean;
}

export class Alerts {
  readonly permission: Cell<NotificationPermission | undefined>;

  constructor(private readonly parts: AlertParts) {
    this.permission = new Cell(parts.permission());
  }

  async ask(): Promise<void> {
    this.permission.set(await this.parts.request());
  }

  tell(words: string): void {
    if (this.permission.get() === 'granted' && this.parts.hidden()) this.parts.show(words);
  }
}
