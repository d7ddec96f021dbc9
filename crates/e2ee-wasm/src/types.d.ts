/** What `Session.output()` gives beside wire messages. */
export type SessionEvent =
  | { type: "view"; view: SessionView }
  | { type: "chat"; leaf: number; name: string; text: string; own: boolean }
  /** At most two a second from each person. */
  | { type: "reaction"; leaf: number; name: string; own: boolean; reaction: SessionReaction }
  | { type: "send_key_frame" }
  | { type: "notice"; notice: SessionNotice };

export type SessionState =
  | { is: "joining" }
  | { is: "seated" }
  | { is: "stopped"; code: SessionStop }
  | { is: "left" };

export type SessionStop =
  | "fork"
  | "bad_record"
  | "replaced"
  | "internal"
  /** Of a talk between delegations: one's own seat doesn't stand any more, or the talk has ended. */
  | "revoked"
  | "not_approved"
  | "locked_out"
  | "room_ended"
  | "ended";

export interface SessionView {
  state: SessionState;
  title: string | null;
  room: string | null;
  epoch: number;
  own_leaf: number | null;
  people: SessionPerson[];
}

export interface SessionPerson {
  leaf: number;
  name: string;
  own: boolean;
  sending: ("microphone" | "camera" | "screen" | "screen_audio")[];
  stale: boolean;
  /** Since when their hand is raised: whoever has the smaller number was first. */
  hand: number | null;
  /** Which of the server's connections they say is theirs; two people never have the same. */
  connection: number | null;
  /** How well they say they send and receive. */
  quality: { level: SessionQualityLevel; cause: SessionQualityCause };
  /** Of a talk between delegations; null in an open conversation. */
  seat: string | null;
  delegation: number | null;
  role: string | null;
  vouched_by: string | null;
  approved_by: string[];
}

export type SessionReaction = "agree" | "disagree" | "thanks" | "applause" | "slower";
export type SessionQualityLevel = "good" | "fair" | "poor";
export type SessionQualityCause = "none" | "uplink" | "downlink" | "device";

/** What a person wants, for `Session.input()`. */
export type SessionCommand =
  | { type: "chat"; text: string }
  | { type: "sending"; kind: "microphone" | "camera" | "screen" | "screen_audio"; on: boolean }
  | { type: "hand"; raised: boolean }
  | { type: "react"; reaction: SessionReaction }
  /** This connection, as the server named it; null while there is none. */
  | { type: "connection"; connection: number | null }
  | { type: "quality"; level: SessionQualityLevel; cause: SessionQualityCause }
  | { type: "leave" };

export type SessionNotice =
  | { code: "joined"; name: string; by: string | null }
  | { code: "removed"; name: string; by: string | null }
  | { code: "commit_refused"; rule: string; by: string | null; delegation: number | null }
  | { code: "welcome_refused"; rule: string }
  | { code: "complaint"; name: string; position: number }
  | { code: "reopened"; incarnation: number }
  | { code: "coming_back"; by: string | null }
  | { code: "doubt" }
  /** Nobody of a delegation is heard: nothing is sent (R-B2). */
  | { code: "silent"; delegation: number }
  | { code: "heard_again"; delegation: number }
  /** Sound came in their name that they didn't send (R-B3). */
  | { code: "forged_sound"; name: string }
  | { code: "chat_not_sent"; text: string }
  | { code: "server_refuses" };

/** A plan of a meeting, as `LifeView` has it. */
export interface CalendarPlan {
  start: number;
  minutes: number;
  mode: "in_person" | "video" | "both";
  place: string;
  zone?: string;
}

/** For `calendarFile()`: a meeting of `LifeView`, with what the person chose to give away. */
export interface CalendarMeeting {
  uid: string;
  sequence: number;
  state: "proposed" | "agreed" | "postponed" | "cancelled" | "declined" | "in_session" | "adjourned" | "held";
  plan: CalendarPlan | null;
  offer: { plan: CalendarPlan } | null;
  reason: { public: string } | null;
  /** The word for "Meeting", or the talk's title if they ticked that. */
  summary: string;
  /** Origin and path of the talk's page, if they ticked that; an address with `#` is refused. */
  page?: string;
}

/** For `readoutHtml()`, `readoutJson()` and `readoutText()`; bytes are base64url. */
export interface ReadoutExport {
  talk: string;
  /** `H(charter)`, 32 bytes. */
  charter: string;
  /** The version's position in the record. */
  position: number;
  /** SHA-256 of its sealed entry, 32 bytes. */
  entry: string;
  /** The delegations' names, in the order of their places. */
  delegations: string[];
  document: unknown;
  signatures: { delegation: number; key: string; signature: string }[];
}

/** The words around a readout's text on its page. */
export interface ReadoutWords {
  lang: string;
  rtl: boolean;
  embargo: string;
  points: string;
  signatures: string;
  fingerprint: string;
  verify: string;
  how: string;
  meaning: string;
}
