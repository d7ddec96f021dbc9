//! What doesn't vary: the suite, the capabilities, the lifetime, the group's context.

use crate::identity::Identity;
use incamera_model::{RoomId, TalkId};
use incamera_talk::codec::Writer;
use incamera_talk::two_keys::Place;
use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, Extension,
    ExtensionType, Extensions, GroupContext, Lifetime, MlsGroupCreateConfig, MlsGroupJoinConfig,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProtocolVersion, RequiredCapabilitiesExtension,
    SenderRatchetConfiguration, UnknownExtension,
};

/// Hybrid: X-Wing (X25519 and ML-KEM-768), so that recorded traffic stays sealed if either holds.
pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
/// A leaf's credential is a seat.
pub(crate) const CREDENTIAL: CredentialType = CredentialType::Other(0xF1CA);
/// The group context's extension with the [`RoomState`].
const ROOM_STATE: u16 = 0xF1C0;
/// A KID has 12 bits for the leaf; a room is far from it.
pub(crate) const MAX_PEOPLE: usize = 1024;

/// Of a room that a link opens, and of one that follows a record.
const STATE_VERSION: u8 = 1;
const STATE_VERSION_RECORD: u8 = 2;
/// Messages of this many past epochs are still read: `m/` and `c/` aren't ordered to each other.
const PAST_EPOCHS: usize = 3;

/// The state that decides, kept in the group's context so that members agree on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomState {
    pub(crate) talk: TalkId,
    pub(crate) room: RoomId,
    pub(crate) incarnation: u32,
    /// The place after the record's last change that the room follows; none where a link admits.
    pub(crate) place: Option<Place>,
}

impl RoomState {
    pub(crate) fn new(identity: &Identity, incarnation: u32, place: Option<Place>) -> Self {
        Self {
            talk: identity.talk,
            room: identity.room,
            incarnation,
            place,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(match self.place {
            None => STATE_VERSION,
            Some(_) => STATE_VERSION_RECORD,
        })
        .fixed(&self.talk.0)
        .fixed(&self.room.0)
        .u32(self.incarnation);
        if let Some(place) = self.place {
            out.u64(place.position).fixed(&place.prev);
        }
        out.into_vec()
    }
}

/// Clocks would fork groups: what is valid is valid for good (RFC 9420 section 7.2).
pub(crate) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

pub(crate) fn capabilities() -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[SUITE]),
        Some(&[ExtensionType::Unknown(ROOM_STATE)]),
        Some(&[]),
        Some(&[CREDENTIAL]),
    )
}

/// The whole extension list of the group's context; nothing else may stand there.
pub(crate) fn context_extensions(state: &RoomState) -> Option<Extensions<GroupContext>> {
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(
            &[ExtensionType::Unknown(ROOM_STATE)],
            &[],
            &[CREDENTIAL],
        )),
        Extension::Unknown(ROOM_STATE, UnknownExtension(state.encode())),
    ])
    .ok()
}

pub(crate) fn credential(identity: &Identity) -> CredentialWithKey {
    CredentialWithKey {
        credential: Credential::new(CREDENTIAL, identity.seat.as_bytes().to_vec()),
        signature_key: identity.seat.key().0.to_vec().into(),
    }
}

pub(crate) fn create_config(state: &RoomState) -> Option<MlsGroupCreateConfig> {
    Some(
        MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .capabilities(capabilities())
            .lifetime(lifetime())
            .use_ratchet_tree_extension(true)
            .max_past_epochs(PAST_EPOCHS)
            .number_of_resumption_psks(0)
            .sender_ratchet_configuration(ratchet())
            .with_group_context_extensions(context_extensions(state)?)
            .build(),
    )
}

pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(PAST_EPOCHS)
        .number_of_resumption_psks(0)
        .sender_ratchet_configuration(ratchet())
        .build()
}

/// Append-any streams are ordered, so little tolerance is needed; a jump costs one hash a step.
fn ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(16, 1000)
}
