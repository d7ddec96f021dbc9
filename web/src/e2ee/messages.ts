/** What the page and its one worker say to each other. */
import type {
  SessionCommand,
  SessionEvent as RoomEvent,
  SessionNotice,
  SessionPerson,
  SessionQualityCause,
  SessionQualityLevel,
  SessionReaction,
  SessionState,
  SessionView,
} from './pkg/incamera_e2ee_wasm';
import type { PersonSeat, TalkAnswers, TalkCall, TalkCommand, TalkEvent, TalkOpening } from './talk-messages';

export type Kind = 'microphone' | 'camera' | 'screen' | 'screen_audio';

/** In the order of the offer's sending m-lines; the index is the number that the wasm API takes. */
export const KINDS: readonly Kind[] = ['microphone', 'camera', 'screen', 'screen_audio'];

/** Carried in audio slots. */
export function isAudio(kind: Kind): boolean {
  return kind === 'microphone' || kind === 'screen_audio';
}

export type { SessionCommand, SessionNotice, SessionState };
export type Reaction = SessionReaction;
export type QualityLevel = SessionQualityLevel;
export type QualityCause = SessionQualityCause;
/** A person of the room, from the MLS tree and nowhere else. */
export type Person = SessionPerson & PersonSeat;
/** All that there is to show, from verified data alone. */
export type View = Omit<SessionView, 'people'> & { people: Person[] };
/** What a session tells, of a room or of a talk between delegations. */
export type SessionEvent = Exclude<RoomEvent, { type: 'view' }> | { type: 'view'; view: View } | TalkEvent;

/** Questions that need no session; each is answered by a `reply` of the same `id`. */
export type Call =
  /** Reads a link or a typed code; fails with an `InvitationProblem` as the error's message. */
  | { name: 'readInvitation'; text: string }
  /** Signs that a talk is to be destroyed; for the body of `POST …/destroy`. */
  | { name: 'signDestroy'; talk: string; controlSecret: string; origin: string }
  | { name: 'propose'; title: string }
  | { name: 'newSeat'; person: string }
  | { name: 'accessKey'; talk: string; fragment: string }
  | { name: 'sign'; talk: string; fragment: string; origin: string; nonce: string }
  | { name: 'selfTest' }
  /** Answered once all that came before was handled, and what it led to was told. */
  | { name: 'settled' }
  | TalkCall;

export interface Answers extends TalkAnswers {
  propose: {
    talk: string;
    access: string;
    record: string;
    fragment: string;
    /** The same secret as the fragment, to be read out and typed. */
    code: string;
    /** Public half of the key that can have the talk destroyed. */
    control: string;
    /** Its private half: stays with the proposer. */
    control_secret: string;
  };
  readInvitation: Invitation;
  signDestroy: string;
  newSeat: string;
  accessKey: string;
  sign: string;
  selfTest: { mls: boolean; sframe: boolean; vectors: number };
  settled: null;
}

/** Whoever has `open` may enter; `claim` and `seat` belong to a talk between delegations. */
export type InvitationKind = 'open' | 'claim' | 'seat';

export type Invitation =
  | {
      kind: InvitationKind;
      talk: string;
      fragment: string;
      code: string;
      /** The server that the link names. */
      origin: string;
      access: string;
    }
  | {
      /** A code alone doesn't say what it is of. */
      kind: 'code';
      /** Of the open conversation that it belongs to, if it belongs to one. */
      talk: string;
      fragment: string;
      code: string;
      origin: null;
      /** Of the group that it belongs to, if it belongs to a talk between delegations. */
      access: string;
    };

/** Why a text is no invitation; the message of the error that `readInvitation` fails with. */
export type InvitationProblem =
  | 'empty'
  /** Its beginning is right, its end is missing. */
  | 'incomplete'
  /** A character is wrong. */
  | 'mistyped'
  /** A newer or older server made it. */
  | 'other_version'
  /** Something else, such as the address of another page. */
  | 'not_invitation';

/** Whatever may be said to a session in `input`, beside the server's messages. */
export type Command = SessionCommand | TalkCommand;

export type ToWorker =
  | { type: 'call'; id: number; call: Call }
  | { type: 'open'; talk: string; fragment: string; seat: string }
  | ({ type: 'openTalk' } & TalkOpening)
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
