//! How often each attack was carried out: a test that saw nothing shows nothing otherwise.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    pub(crate) fn add(&self, attack: impl Debug, more: u64) {
        let name = format!("{attack:?}").to_lowercase();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(name).or_default() += more;
    }

    pub(crate) fn of(&self, attack: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(attack).copied().unwrap_or_default()
    }
}
