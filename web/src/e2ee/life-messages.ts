/**
 * The life of a talk between delegations, as the page is shown it and acts in it: meetings, agenda,
 * teams, commitments, readouts. Ids are opaque; entries are places in the record.
 */

export interface By {
  name: string;
  delegation: number;
}

export type Mode = 'in_person' | 'video' | 'both';
export const MODES: readonly Mode[] = ['in_person', 'video', 'both'];

export interface Plan {
  /** Milliseconds since 1970. */
  start: number;
  minutes: number;
  mode: Mode;
  /** May be empty, for video. */
  place: string;
  /** Its author's time zone, or empty. */
  zone?: string;
}

/** Something outside that a reason points to. */
export interface Cause {
  /** Days since 1970. */
  date: number;
  text: string;
  /** `https:` or empty. */
  link: string;
}

export interface Reason {
  public: string;
  /** For the delegations alone. */
  between: string;
  cause: Cause | null;
}

export type MeetingState = 'proposed' | 'agreed' | 'postponed' | 'declined' | 'cancelled' | 'in_session' | 'adjourned' | 'held';

export interface Meeting {
  id: string;
  uid: string;
  state: MeetingState;
  /** What all sides agreed to. */
  plan: Plan | null;
  /** What one side proposes. */
  offer: { plan: Plan; by: number; agreed: number[] } | null;
  reason: Reason | null;
  reason_by: number | null;
  /** iCalendar's SEQUENCE. */
  sequence: number;
  /** What each side's heads told last, of those that told one; there may be no zone of that name. */
  zones: { delegation: number; zone: string }[];
  last: number;
}

/** One version of a side's text. Several stand side by side if they were written at the same time. */
export interface Wording {
  entry: number;
  text: string;
  by: By;
  at: number;
}

export interface AgendaItem {
  id: string;
  title: string;
  order: number;
  minutes: number;
  state: 'open' | 'agreed' | 'parked';
  /** Delegations that marked it agreed. */
  marks: number[];
  /** When it was called, in milliseconds since 1970, while it is before the meeting. */
  current_since: number | null;
  /** Minutes for each delegation; 0 is said for no limit. */
  time: { agreed: number | null; said: { delegation: number; minutes: number }[] };
  sides: { delegation: number; position: Wording[]; request: Wording[] }[];
  last: number;
}

/** Somebody who has or had a seat. */
export interface Member {
  seat: string;
  name: string | null;
  delegation: number | null;
}

export interface TeamOffer {
  name: string;
  mandate: string;
  mode: Mode;
  place: string;
  start: number;
  due: number;
  members: Member[];
  by: number;
  agreed: number[];
}

export interface Team {
  id: string;
  name: string;
  mandate: string;
  mode: Mode;
  place: string;
  /** Milliseconds since 1970, 0 for none. */
  start: number;
  due: number;
  members: Member[];
  /** The room that the team may have; it is there once both sides began it. */
  room: string;
  state: 'proposed' | 'agreed' | 'reported' | 'closed' | 'refused';
  agreed: number[];
  /** Other terms than these that one side proposes. */
  offer: TeamOffer | null;
  reason: Reason | null;
  reports: Wording[];
  last: number;
}

export interface Commitment {
  id: string;
  text: string;
  owner: number;
  /** A person or an office, or empty. */
  who: string;
  due: number;
  team: string | null;
  state: 'proposed' | 'open' | 'done' | 'dropped';
  /** The side that asked for it to be dropped. */
  drop_asked: number | null;
  agreed: number[];
  reason: Reason | null;
  last: number;
}

export type Attribution =
  | { is: 'none' }
  | { is: 'name'; delegation: number; name: string; role: string }
  | { is: 'role'; delegation: number; role: string }
  | { is: 'anonymous'; delegation: number };

export interface Paragraph {
  text: string;
  attribution: Attribution;
}

export interface ReadoutDocument {
  headline: string;
  place: string;
  /** As it is to stand there. */
  date: string;
  /** Milliseconds since 1970, 0 for none. */
  embargo: number;
  points: string[];
  paragraphs: Paragraph[];
}

export interface ReadoutVersion {
  entry: number;
  parents: number[];
  by: By;
  at: number;
  document: ReadoutDocument;
  /** How many brackets are left; with any, nobody can sign. */
  brackets: number;
}

export interface Readout {
  id: string;
  versions: ReadoutVersion[];
  /** Versions that nothing follows yet; several if they crossed. */
  tips: number[];
  comments: { entry: number; on: number; paragraph: number | null; text: string; by: By; at: number }[];
  disputes: { delegation: number; text: string; on: number; by: By }[];
  signatures: { delegation: number; by: string; on: number; entry: number; key: string; signature: string }[];
  /** The version that every side signed. */
  agreed: number | null;
  hash: string | null;
  /** What its signed text names of the record: `H(charter)` and SHA-256 of the sealed entry, as base64url. */
  stands: { charter: string; entry: string } | null;
  published: boolean;
}

/** A published readout, verified. */
export interface PublishedReadout {
  document: ReadoutDocument;
  /** The delegations' names, by index. */
  delegations: string[];
  signatures: { delegation: number; name: string; fingerprint: string; command: string }[];
}

interface Deeds {
  founded: { title: string };
  words_compared: { same: boolean };
  act_proposed: { act: LifeAct };
  act_in_force: { act: LifeAct };
  act_expired: { act: LifeAct };
  act_superseded: { act: LifeAct };
  act_consented: object;
  act_retracted: object;
  amended: object;
  head_revoked: object;
  seated: { name: string | null };
  left: { name: string | null };
  meeting_proposed: { plan: Plan };
  meeting_countered: { plan: Plan };
  meeting_accepted: { plan: Plan | null };
  meeting_declined: { reason: Reason };
  meeting_postponed: { reason: Reason; plan?: Plan | null };
  meeting_cancelled: { reason: Reason; was?: Plan | null };
  meeting_begun: object;
  meeting_adjourned: { reason: Reason; plan?: Plan | null };
  meeting_resumed: object;
  meeting_ended: object;
  agenda_put: { title: string };
  agenda_position: { title: string; text: string };
  agenda_request: { title: string; text: string };
  agenda_marked: { title: string; state: AgendaItem['state'] };
  agenda_called: { title: string };
  agenda_rested: { title: string };
  agenda_timed: { title: string; minutes: number; agreed: boolean };
  team_proposed: { name: string; mandate: string };
  team_agreed: { name: string };
  team_refused: { name: string; reason: Reason };
  team_reported: { name: string; text: string };
  team_closed: { name: string };
  commitment_proposed: { text: string; owner: number };
  commitment_agreed: { text: string };
  commitment_done: { text: string };
  commitment_dropped: { text: string; reason: Reason };
  commitment_reopened: { text: string };
  readout_drafted: { headline: string };
  readout_commented: { text: string };
  readout_disputed: { text: string };
  readout_undisputed: object;
  readout_signed: object;
  readout_unsigned: object;
  readout_agreed: object;
  /** So many entries that say nothing to people: seals, beats. */
  nothing: { count: number };
}

type LifeAct = import('./talk-messages').Act;

export type Deed = keyof Deeds;
/** What was done; `object` is the id of what it was done to. */
export type What = { [Is in Deed]: { is: Is; object?: string | null } & Deeds[Is] }[Deed];

export interface TimelineLine {
  position: number;
  /** As its author's clock had it. */
  at: number;
  by: By | null;
  what: What;
  /** Why it has no effect. */
  void: string | null;
}

export interface LifeView {
  timeline: TimelineLine[];
  /** How many of the oldest lines are left out. */
  dropped: number;
  meetings: Meeting[];
  agenda: AgendaItem[];
  teams: Team[];
  commitments: Commitment[];
  readouts: Readout[];
}

/** `seen`: `last` of what it changes, as it stood in the view that it was decided in. */
export type LifeDeed =
  | { is: 'meeting_propose'; meeting?: string; plan: Plan; seen?: number }
  | { is: 'meeting_accept'; meeting: string; zone?: string; seen: number }
  | { is: 'meeting_begin' | 'meeting_resume' | 'meeting_end'; meeting: string; seen: number }
  | { is: 'meeting_decline' | 'meeting_cancel'; meeting: string; reason: Reason; seen: number }
  | { is: 'meeting_postpone' | 'meeting_adjourn'; meeting: string; reason: Reason; plan?: Plan; seen: number }
  | { is: 'agenda_put'; item?: string; title: string; order: number; minutes: number; seen?: number }
  | { is: 'agenda_position' | 'agenda_request'; item: string; text: string; parents: number[] }
  | { is: 'agenda_mark'; item: string; state: AgendaItem['state']; seen: number }
  | { is: 'agenda_call' | 'agenda_rest'; item: string; seen: number }
  | { is: 'agenda_time'; item: string; minutes: number; seen: number }
  | ({ is: 'team_propose'; team?: string; seen?: number } & TeamTerms)
  | { is: 'team_agree' | 'team_close'; team: string; seen: number }
  | { is: 'team_refuse'; team: string; reason: Reason; seen: number }
  | { is: 'team_report'; team: string; text: string; seen: number }
  | ({ is: 'commitment_propose' } & CommitmentTerms)
  | { is: 'commitment_agree' | 'commitment_done' | 'commitment_reopen'; commitment: string; seen: number }
  | { is: 'commitment_drop'; commitment: string; reason: Reason; seen: number }
  | { is: 'readout_draft'; readout?: string; parents: number[]; document: ReadoutDocument }
  /** `paragraph`: nothing for the whole. */
  | { is: 'readout_comment'; readout: string; on: number; paragraph: number | null; text: string }
  | { is: 'readout_dispute'; readout: string; on: number; text: string }
  | { is: 'readout_sign' | 'readout_unsign' | 'readout_undispute'; readout: string; on: number };

type Unseen<T> = T extends unknown ? Omit<T, 'seen'> : never;
/** As it crosses the boundary: `seen` stands beside it. */
export type LifeStep = Unseen<LifeDeed>;

export interface TeamTerms {
  name: string;
  mandate: string;
  mode: Mode;
  place: string;
  start: number;
  due: number;
  /** Seat keys. */
  members: string[];
}

export interface CommitmentTerms {
  text: string;
  owner: number;
  who: string;
  due: number;
  team?: string;
}
