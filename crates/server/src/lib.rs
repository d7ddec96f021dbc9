//! HTTP, WebSocket, TLS, media sockets, clock and configuration of the server; it never links e2ee or talk.
//!
//! [`start`] runs a server in the current Tokio runtime. It orders and forwards sealed bytes: what
//! an entry or a packet holds, and who anybody is, it can't tell.
//!
//! Invariants:
//! - No talk's identifier, key or address is logged above DEBUG.
//! - Every queue and every collection that a client can grow has a bound; what exceeds it is
//!   refused and counted, and nobody else waits for it.
//! - A connection says nothing about a talk before its key was proven.

mod accept;
mod api;
mod config;
mod connections;
mod counters;
pub mod fuzz;
mod groups;
mod headers;
mod hub;
mod lan;
pub mod media;
mod operator;
mod origin;
mod page;
mod parse;
mod places;
mod plain;
mod publications;
mod rate;
mod router;
mod run;
mod signature;
mod socket;
mod state;
mod summary;
mod talks;
mod tls;
mod wall;

pub use config::{Config, Limits, Rate, TlsFiles};
pub use counters::{Count, Counters};
pub use incamera_log::{BackupError, BackupSummary, OpenError, backup, restore};
#[cfg(feature = "test-hooks")]
pub use incamera_sfu::{Hooks as MediaHooks, Leaving};
pub use lan::{Lan, LanError};
pub use media::MediaStartError;
pub use operator::{OperatorError, renew_operator_token};
pub use origin::OriginError;
pub use page::Page;
pub use run::{Running, StartError, start};
#[cfg(feature = "test-hooks")]
pub use socket::Meddler;
pub use tls::TlsError;

/// What is logged by default, as a `tracing` filter. Below it (DEBUG) a log may tell who is where.
pub const DEFAULT_LOG_FILTER: &str =
    "error,incamera=info,incamera_server=info,incamera_log=info,incamera_sfu=info";
