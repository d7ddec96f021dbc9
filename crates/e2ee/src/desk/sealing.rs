//! HPKE (RFC 9180) to a person's box: X-Wing, with the KDF and AEAD of the groups' suite, so that
//! recorded mail stays sealed if either half holds.

use crate::pinned::SUITE;
use incamera_model::TalkId;
use incamera_talk::codec::{DecodeError, Reader, Writer};
use incamera_talk::crypto::{kdf, sign_content};
use incamera_talk::two_keys::{BOX_BYTES, BoxKey};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto as _;
use openmls_traits::types::{HpkeCiphertext, HpkePrivateKey};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// The largest ciphertext; a seat is the largest thing that is mailed.
const MAX_SEALED_BYTES: usize = 64 * 1024;
/// Plaintexts are padded to a multiple of this, so that a refusal looks like a grant.
const PADDING: usize = 4 * 1024;

/// What a sealed text is for; it opens as nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    /// Mail to somebody who asks for a seat.
    Mail,
    /// The vault's key, to a claimant.
    Counter,
    /// The key of a team's room, to a member.
    RoomKey,
}

impl Use {
    fn info(self, talk: &TalkId) -> Vec<u8> {
        let label = match self {
            Self::Mail => "mail",
            Self::Counter => "counter-vault",
            Self::RoomKey => "room-key-box",
        };
        sign_content(label, &talk.0)
    }
}

/// A box: its key pair follows from the seed of the seat that it belongs to.
pub(super) struct OwnBox {
    pub(super) public: BoxKey,
    private: HpkePrivateKey,
}

impl OwnBox {
    /// `None` if the cryptography fails, which it never does for a seed of 32 bytes.
    pub(super) fn of_seat(seed: &[u8; 32], talk: &TalkId) -> Option<Self> {
        let ikm: Zeroizing<[u8; 32]> = kdf(seed, "box", talk, &[]);
        let pair = RustCrypto::default()
            .derive_hpke_keypair(SUITE.hpke_config(), &*ikm)
            .ok()?;
        let public: [u8; BOX_BYTES] = pair.public.try_into().ok()?;
        Some(Self {
            public: BoxKey::new(public),
            private: pair.private,
        })
    }

    /// Opens what [`seal`] sealed for the same use and context.
    pub(super) fn open(
        &self,
        purpose: Use,
        talk: &TalkId,
        context: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let ciphertext = decode(sealed).ok()?;
        let plain = RustCrypto::default()
            .hpke_open(
                SUITE.hpke_config(),
                &ciphertext,
                &self.private,
                &purpose.info(talk),
                context,
            )
            .ok()?;
        let plain = Zeroizing::new(plain);
        let mut reader = Reader::new(&plain);
        let content = reader.opaque(MAX_SEALED_BYTES).ok()?;
        let padded = reader.rest().iter().all(|byte| *byte == 0);
        padded.then(|| Zeroizing::new(content.to_vec()))
    }
}

/// `{ uint8 version = 1; opaque kem_output<V>; opaque ciphertext<V>; }`, plaintext
/// `opaque content<V> || zeros`; `None` if the box's key is none.
pub(super) fn seal(
    purpose: Use,
    talk: &TalkId,
    context: &[u8],
    boxed: &BoxKey,
    content: &[u8],
) -> Option<Vec<u8>> {
    let mut plain = Writer::new();
    plain.opaque(content);
    let mut plain = Zeroizing::new(plain.into_vec());
    if matches!(purpose, Use::Mail) {
        let padded = plain.len().next_multiple_of(PADDING);
        plain.resize(padded, 0);
    }
    let ciphertext = RustCrypto::default()
        .hpke_seal(
            SUITE.hpke_config(),
            boxed.as_bytes(),
            &purpose.info(talk),
            context,
            &plain,
        )
        .ok()?;
    let mut out = Writer::new();
    out.u8(VERSION)
        .opaque(ciphertext.kem_output.as_slice())
        .opaque(ciphertext.ciphertext.as_slice());
    Some(out.into_vec())
}

/// For the fuzz body: what arrives at a box of anybody's.
pub(crate) fn fuzz_sealed(bytes: &[u8]) {
    let talk = TalkId([1; 16]);
    if decode(bytes).is_ok()
        && let Some(own) = OwnBox::of_seat(&[3; 32], &talk)
    {
        let _ = own.open(Use::Mail, &talk, b"", bytes);
    }
}

fn decode(sealed: &[u8]) -> Result<HpkeCiphertext, DecodeError> {
    let mut reader = Reader::new(sealed);
    reader.version(VERSION)?;
    let ciphertext = HpkeCiphertext {
        kem_output: reader.opaque(BOX_BYTES)?.to_vec().into(),
        ciphertext: reader.opaque(MAX_SEALED_BYTES)?.to_vec().into(),
    };
    reader.finish()?;
    Ok(ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_box_opens_and_only_as_it_was_meant() {
        let (talk, other) = (TalkId([1; 16]), TalkId([2; 16]));
        let own = OwnBox::of_seat(&[3; 32], &talk).unwrap();
        assert!(OwnBox::of_seat(&[3; 32], &talk).unwrap().public == own.public);
        let somebody = OwnBox::of_seat(&[4; 32], &talk).unwrap();
        let sealed = seal(Use::Mail, &talk, b"stream", &own.public, b"content").unwrap();
        let open = |key: &OwnBox, purpose, talk: &TalkId, context: &[u8], sealed: &[u8]| {
            key.open(purpose, talk, context, sealed)
                .map(|content| content.to_vec())
        };
        let content = Some(b"content".to_vec());
        assert_eq!(open(&own, Use::Mail, &talk, b"stream", &sealed), content);
        assert_eq!(open(&somebody, Use::Mail, &talk, b"stream", &sealed), None);
        assert_eq!(open(&own, Use::Counter, &talk, b"stream", &sealed), None);
        assert_eq!(open(&own, Use::Mail, &other, b"stream", &sealed), None);
        assert_eq!(open(&own, Use::Mail, &talk, b"other", &sealed), None);
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(open(&own, Use::Mail, &talk, b"stream", &altered), None);
        // A refusal is as long as a grant.
        let longer = seal(Use::Mail, &talk, b"", &own.public, &[5; 3000]).unwrap();
        assert_eq!(longer.len(), sealed.len());
    }
}
