//! A media node: it owns a WebRTC session for each connection and forwards sealed packets between
//! the sessions of a room.
//!
//! Sans-I/O: no socket and no clock. Time and randomness (a seed) are passed in, but for what
//! DTLS takes from the system itself. [`Sfu`] says how it is driven.

mod budget;
mod clock;
mod demux;
mod extension;
mod framing;
pub mod fuzz;
#[cfg(feature = "test-hooks")]
mod hooks;
mod node;
mod offer;
mod restart;
mod route;
mod session;

pub use extension::{DEPENDENCY_DESCRIPTOR_URI, DependencyDescriptorExtension, RawDependency};
pub use framing::{Deframer, FramingError, MAX_FRAME, frame_header};
#[cfg(feature = "test-hooks")]
pub use hooks::{Hooks, Leave, Leaving, Tap};
pub use incamera_forwarder::RoomKey;
pub use node::{
    Candidates, Counters, Event, Limits, MAX_DATAGRAM, OfferRequest, Sfu, SfuConfig, Transmit,
};
pub use offer::{OfferError, SenderLine};
pub use str0m::net::Protocol;
