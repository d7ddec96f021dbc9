//! Virtual network, adversarial server and reference model; tests only.
//!
//! A [`World`] has one talk, a server with an ordered log, and people, each a
//! [`incamera_e2ee::RoomSession`]. Time is virtual, every random choice comes from one seed, and a
//! failure names it. The server keeps the wire's promises (a stream in order, replies to requests)
//! unless a test tells it to cheat.
//!
//! A [`gathering::Gathering`] has a talk between delegations, whose server and network take no time; [`cost`]
//! says what its people's machines do.

pub mod cost;
pub mod gathering;
mod model;
mod peer;
mod rng;
mod server;
mod talk;
mod world;

pub use model::Model;
pub use peer::{Peer, Said};
pub use rng::Rng;
pub use server::Logs;
pub use talk::{Delegated, Talk, seat_tbs};
pub use world::{Conditions, World};
