//! `KDF`, `Sig` and `H` of the protocol: HKDF-SHA256 (RFC 5869), Ed25519 (RFC 8032, verified
//! strictly) over labelled content, SHA-256.

use crate::codec::Writer;
use core::fmt;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use incamera_model::TalkId;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A signature's length, in bytes.
pub const SIGNATURE_BYTES: usize = 64;

const LABEL_PREFIX: &str = "InCamera 1 ";

/// `H`: SHA-256 over the parts, one after the other.
#[must_use]
pub fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// `KDF(key, label, context)`: HKDF-SHA256 with an empty salt and the info
/// `"InCamera 1 " || label || 0x00 || talk || context`. `N` is at most 255 * 32 bytes.
#[must_use]
pub fn kdf<const N: usize>(
    key: &[u8],
    label: &str,
    talk: &TalkId,
    context: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "HKDF gives no more (RFC 5869 section 2.3)") };
    let mut info = Writer::new();
    info.fixed(LABEL_PREFIX.as_bytes())
        .fixed(label.as_bytes())
        .u8(0)
        .fixed(&talk.0);
    for part in context {
        info.fixed(part);
    }
    let mut out = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(None, key)
        .expand(info.as_slice(), &mut *out)
        .unwrap_or_else(|_| unreachable!("the length was checked when this was compiled"));
    out
}

/// `SignContent{"InCamera 1 " || label, content}`: the bytes that `Sig(label, content)` signs.
#[must_use]
pub fn sign_content(label: &str, content: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.opaque(
        [LABEL_PREFIX.as_bytes(), label.as_bytes()]
            .concat()
            .as_slice(),
    )
    .opaque(content);
    out.into_vec()
}

/// An Ed25519 key pair; the private half is wiped when dropped and never printed.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// The key pair of a seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// `Sig(label, content)`.
    #[must_use]
    pub fn sign(&self, label: &str, content: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.sign_raw(&sign_content(label, content))
    }

    /// Signs bytes as they are: for MLS, which labels its content itself (RFC 9420 section 5.1.2),
    /// and for what others' programs are to verify.
    #[must_use]
    pub fn sign_raw(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(redacted)")
    }
}

/// Whether `signature` is `Sig(label, content)` by `public`. Strict: no weak keys, no
/// non-canonical encodings.
#[must_use]
pub fn verify(
    public: &[u8; 32],
    label: &str,
    content: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    verify_raw(public, &sign_content(label, content), signature)
}

/// Whether `signature` is `public`'s over `bytes` as they are; as strict as [`verify`].
#[must_use]
pub fn verify_raw(public: &[u8; 32], bytes: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    VerifyingKey::from_bytes(public).is_ok_and(|key| {
        let signature = Signature::from_bytes(signature);
        key.verify_strict(bytes, &signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_separate() {
        let key = KeyPair::from_seed(&[1; 32]);
        let signature = key.sign("beat", b"content");
        assert!(verify(&key.public(), "beat", b"content", &signature));
        assert!(!verify(&key.public(), "beats", b"content", &signature));
        assert!(!verify(&key.public(), "beat", b"contents", &signature));
        let talk = TalkId([2; 16]);
        let one: Zeroizing<[u8; 32]> = kdf(&[3; 32], "vault", &talk, &[]);
        let two: Zeroizing<[u8; 32]> = kdf(&[3; 32], "access", &talk, &[]);
        let elsewhere: Zeroizing<[u8; 32]> = kdf(&[3; 32], "vault", &TalkId([4; 16]), &[]);
        assert_ne!(*one, *two);
        assert_ne!(*one, *elsewhere);
    }

    #[test]
    fn weak_keys_are_refused() {
        // The neutral element: with cofactored verification it would accept any message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!verify(&neutral, "beat", b"anything", &signature));
    }
}
