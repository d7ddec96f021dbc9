// Generated from crates/wire by `cargo xtask codegen`.
export const PROTOCOL_VERSION = 3;
export const MAX_ENTRY_BYTES = 1048576;
export const MAX_RECORD_ENTRY_BYTES = 262144;
export const MAX_EPHEMERAL_BYTES = 8192;
export const MAX_FRAME_BYTES = 1402196;
export const MAX_SDP_BYTES = 65536;
export const MAX_SUBSCRIPTIONS = 64;
