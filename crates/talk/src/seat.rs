use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, verify};
use crate::link::InvitationKey;
use crate::text::{MAX_NAME_CHARS, Name, TextError};
use core::fmt;
use incamera_model::{RoomId, TalkId};
use zeroize::Zeroizing;

/// The largest encoded seat, in bytes.
pub const MAX_SEAT_BYTES: usize = 4 * 1024;
/// How many rooms one seat may enter.
pub const MAX_SEAT_ROOMS: usize = 64;
/// The only role so far.
pub const ROLE_DELEGATE: u8 = 1;

const VERSION: u8 = 1;
const LABEL_VOUCHER: &str = "voucher";
const LABEL_SEAT: &str = "seat";

/// A person's place in a talk: the content of the MLS credential, so that every client checks
/// every member alone. A value of this type has both signatures verified.
///
/// ```text
/// struct { u8 version = 1; opaque talk_id[16]; u8 delegation; u8 role; opaque name<V>;
///          RoomId rooms<V>; opaque seat_key[32]; opaque invite_id[16]; uint64 serial; } SeatTBS;
/// struct { SeatTBS tbs; opaque voucher[64]; opaque consent[64]; } Seat;
/// ```
/// `voucher` is `Sig("voucher", tbs)` by the invitation's key, `consent` `Sig("seat", tbs)` by the
/// seat's own key: nobody can be seated without having agreed to this name.
#[derive(Clone, PartialEq, Eq)]
pub struct Seat {
    tbs: SeatTbs,
    encoded: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq)]
struct SeatTbs {
    talk: TalkId,
    delegation: u8,
    role: u8,
    name: Name,
    rooms: Vec<RoomId>,
    key: SeatKey,
    invite: [u8; 16],
    serial: u64,
}

/// The public half of a seat's key; it is the MLS leaf's signature key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatKey(pub [u8; 32]);

impl fmt::Debug for SeatKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatKey(redacted)")
    }
}

/// Bytes that are no valid seat. Each variant but the first two names a rule that they break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatError {
    /// The encoding is wrong.
    #[error("not a seat: {0}")]
    Malformed(#[from] DecodeError),
    /// The name breaks the rules for names.
    #[error("the seat's name is refused: {0}")]
    Name(#[from] TextError),
    /// Of another talk.
    #[error("a seat of another talk")]
    OtherTalk,
    /// The invitation isn't this talk's.
    #[error("vouched for by an unknown invitation")]
    UnknownInvitation,
    /// The voucher doesn't hold.
    #[error("the voucher isn't signed by the invitation")]
    Voucher,
    /// The seat's own signature doesn't hold.
    #[error("the seat isn't signed by its own key")]
    Consent,
    /// The seat isn't for this room.
    #[error("the seat isn't for this room")]
    OtherRoom,
}

impl Seat {
    /// Decodes and verifies a seat of `talk`, vouched for by `invitation`, in `room`.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn verify(
        encoded: &[u8],
        talk: &TalkId,
        invitation: &[u8; 32],
        invite_id: &[u8; 16],
        room: &RoomId,
    ) -> Result<Self, SeatError> {
        if encoded.len() > MAX_SEAT_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_SEAT_BYTES,
            }
            .into());
        }
        let mut reader = Reader::new(encoded);
        let tbs = SeatTbs::decode(&mut reader)?;
        let signed = &encoded[..encoded.len() - reader.rest().len()];
        let voucher = reader.array()?;
        let consent = reader.array()?;
        reader.finish()?;

        if tbs.talk != *talk {
            return Err(SeatError::OtherTalk);
        }
        if tbs.invite != *invite_id {
            return Err(SeatError::UnknownInvitation);
        }
        if !verify(invitation, LABEL_VOUCHER, signed, &voucher) {
            return Err(SeatError::Voucher);
        }
        if !verify(&tbs.key.0, LABEL_SEAT, signed, &consent) {
            return Err(SeatError::Consent);
        }
        if !tbs.rooms.contains(room) {
            return Err(SeatError::OtherRoom);
        }
        Ok(Self {
            tbs,
            encoded: encoded.to_vec(),
        })
    }

    /// The person's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.tbs.name
    }

    /// The seat's key.
    #[must_use]
    pub fn key(&self) -> SeatKey {
        self.tbs.key
    }

    /// The credential's content.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat(redacted)")
    }
}

impl SeatTbs {
    fn encode(&self) -> Vec<u8> {
        let rooms: Vec<u8> = self.rooms.iter().flat_map(|room| room.0).collect();
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.talk.0)
            .u8(self.delegation)
            .u8(self.role)
            .opaque(self.name.as_str().as_bytes())
            .opaque(&rooms)
            .fixed(&self.key.0)
            .fixed(&self.invite)
            .u64(self.serial);
        out.into_vec()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, SeatError> {
        reader.version(VERSION)?;
        let talk = TalkId(reader.array()?);
        let delegation = reader.u8()?;
        let role = reader.u8()?;
        // One shared invitation stands in for delegations and roles.
        if delegation != 0 || role != ROLE_DELEGATE {
            return Err(DecodeError::Value.into());
        }
        let name = reader.opaque(MAX_NAME_CHARS * 4)?;
        let name = core::str::from_utf8(name).map_err(|_| DecodeError::Value)?;
        let name = Name::parse(name)?;
        let rooms = decode_rooms(reader.opaque(MAX_SEAT_ROOMS * 16)?)?;
        Ok(Self {
            talk,
            delegation,
            role,
            name,
            rooms,
            key: SeatKey(reader.array()?),
            invite: reader.array()?,
            serial: reader.u64()?,
        })
    }
}

fn decode_rooms(bytes: &[u8]) -> Result<Vec<RoomId>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut rooms = Vec::new();
    while !reader.is_empty() {
        rooms.push(RoomId(reader.array()?));
    }
    Ok(rooms)
}

/// What makes a person the same seat after a reload: the name and the seed of the seat's key.
#[derive(Clone)]
pub struct SeatSecret {
    name: Name,
    seed: Zeroizing<[u8; 32]>,
}

impl SeatSecret {
    /// A seat for `name`, its key from `seed`: 32 secret, unpredictable bytes.
    #[must_use]
    pub fn new(name: Name, seed: [u8; 32]) -> Self {
        Self {
            name,
            seed: Zeroizing::new(seed),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The seed, to be kept where the seat lives (a tab's session storage).
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The key pair.
    #[must_use]
    pub fn key_pair(&self) -> KeyPair {
        KeyPair::from_seed(&self.seed)
    }

    /// The seat in `room` of `talk`, with the invitation's voucher. The same secret gives the same
    /// bytes each time.
    #[must_use]
    pub fn seat(&self, talk: TalkId, invitation: &InvitationKey, room: RoomId) -> Seat {
        let key = self.key_pair();
        let tbs = SeatTbs {
            talk,
            delegation: 0,
            role: ROLE_DELEGATE,
            name: self.name.clone(),
            rooms: vec![room],
            key: SeatKey(key.public()),
            invite: invitation.id(),
            serial: 0,
        };
        let signed = tbs.encode();
        let voucher: [u8; SIGNATURE_BYTES] = invitation.sign(LABEL_VOUCHER, &signed);
        let consent = key.sign(LABEL_SEAT, &signed);
        let encoded = [&signed[..], &voucher, &consent].concat();
        Seat { tbs, encoded }
    }
}

impl fmt::Debug for SeatSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Link;
    use proptest::prelude::*;

    const ROOM: RoomId = RoomId([4; 16]);

    fn link() -> Link {
        Link::from_seed([1; 16])
    }

    fn seat() -> Seat {
        SeatSecret::new(Name::new("Ada").unwrap(), [3; 32]).seat(
            link().talk(),
            &link().invitation(),
            ROOM,
        )
    }

    fn read(bytes: &[u8], link: &Link, room: RoomId) -> Result<Seat, SeatError> {
        let invitation = link.invitation();
        Seat::verify(
            bytes,
            &link.talk(),
            &invitation.public(),
            &invitation.id(),
            &room,
        )
    }

    #[test]
    fn round_trip() {
        let read = read(seat().as_bytes(), &link(), ROOM).unwrap();
        assert_eq!(read, seat());
        assert_eq!(read.name().as_str(), "Ada");
    }

    /// R-C5, in the form that stands in until there are delegations.
    #[test]
    fn r_c5_bound_to_talk_invitation_and_room() {
        let bytes = seat().as_bytes().to_vec();
        let other_talk = Link::from_seed([9; 16]);
        let other_link = link().with_secret([9; 32]);
        assert_eq!(read(&bytes, &other_talk, ROOM), Err(SeatError::OtherTalk));
        assert_eq!(
            read(&bytes, &other_link, ROOM),
            Err(SeatError::UnknownInvitation)
        );
        assert_eq!(
            read(&bytes, &link(), RoomId([5; 16])),
            Err(SeatError::OtherRoom)
        );
        // An invitation alone can't seat a key that hasn't agreed.
        let mut unsigned = bytes.clone();
        let end = unsigned.len() - SIGNATURE_BYTES;
        unsigned[end..].fill(0);
        assert_eq!(read(&unsigned, &link(), ROOM), Err(SeatError::Consent));
    }

    #[test]
    fn every_bit_counts() {
        let bytes = seat().as_bytes().to_vec();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&altered, &link(), ROOM).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn junk_is_refused(junk in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&junk, &link(), ROOM).is_err());
        }
    }
}
