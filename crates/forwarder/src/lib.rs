//! What goes to whom: slots, rewriting, key-frame requests, layers, speakers.
//!
//! Pure: no I/O, no clock, no randomness; time and seeds are passed in. A [`Forwarder`] knows
//! every room of a media node. Its caller tells it who came, who left and what was received, and
//! it answers with what to send where.
//!
//! # Drain contract
//! After any `&mut self` call, [`Forwarder::poll_event`] is called until it returns `None`, and
//! [`Forwarder::handle_timeout`] no later than [`Forwarder::poll_timeout`] says.
//!
//! # Invariants
//! - A source is shown in at most one slot of a subscriber, never to its own publisher, never in
//!   another room or talk.
//! - Within a slot a sequence number is used once, whatever a publisher sends: a slot is one SSRC,
//!   and SRTP with AES-GCM (RFC 7714 section 8.1) is broken by a second packet of the same number.
//! - Sequence numbers continue and timestamps move on when a slot changes its source; the gaps
//!   that losses left in a source stay gaps, so that a receiver asks for what is missing.

mod assign;
mod codec;
mod dependency;
mod forwarder;
mod keyframe;
mod rewrite;
mod source;
mod voice;

pub use codec::{Codec, FrameStart, PayloadTypes};
pub use dependency::{DependencyDescriptor, DependencyDescriptorError};
pub use forwarder::{Event, Forward, Forwarder, Key, Member, Packet, RoomKey, SlotKind};
pub use keyframe::KEY_FRAME_INTERVAL;

#[cfg(test)]
mod tests;
