use incamera_model::{RoomId, TalkId};
use incamera_talk::crypto::KeyPair;
use incamera_talk::{Link, Seat, SeatError, SeatSecret};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

/// Who one is in a room, and what other seats are checked against.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) talk: TalkId,
    pub(crate) room: RoomId,
    pub(crate) seat: Seat,
    keys: KeyPair,
    invitation: [u8; 32],
    invite_id: [u8; 16],
}

impl Identity {
    pub(crate) fn new(link: &Link, secret: &SeatSecret, room: RoomId) -> Self {
        let invitation = link.invitation();
        Self {
            talk: link.talk(),
            room,
            seat: secret.seat(link.talk(), &invitation, room),
            keys: secret.key_pair(),
            invitation: invitation.public(),
            invite_id: invitation.id(),
        }
    }

    /// Verifies a seat for this room (R-C5 but for the comparison with the leaf's key).
    pub(crate) fn verify_seat(&self, encoded: &[u8]) -> Result<Seat, SeatError> {
        Seat::verify(
            encoded,
            &self.talk,
            &self.invitation,
            &self.invite_id,
            &self.room,
        )
    }

    /// `Sig(label, content)` by the seat's key.
    pub(crate) fn sign(&self, label: &str, content: &[u8]) -> [u8; 64] {
        self.keys.sign(label, content)
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
