//! What protects the way to the node: AES-GCM (RFC 7714), which is also what is fast.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::*;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the messages that tell which SRTP profile was agreed on.
#[derive(Clone, Default)]
struct Profiles(Arc<Mutex<Vec<String>>>);

impl Subscriber for Profiles {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Visit for Profiles {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        if text.contains("SRTP keying material and profile") {
            self.0.lock().unwrap().push(text);
        }
    }
}

#[test]
fn srtp_is_aes_gcm() {
    let profiles = Profiles::default();
    tracing::subscriber::with_default(profiles.clone(), || {
        World::new(CLEAN).join();
    });
    let profiles = profiles.0.lock().unwrap();
    assert_eq!(profiles.len(), 2, "of the node and of the peer");
    assert!(
        profiles.iter().all(|profile| profile.contains("AEAD_AES_")),
        "{profiles:?}"
    );
}
