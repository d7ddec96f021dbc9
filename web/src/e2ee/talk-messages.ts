/**
 * What the page and a talk between two delegations say to each other: everything that crosses the
 * boundary to the wasm package for it, and nothing else.
 */
import type { LifeStep, LifeView, PublishedReadout } from './life-messages';

export type Role = 'head' | 'delegate' | 'expert' | 'interpreter' | 'note_taker' | 'observer' | 'mediator';
/** Those that every head may invite. */
export const INVITED_ROLES = ['delegate', 'expert', 'interpreter', 'note_taker', 'observer'] as const;
/** A head is invited by whoever has the delegation's own keys. */
export type InvitedRole = (typeof INVITED_ROLES)[number] | 'head';

/** Why a name deserves a second look. */
export type Suspicion = 'look_alike' | 'mixed_scripts';
export type Admit = 'each' | 'roster';

export type TalkStage =
  /** Nothing is known yet. */
  | 'loading'
  /** Proposer: nobody has answered yet. */
  | 'offered'
  /** Proposer: an answer waits to be countersigned. */
  | 'claimed'
  /** Claimant: who they are has to be typed. */
  | 'claiming'
  /** What this side has to do for the founding is done; the other side's part is awaited. */
  | 'founding'
  /** Of a guest: seated; before that nothing is known. */
  | 'founded'
  | 'broken';

export type BrokenBy = 'not_this_link' | 'taken' | 'refused' | 'mismatch' | 'record';

export type SeatState = 'none' | 'asked' | 'vouched' | 'refused' | 'ready';

/** Somebody who speaks for a delegation. */
export interface Spokesperson {
  delegation: string;
  person: string;
  suspicions: Suspicion[];
}

export interface Delegation {
  index: number;
  name: string;
  neutral: boolean;
  own: boolean;
}

/** Who asks for a seat of one's own delegation; ids are those of seat keys. */
export interface Asking {
  id: string;
  name: string;
  role: Role;
  /** The name that the invitation was made out for. */
  hint: string | null;
  invited: boolean;
  expired: boolean;
  automatic: boolean;
  suspicions: Suspicion[];
  state: 'asks' | 'vouched' | 'ready' | 'refused';
}

/** A seat of another side that waits for one's own side's approval. */
export interface Waiting {
  id: string;
  delegation: number;
  name: string;
  role: Role;
  vouched_by: string;
  suspicions: Suspicion[];
}

/** Somebody who speaks for a delegation, or did. */
export interface Head {
  id: string;
  delegation: number;
  name: string;
  /** Their seat's id. */
  seat: string;
  own: boolean;
  /** Whether by the charter. */
  root: boolean;
  revoked: boolean;
}

/** A complete seat. */
export interface Seated {
  id: string;
  delegation: number;
  name: string;
  role: Role;
  vouched_by: string;
  approved_by: { delegation: number; name: string }[];
  revoked: boolean;
}

export type Act =
  | { is: 'eject'; seat: string }
  | { is: 'lock' }
  | { is: 'unlock' }
  | { is: 'begin_room'; room: string; seats: string[] }
  | { is: 'end_room'; room: string }
  | { is: 'end' }
  | { is: 'rules'; admit: Admit }
  /** `hash`: of the text that every side signed. */
  | { is: 'publish'; hash: string };

export interface OpenAct {
  id: string;
  act: Act;
  /** Of an ejection: whose seat. */
  seat_name: string | null;
  /** Of a lock: who has a seat and would be kept out. */
  shut_out: string[];
  /** Delegations that have agreed, and those that are asked. */
  agreed: number[];
  asked: number[];
  /** Whether one's own side has agreed. */
  own: boolean;
  /** Entries of the record until it expires. */
  expires_in: number;
}

/** A team's room. */
export interface RoomPlace {
  id: string;
  /** The seats it is for. */
  seats: string[];
  /** Whether one's own is among them. */
  own: boolean;
  /** Whether one has its key and may enter. */
  ready: boolean;
}

/** All that there is to show of a talk, from verified data alone. */
export interface TalkView {
  talk: string;
  title: string | null;
  stage: TalkStage;
  broken: BrokenBy | null;
  own: {
    delegation: number | null;
    role: Role | null;
    name: string | null;
    head: boolean;
    /** Whether one has the delegation's own keys: can make heads, back the keys up, have the talk erased. */
    root: boolean;
    /** Whether one was a head until the own side took that back. */
    demoted: boolean;
    /** One's seat, once it was asked for. */
    id: string | null;
    seat: SeatState;
    /** The reason that the head gave. */
    refused: string | null;
  };
  delegations: Delegation[];
  /** Claimant: who proposes. */
  offer: Spokesperson | null;
  /** Proposer: who answers. */
  claim: Spokesperson | null;
  words: { words: string[]; digits: string } | null;
  /** Delegations whose head said that the words agree. */
  compared: number[];
  mismatch: boolean;
  /** Heads only: one's own delegation's. */
  lobby: Asking[];
  /** Heads only. */
  waiting: Waiting[];
  seats: Seated[];
  heads: Head[];
  /** The rooms of teams. */
  rooms: RoomPlace[];
  acts: OpenAct[];
  rules: { admit: Admit } | null;
  locked: boolean;
  ended: boolean;
}

/** What a person wants; a room's own `SessionCommand`s go the same way once it was entered. */
export type TalkCommand =
  | { type: 'claim'; delegation: string; person: string }
  | { type: 'countersign' }
  | { type: 'refuse_claim' }
  | { type: 'compared'; same: boolean }
  | { type: 'ask'; person: string }
  /** `expiry`: milliseconds since 1970, 0 for none. */
  | { type: 'invite'; role: InvitedRole; hint: string | null; expiry: number; automatic: boolean }
  | { type: 'vouch'; seats: string[] }
  | { type: 'refuse'; seat: string; reason: string }
  | { type: 'approve'; seats: string[] }
  | { type: 'withdraw'; seat: string }
  /** Takes a head's office back, and their seat with it. */
  | { type: 'revoke_head'; head: string }
  | { type: 'propose_act'; act: Act }
  | { type: 'consent'; act: string }
  | { type: 'retract'; act: string }
  | { type: 'life'; step: LifeStep; seen?: number }
  /** Without `room`, the plenary. */
  | { type: 'enter'; room?: string }
  | { type: 'leave_room' }
  /** The page did what `register` asked for; the next `keep` has a secret that proves the new key. */
  | { type: 'registered' };

export type TalkEvent =
  | { type: 'talk'; talk: TalkView }
  | { type: 'life'; life: LifeView }
  /** Opaque; to be given back at the next start. */
  | { type: 'keep'; secret: string }
  /**
   * The server is to be told the group's keys: `signGroup`, then `POST …/groups/{group}`, then
   * `registered`. Comes after a `keep`, and again at each start until it was done.
   */
  | { type: 'register'; group: number; access: string; control: string }
  /** An invitation was made: the link's secret part, and a code that stands for less of it. */
  | { type: 'invited'; id: string; fragment: string; code: string; role: InvitedRole; hint: string | null }
  | { type: 'desk'; notice: DeskNotice };

export type DeskNotice =
  | { code: 'act_in_force' | 'act_expired' | 'act_superseded'; id: string; act: Act }
  /** What was to be written into the record is void there, by the name of the reason. */
  | { code: 'void'; reason: string }
  | { code: 'server_refuses' };

/**
 * How a talk is opened: by the secret that was kept; or by a link's secret part or a code as it was
 * typed. The secret goes first if there are both.
 */
export interface TalkOpening {
  talk: string;
  secret?: string;
  fragment?: string;
  origin: string;
}

/** Questions that need no session. */
export type TalkCall =
  | { name: 'proposeTalk'; title: string; delegation: string; person: string }
  /**
   * For the server's challenge. There may be several keys while it isn't certain which of them the
   * server knows, the likeliest first; `nth` says which one.
   */
  | ({ name: 'proveTalk'; nonce: string; nth: number } & TalkOpening)
  /** For the body of `POST /api/v1/talks/{talk}/groups/{index}`. */
  | { name: 'signGroup'; secret: string; origin: string; group: number; access: string; control: string }
  /** Signs that the talk is to be destroyed, by the delegation's control key. */
  | { name: 'signTalkDestroy'; secret: string; origin: string }
  /** `origin`: where the talk is, which the file says. */
  | { name: 'makeBackup'; secret: string; origin: string; passphrase: string }
  /** Fails with a `BackupProblem` as the error's message. */
  | { name: 'openBackup'; text: string; passphrase: string }
  /** What a backup's keys are of the delegation that the server has their access key for. */
  | { name: 'restoreHead'; keys: string; delegation: number }
  /** `meeting`: a JSON `CalendarMeeting`. */
  | { name: 'calendarFile'; meeting: string; now: number }
  /** `readout`: a JSON `ReadoutExport`; `words`: a JSON `ReadoutWords`. */
  | { name: 'exportReadout'; readout: string; as: ExportKind; words: string }
  /** For the body of `POST /api/v1/talks/{talk}/publications/{index}`. */
  | { name: 'signPublish'; secret: string; origin: string; content: string; notBefore: number }
  /** In the address of what is published. */
  | { name: 'readoutId'; content: string }
  /** Whether what the server gave for an address is what was signed and published there. */
  | { name: 'verifyPublished'; content: string; id: string };

/** The signed text alone; a page with all files in it; everything for programs. */
export type ExportKind = 'text' | 'page' | 'data';

export interface TalkAnswers {
  proposeTalk: {
    talk: string;
    /** Of group 0, then the claim's. */
    access: string[];
    control: string;
    record: string;
    secret: string;
    /** Of the claim link. */
    fragment: string;
    /** The claim link's secret, to be read out and typed. */
    code: string;
  };
  /** `keys`: how many there are. */
  proveTalk: { key: string; signature: string; keys: number };
  signGroup: string;
  signTalkDestroy: string;
  makeBackup: string;
  /** `access`: by which the server knows the delegation; `keys`: opaque. */
  openBackup: { talk: string; origin: string; access: string; keys: string };
  /** The secret. */
  restoreHead: string;
  calendarFile: string;
  exportReadout: string;
  signPublish: string;
  readoutId: string;
  /** Nothing if it isn't genuine. */
  verifyPublished: PublishedReadout | null;
}

export type BackupProblem =
  | 'not_backup'
  | 'damaged'
  /** The passphrase is another one, or salt and check were replaced. */
  | 'passphrase'
  /** Somebody changed it, its costs for guessing say. */
  | 'changed'
  /** This machine hasn't the memory to check the passphrase. */
  | 'memory'
  | 'other_version';

/** What a person of the room has by their seat; all empty in an open conversation. */
export interface PersonSeat {
  seat: string | null;
  delegation: number | null;
  role: Role | null;
  vouched_by: string | null;
  approved_by: string[];
}
