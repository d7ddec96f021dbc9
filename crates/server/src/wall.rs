//! The wall clock, which can jump. Certificates and embargoes alone hold for a time of the calendar;
//! nothing else asks for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// What the machine says that the time is, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the server is the shell")]
pub(crate) fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
