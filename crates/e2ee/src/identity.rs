use crate::room_seat::RoomSeat;
use crate::rules::{Rule, Switches};
use incamera_model::{RoomId, TalkId};
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::{self, SeatError, Standing};
use incamera_talk::{Link, Seat, SeatSecret};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

/// Who one is in a room, and how people are admitted to it.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) talk: TalkId,
    pub(crate) room: RoomId,
    pub(crate) seat: RoomSeat,
    keys: KeyPair,
    admission: Admission,
}

/// What seats are verified against.
#[derive(Debug)]
enum Admission {
    /// One invitation that vouches for everybody.
    Link {
        invitation: [u8; 32],
        invite_id: [u8; 16],
    },
    /// What the talk's record says.
    TwoKeys,
}

/// Everything that a verdict on a seat depends on.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) switches: &'a Switches,
    /// What stands at the place of the record that the room follows; none where a link admits.
    pub(crate) standing: Option<&'a Standing>,
}

impl Identity {
    /// In a room that a link opens.
    pub(crate) fn by_link(link: &Link, secret: &SeatSecret, room: RoomId) -> Self {
        let invitation = link.invitation();
        Self {
            talk: link.talk(),
            room,
            seat: RoomSeat::Open(secret.seat(link.talk(), &invitation, room)),
            keys: secret.key_pair(),
            admission: Admission::Link {
                invitation: invitation.public(),
                invite_id: invitation.id(),
            },
        }
    }

    /// In a room of a talk between delegations.
    pub(crate) fn by_delegation(seat: two_keys::Seat, keys: KeyPair, room: RoomId) -> Self {
        Self {
            talk: seat.tbs().talk,
            room,
            seat: RoomSeat::delegated(seat),
            keys,
            admission: Admission::TwoKeys,
        }
    }

    /// Whether the record says who may be in the room.
    pub(crate) fn follows_record(&self) -> bool {
        matches!(self.admission, Admission::TwoKeys)
    }

    /// `Sig(label, content)` by the seat's key.
    pub(crate) fn sign(&self, label: &str, content: &[u8]) -> [u8; 64] {
        self.keys.sign(label, content)
    }
}

impl Judge<'_> {
    /// Verifies a seat for this room (R-C5 but for the comparison with the leaf's key). `known` was
    /// verified before: signatures over the same bytes needn't be verified twice.
    pub(crate) fn seat(self, encoded: &[u8], known: Option<&RoomSeat>) -> Result<RoomSeat, Rule> {
        let seat = match known.filter(|known| known.as_bytes() == encoded) {
            Some(known) => known.clone(),
            None => self.signatures(encoded)?,
        };
        self.stands(&seat).map(|()| seat)
    }

    /// What of R-C5 depends on signatures alone.
    pub(crate) fn signatures(self, encoded: &[u8]) -> Result<RoomSeat, Rule> {
        let identity = self.identity;
        match &identity.admission {
            Admission::Link {
                invitation,
                invite_id,
            } => {
                let (talk, room) = (&identity.talk, &identity.room);
                let seat = Seat::verify(encoded, talk, invitation, invite_id, room);
                seat.map(RoomSeat::Open).map_err(|_| Rule::C5)
            }
            Admission::TwoKeys => {
                let standing = self.standing.ok_or(Rule::C5)?;
                let seat = two_keys::Seat::verify(encoded, standing.charter());
                seat.map(RoomSeat::delegated).map_err(|_| Rule::C5)
            }
        }
    }

    /// What of R-C5 depends on what was decided: approved, not revoked, not locked out.
    pub(crate) fn stands(self, seat: &RoomSeat) -> Result<(), Rule> {
        let (Some(seat), Some(standing)) = (seat.by_delegation(), self.standing) else {
            return match self.identity.follows_record() {
                true => Err(Rule::C5),
                false => Ok(()),
            };
        };
        match seat.stands(standing, &self.identity.room) {
            Ok(()) => Ok(()),
            Err(error) => self.switches.require(rule_of(error), false),
        }
    }
}

fn rule_of(error: SeatError) -> Rule {
    match error {
        SeatError::NotApproved(_) => Rule::Approved,
        SeatError::Revoked => Rule::Revoked,
        SeatError::Locked => Rule::LockedOut,
        _ => Rule::C5,
    }
}

/// MLS signatures by the seat's key (RFC 9420 section 5.1.2).
impl Signer for Identity {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.keys.sign_raw(payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
