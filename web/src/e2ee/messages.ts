/** What the page and its one worker say to each other. */

export type Kind = 'microphone' | 'camera' | 'screen';

/** In the order of the offer's sending m-lines; the index is the number that the wasm API takes. */
export const KINDS: readonly Kind[] = ['microphone', 'camera', 'screen'];

/** A person of the room, from the MLS tree and nowhere else. */
export interface Person {
  leaf: number;
  name: string;
  own: boolean;
  /** What their beats announce that they send. */
  sending: Kind[];
  /** Whether nothing was heard of them for a while. */
  stale: boolean;
}

/** Where one stands. A stopped session sends and opens nothing any more. */
export type SessionState =
  | { is: 'joining' }
  | { is: 'seated' }
  | { is: 'stopped'; code: string }
  | { is: 'left' };

/** All that there is to show, from verified data alone. */
export interface View {
  state: SessionState;
  title: string | null;
  room: string | null;
  epoch: number;
  own_leaf: number | null;
  people: Person[];
}

/** Something that a person should know; which fields it has depends on its code. */
export interface SessionNotice {
  code: string;
  name?: string;
  by?: string | null;
  text?: string;
}

/** What a session tells the page. */
export type SessionEvent =
  | { type: 'view'; view: View }
  | { type: 'chat'; leaf: number; name: string; text: string; own: boolean }
  | { type: 'send_key_frame' }
  | { type: 'notice'; notice: SessionNotice };

/** Questions that need no session; each is answered by a `reply` of the same `id`. */
export type Call =
  | { name: 'propose'; title: string }
  | { name: 'newSeat'; person: string }
  | { name: 'accessKey'; talk: string; fragment: string }
  | { name: 'sign'; talk: string; fragment: string; origin: string; nonce: string }
  | { name: 'selfTest' };

export interface Answers {
  propose: { talk: string; access: string; record: string; fragment: string };
  newSeat: string;
  accessKey: string;
  sign: string;
  selfTest: { mls: boolean; sframe: boolean; vectors: number };
}

export type ToWorker =
  | { type: 'call'; id: number; call: Call }
  | { type: 'open'; talk: string; fragment: string; seat: string }
  /** A wire `ServerMessage` or a session input, as JSON. */
  | { type: 'input'; json: string }
  /** The page hid what the slot showed: its next owner's frames may go to the decoder. */
  | { type: 'cleared'; slot: number; turn: number };

export type FromWorker =
  | { type: 'reply'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: string }
  /** A wire `ClientMessage`, as JSON, to be sent as it is. */
  | { type: 'send'; json: string }
  | { type: 'event'; event: SessionEvent }
  | ({ type: 'owner' } & OwnerChange)
  /** A command that the session didn't carry out; for people. */
  | { type: 'refused'; error: string }
  /** The session can't go on; frames are dropped from here on. */
  | { type: 'broken'; error: string };

/** From `rtpTimestamp` on, a slot's frames were sealed by this leaf. */
export interface OwnerChange {
  slot: number;
  leaf: number;
  kind: Kind;
  rtpTimestamp: number;
  /** To be repeated in `cleared`. */
  turn: number;
}

/** What a transform is told when it is made. */
export type TransformOptions =
  | { direction: 'send'; kind: Kind }
  | { direction: 'receive'; slot: number; media: 'audio' | 'video' };
