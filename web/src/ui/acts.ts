/** What the bar, its menus and the keys can ask of the page. */
export interface Acts {
  canShare: boolean;
  canFill: boolean;
  canFloat: boolean;
  /** Whether the room fills the screen. */
  readonly full: boolean;
  /** Whether the pictures are in a small window of their own. */
  readonly floating: boolean;
  share(on: boolean): void;
  toggleChat(): void;
  openDevices(): void;
  showShortcuts(): void;
  toggleFull(): void;
  toggleFloating(): void;
  leave(): void;
}
