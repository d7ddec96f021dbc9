//! The rules of a talk: what is derived from a link, how an entry is sealed, who a seat is and
//! what the record says. Pure: no I/O, no clock, no source of randomness but a seed.
//!
//! | Module | `docs/protocol.md` |
//! | --- | --- |
//! | [`codec`] | "Encoding": TLS presentation language with caps |
//! | [`crypto`] | "Encoding": `KDF`, `Sig`, `H` |
//! | [`Link`], [`Invitation`], [`ControlKeyPair`] | "Link" |
//! | [`Vault`] | "Streams": `Env` |
//! | [`Seat`] | "Seat = the MLS credential" |
//! | [`TalkOpened`] | the record's first entry |
//! | [`two_keys`] | "Two keys": charter, seats, record, acts |
//! | [`life`] | "Life": meetings, agenda, teams, commitments, readouts |
//! | [`Backup`] | "Backup": the file that a head keeps |
//!
//! Every `decode` and `open` takes bytes from the network: it returns an error or a value that
//! satisfies the rules, never panics, and allocates no more than its stated cap.

mod backup;
mod code;
pub mod codec;
mod control;
pub mod crypto;
mod entropy;
mod env;
#[doc(hidden)]
pub mod fuzz;
pub mod life;
mod link;
mod record;
mod seat;
mod text;
pub mod two_keys;

pub use backup::{
    Backup, BackupError, Cost, MAX_BACKUP_BYTES, MAX_VAULTS, MIN_PASSPHRASE_CHARS, SealedBackup,
};
pub use control::ControlKeyPair;
pub use entropy::Entropy;
pub use env::{ENV_OVERHEAD, EnvError, Vault, VaultId};
pub use link::{AccessKeyPair, Invitation, InvitationKey, Link, LinkError};
pub use record::{Proposal, ProposeError, RecordError, TalkOpened, propose};
pub use seat::{
    MAX_SEAT_BYTES, MAX_SEAT_ROOMS, ROLE_DELEGATE, Seat, SeatError, SeatKey, SeatSecret,
};
pub use text::{MAX_NAME_CHARS, MAX_TITLE_CHARS, Name, TextError, Title};
