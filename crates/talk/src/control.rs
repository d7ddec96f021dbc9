use crate::crypto::{KeyPair, SIGNATURE_BYTES};
use core::fmt;
use incamera_model::{AccessKey, TalkId};
use zeroize::Zeroizing;

/// The key by which whoever proposed a talk, or claimed one of its groups, can have it destroyed and
/// replaces the group's keys. It isn't part of a link: who made it alone keeps its seed.
#[derive(Clone)]
pub struct ControlKeyPair {
    talk: TalkId,
    seed: Zeroizing<[u8; 32]>,
    key: KeyPair,
}

impl ControlKeyPair {
    /// The key pair of a seed: 32 secret, unpredictable bytes, used for nothing else.
    #[must_use]
    pub fn from_seed(talk: TalkId, seed: [u8; 32]) -> Self {
        Self {
            talk,
            key: KeyPair::from_seed(&seed),
            seed: Zeroizing::new(seed),
        }
    }

    /// The talk.
    #[must_use]
    pub fn talk(&self) -> TalkId {
        self.talk
    }

    /// The seed; secret.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public half, which the server is told with the talk.
    #[must_use]
    pub fn public(&self) -> AccessKey {
        AccessKey(self.key.public())
    }

    /// `Sig("destroy", origin || talk)`: `origin` as for
    /// [`crate::AccessKeyPair::sign_challenge`].
    #[must_use]
    pub fn sign_destroy(&self, origin: &str) -> [u8; SIGNATURE_BYTES] {
        let content = [origin.as_bytes(), &self.talk.0].concat();
        self.key.sign("destroy", &content)
    }

    /// `Sig("group", origin || talk || index || access || control)`: new keys for the group that
    /// this key controls. `origin` as for [`crate::AccessKeyPair::sign_challenge`].
    #[must_use]
    pub fn sign_group(
        &self,
        origin: &str,
        index: u8,
        access: &AccessKey,
        control: &AccessKey,
    ) -> [u8; SIGNATURE_BYTES] {
        let content = group_content(origin, &self.talk, index, access, control);
        self.key.sign("group", &content)
    }

    /// `Sig("publish", origin || talk || index || hash || not_before)`: hands over a readout for
    /// publication, by the hash of its content. `origin` as for
    /// [`crate::AccessKeyPair::sign_challenge`].
    #[must_use]
    pub fn sign_publish(
        &self,
        origin: &str,
        index: u8,
        hash: &[u8; 32],
        not_before: u64,
    ) -> [u8; SIGNATURE_BYTES] {
        let not_before = not_before.to_be_bytes();
        let content = [origin.as_bytes(), &self.talk.0, &[index], hash, &not_before].concat();
        self.key.sign("publish", &content)
    }
}

/// What a registration of a group's keys signs.
pub(crate) fn group_content(
    origin: &str,
    talk: &TalkId,
    index: u8,
    access: &AccessKey,
    control: &AccessKey,
) -> Vec<u8> {
    [origin.as_bytes(), &talk.0, &[index], &access.0, &control.0].concat()
}

impl fmt::Debug for ControlKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlKeyPair(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, VerifyingKey};

    /// The server checks the very bytes that `wire` makes.
    #[test]
    fn the_signature_is_over_the_wires_challenge() {
        let talk = TalkId([5; 16]);
        let control = ControlKeyPair::from_seed(talk, [6; 32]);
        let signature = control.sign_destroy("https://example.org");
        let key = VerifyingKey::from_bytes(&control.public().0).unwrap();
        let holds = |origin: &str, talk: &TalkId| {
            let challenge = incamera_wire::destroy_challenge(origin, talk);
            let signature = Signature::from_bytes(&signature);
            key.verify_strict(&challenge, &signature).is_ok()
        };
        assert!(holds("https://example.org", &talk));
        assert!(!holds("https://example.com", &talk));
        assert!(!holds("https://example.org", &TalkId([7; 16])));
    }

    #[test]
    fn a_publication_is_signed_as_the_wire_says() {
        let talk = TalkId([5; 16]);
        let control = ControlKeyPair::from_seed(talk, [6; 32]);
        let origin = "https://example.org";
        let signature = control.sign_publish(origin, 1, &[3; 32], 4);
        let key = VerifyingKey::from_bytes(&control.public().0).unwrap();
        let holds = |origin: &str, talk: &TalkId, index, hash: &[u8; 32], not_before| {
            let bytes = incamera_wire::publish_challenge(origin, talk, index, hash, not_before);
            let signature = Signature::from_bytes(&signature);
            key.verify_strict(&bytes, &signature).is_ok()
        };
        assert!(holds(origin, &talk, 1, &[3; 32], 4));
        assert!(!holds("https://example.com", &talk, 1, &[3; 32], 4));
        assert!(!holds(origin, &TalkId([7; 16]), 1, &[3; 32], 4));
        assert!(!holds(origin, &talk, 0, &[3; 32], 4));
        assert!(!holds(origin, &talk, 1, &[4; 32], 4));
        assert!(!holds(origin, &talk, 1, &[3; 32], 5));
    }

    #[test]
    fn a_registration_is_signed_as_the_wire_says() {
        let talk = TalkId([5; 16]);
        let control = ControlKeyPair::from_seed(talk, [6; 32]);
        let access = crate::AccessKeyPair::from_seed(talk, &[8; 32]);
        let (new_access, new_control) = (AccessKey([1; 32]), AccessKey([2; 32]));
        let origin = "https://example.org";
        let signed = [
            (
                control.public(),
                control.sign_group(origin, 3, &new_access, &new_control),
            ),
            (
                access.public(),
                access.sign_group(origin, 3, &new_access, &new_control),
            ),
        ];
        for (public, signature) in signed {
            let key = VerifyingKey::from_bytes(&public.0).unwrap();
            let holds = |index, access: &AccessKey, control: &AccessKey| {
                let bytes = incamera_wire::group_challenge(origin, &talk, index, access, control);
                let signature = Signature::from_bytes(&signature);
                key.verify_strict(&bytes, &signature).is_ok()
            };
            assert!(holds(3, &new_access, &new_control));
            assert!(!holds(4, &new_access, &new_control));
            assert!(!holds(3, &new_control, &new_access));
        }
    }

    #[test]
    fn debug_tells_nothing() {
        let control = ControlKeyPair::from_seed(TalkId([5; 16]), [6; 32]);
        assert_eq!(format!("{control:?}"), "ControlKeyPair(redacted)");
    }
}
