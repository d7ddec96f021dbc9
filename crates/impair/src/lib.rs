//! A bad network for tests: a seeded UDP and TCP proxy.
//!
//! [`Impairment`] decides what becomes of each packet, in virtual time and from a seed; it has no
//! socket and no clock. [`Proxy`] is the shell around it: relays between addresses, told what to
//! do by [`Command`]s. The binary `incamera-impair` reads them as JSON lines.
//!
//! Each client of a relay has a line of its own, so that one may be impaired and another not. The
//! same packets in the same order meet the same fate under the same seed, whatever else goes on.
//!
//! Nothing that people run depends on this crate; `cargo xtask check-deps` sees to it.

mod command;
mod impairment;
mod profile;
mod proxy;
mod settings;
mod tcp;
mod udp;

pub use command::{Answer, Client, Command, Fault};
pub use impairment::{Counters, Impairment, Kind, MAX_HELD};
pub use profile::{Profile, Share, ShareError};
pub use proxy::Proxy;
pub use settings::{Direction, Filter};
