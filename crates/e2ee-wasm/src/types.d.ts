/** What `Session.output()` gives beside wire messages. */
export type SessionEvent =
  | { type: "view"; view: SessionView }
  | { type: "chat"; leaf: number; name: string; text: string; own: boolean }
  | { type: "send_key_frame" }
  | { type: "notice"; notice: SessionNotice };

export type SessionState =
  | { is: "joining" }
  | { is: "seated" }
  | { is: "stopped"; code: "fork" | "bad_record" | "replaced" | "internal" }
  | { is: "left" };

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
}

export type SessionNotice =
  | { code: "joined"; name: string; by: string | null }
  | { code: "removed"; name: string; by: string | null }
  | { code: "commit_refused"; rule: string; by: string | null }
  | { code: "welcome_refused"; rule: string }
  | { code: "complaint"; name: string; position: number }
  | { code: "reopened"; incarnation: number }
  | { code: "coming_back"; by: string | null }
  | { code: "doubt" }
  | { code: "chat_not_sent"; text: string }
  | { code: "server_refuses" };
