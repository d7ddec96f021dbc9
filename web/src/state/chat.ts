import { Cell } from './cell';

export interface ChatMessage {
  id: number;
  leaf: number;
  name: string;
  text: string;
  own: boolean;
}

export interface ChatState {
  messages: readonly ChatMessage[];
  open: boolean;
  unread: number;
}

/** The oldest are forgotten beyond this many. */
const MAX_MESSAGES = 500;
export const MAX_CHAT_LENGTH = 2000;

export class Chat {
  readonly state = new Cell<ChatState>({ messages: [], open: false, unread: 0 });
  #lastId = 0;

  add(message: Omit<ChatMessage, 'id'>): void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.state.update((state) => ({
      ...state,
      messages: [...state.messages, { ...message, id }].slice(-MAX_MESSAGES),
      unread: state.open || message.own ? state.unread : state.unread + 1,
    }));
  }

  setOpen(open: boolean): void {
    this.state.update((state) => ({ ...state, open, unread: open ? 0 : state.unread }));
  }
}
