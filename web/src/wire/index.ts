// Generated from crates/wire by `cargo xtask codegen`.
export * from "./constants";
export type { ApiError } from "./ApiError";
export type { ClientMessage } from "./ClientMessage";
export type { LogEntry } from "./LogEntry";
export type { NewTalk } from "./NewTalk";
export type { Refusal } from "./Refusal";
export type { Resume } from "./Resume";
export type { Sender } from "./Sender";
export type { ServerMessage } from "./ServerMessage";
export type { Slot } from "./Slot";
export type { Watch } from "./Watch";
