//! A seat as a room knows it, whichever way people are admitted.

use core::fmt;
use incamera_talk::two_keys::{self, Voucher};
use incamera_talk::{Name, Seat, SeatKey};
use std::sync::Arc;

/// A verified seat, the content of an MLS credential.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum RoomSeat {
    /// By a link that admits.
    Open(Seat),
    /// By a voucher of its own delegation and the approvals of the others.
    Delegated(Arc<Delegated>),
}

/// A delegation's seat beside the bytes that it was read from.
#[derive(PartialEq, Eq)]
pub(crate) struct Delegated {
    seat: two_keys::Seat,
    encoded: Vec<u8>,
}

impl RoomSeat {
    pub(crate) fn delegated(seat: two_keys::Seat) -> Self {
        let encoded = seat.encode();
        Self::Delegated(Arc::new(Delegated { seat, encoded }))
    }

    pub(crate) fn name(&self) -> &Name {
        match self {
            Self::Open(seat) => seat.name(),
            Self::Delegated(delegated) => &delegated.seat.tbs().name,
        }
    }

    pub(crate) fn key(&self) -> SeatKey {
        match self {
            Self::Open(seat) => seat.key(),
            Self::Delegated(delegated) => delegated.seat.tbs().key,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Open(seat) => seat.as_bytes(),
            Self::Delegated(delegated) => &delegated.encoded,
        }
    }

    /// The seat, if a delegation vouched for it.
    pub(crate) fn by_delegation(&self) -> Option<&two_keys::Seat> {
        match self {
            Self::Open(_) => None,
            Self::Delegated(delegated) => Some(&delegated.seat),
        }
    }

    /// The invitation that vouched for it by itself, and may do so once.
    pub(crate) fn automatic_invitation(&self) -> Option<[u8; 16]> {
        match self.by_delegation()?.voucher() {
            Voucher::Automatic(invite) => Some(invite.terms.id),
            Voucher::Head(_) => None,
        }
    }
}

impl fmt::Debug for RoomSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomSeat(redacted)")
    }
}
