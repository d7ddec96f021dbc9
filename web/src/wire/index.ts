// Generated from crates/wire by `cargo xtask codegen`.
export * from "./constants";
export type { ApiError } from "./ApiError";
export type { ApiReason } from "./ApiReason";
export type { ClientMessage } from "./ClientMessage";
export type { DestroyTalk } from "./DestroyTalk";
export type { FoundGroup } from "./FoundGroup";
export type { LogEntry } from "./LogEntry";
export type { NewTalk } from "./NewTalk";
export type { Proposing } from "./Proposing";
export type { Refusal } from "./Refusal";
export type { RegisterGroup } from "./RegisterGroup";
export type { Resume } from "./Resume";
export type { Sender } from "./Sender";
export type { ServerInfo } from "./ServerInfo";
export type { ServerMessage } from "./ServerMessage";
export type { Slot } from "./Slot";
export type { Watch } from "./Watch";
