//! Every duration of the room protocol, in one place.

use core::time::Duration;

/// A live room answers a request at the door within this time, with a commit or with a beat.
pub(crate) const DOOR_SILENCE: Duration = Duration::from_millis(2500);
/// A request that wasn't served is made again after this time.
pub(crate) const DOOR_RETRY: Duration = Duration::from_secs(3);
/// A room whose members answer the door, and let nobody in for this time, is opened anew: one member
/// alone could keep everybody out.
pub(crate) const DOOR_PATIENCE: Duration = Duration::from_secs(15);
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
/// Beats caused by what one says of oneself are this far apart at least.
pub(crate) const BEAT_STATUS: Duration = Duration::from_millis(500);
/// R-P4: what somebody says of themselves is shown as often as this, and [`STATUS_BURST`] more.
pub(crate) const STATUS_PACE: Duration = Duration::from_millis(500);
/// How far ahead of [`STATUS_PACE`] one may be: four changes at once.
pub(crate) const STATUS_BURST: Duration = Duration::from_millis(1500);
/// R-P1 counts reactions within this time.
pub(crate) const REACTION_SPAN: Duration = Duration::from_secs(1);
/// One's own are counted within this time, so that none is lost when two come in closer together
/// than they went out.
pub(crate) const OWN_REACTION_SPAN: Duration = Duration::from_millis(1500);
/// A hand that the server refused is tried again after this time.
pub(crate) const HAND_RETRY: Duration = Duration::from_secs(1);
/// Beats caused by events are this far apart at least.
pub(crate) const BEAT_SPACING: Duration = Duration::from_millis(100);
/// Without a beat for this long, somebody is shown as stale.
pub(crate) const STALE: Duration = Duration::from_secs(12);
/// Without a beat for this long, their leaf is removed: within 30 seconds, even if the first whose
/// turn that is doesn't do it.
pub(crate) const DEAD: Duration = Duration::from_secs(29);
/// Without a beat of anybody of a delegation for this long, nothing is sent (R-B2).
pub(crate) const SILENT: Duration = Duration::from_secs(15);
/// An entry that names a place of the record waits this long for the record to be read so far.
pub(crate) const RECORD_PATIENCE: Duration = Duration::from_secs(3);
/// Having waited for that in vain, one doesn't again for this time: whoever names places that there
/// aren't would stop the room.
pub(crate) const RECORD_IMPATIENCE: Duration = Duration::from_secs(30);
/// A timer that comes this late means that the machine slept, not the others.
pub(crate) const OVERSLEPT: Duration = Duration::from_secs(3);

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
