//! Every duration of the room protocol, in one place.

use core::time::Duration;

/// A live room answers a request at the door within this time, with a commit or with a beat.
pub(crate) const DOOR_SILENCE: Duration = Duration::from_millis(2500);
/// A request that wasn't served is made again after this time.
pub(crate) const DOOR_RETRY: Duration = Duration::from_secs(3);
/// An append that wasn't answered by its entry is made again after this time, with the same bytes.
pub(crate) const APPEND_RETRY: Duration = Duration::from_secs(1);

/// Two commits are this far apart at least, so that newcomers come in batches.
pub(crate) const COMMIT_SPACING: Duration = Duration::from_millis(250);
/// The k-th live leaf commits after waiting k times this.
pub(crate) const RANK_DELAY: Duration = Duration::from_millis(500);
/// The k-th live leaf answers the door with a beat after k times this, unless somebody did.
pub(crate) const KNOCK_DELAY: Duration = Duration::from_millis(20);

pub(crate) const BEAT_SENDING: Duration = Duration::from_secs(1);
pub(crate) const BEAT_IDLE: Duration = Duration::from_secs(5);
/// Beats caused by events are this far apart at least.
pub(crate) const BEAT_SPACING: Duration = Duration::from_millis(100);
/// Without a beat for this long, somebody is shown as stale.
pub(crate) const STALE: Duration = Duration::from_secs(12);
/// Without a beat for this long, their leaf is removed.
pub(crate) const DEAD: Duration = Duration::from_secs(30);

/// After an Add, sending changes to the new epoch at the latest after this time.
pub(crate) const SWITCH_AFTER_ADD: Duration = Duration::from_secs(1);
/// After an Add, the old epoch is still received for this time.
pub(crate) const OLD_AFTER_ADD: Duration = Duration::from_secs(2);
/// After a Remove, the old epoch is still received for this time.
pub(crate) const OLD_AFTER_REMOVE: Duration = Duration::from_millis(500);

/// Members in a later epoch for this long: sending stops.
pub(crate) const BEHIND_DOUBT: Duration = Duration::from_secs(1);
/// Members in a later epoch for this long: something was withheld; come in again.
pub(crate) const BEHIND_REJOIN: Duration = Duration::from_secs(3);
/// A commit that can't be processed keeps sending stopped for this long, or until somebody turns
/// out to have processed it.
pub(crate) const UNPROCESSABLE_DOUBT: Duration = Duration::from_secs(2);
