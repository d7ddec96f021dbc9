/// The largest sealed entry of a stored stream, in bytes.
pub const MAX_ENTRY_BYTES: usize = 1024 * 1024;
/// The largest sealed entry of the `record` stream, in bytes.
pub const MAX_RECORD_ENTRY_BYTES: usize = 256 * 1024;
/// The largest entry of an ephemeral stream, in bytes.
pub const MAX_EPHEMERAL_BYTES: usize = 8 * 1024;
/// The largest WebSocket message from a client, in bytes: one entry in base64url and its frame.
pub const MAX_FRAME_BYTES: usize = MAX_ENTRY_BYTES / 3 * 4 + 4 * 1024;
/// The largest session description (RFC 8866), in bytes.
pub const MAX_SDP_BYTES: usize = 64 * 1024;
/// How many streams one connection may follow at once.
pub const MAX_SUBSCRIPTIONS: usize = 64;
/// The largest readout that is published, in bytes.
pub const MAX_READOUT_BYTES: usize = 512 * 1024;
