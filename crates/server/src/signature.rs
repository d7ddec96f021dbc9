use ed25519_dalek::{Signature, VerifyingKey};
use incamera_model::AccessKey;

/// Whether `key` is an Ed25519 public key (RFC 8032). A weak one would verify signatures that nobody
/// made.
pub(crate) fn is_key(key: &AccessKey) -> bool {
    VerifyingKey::from_bytes(&key.0).is_ok_and(|key| !key.is_weak())
}

/// Whether `signature` is `key`'s over `message`, verified strictly.
pub(crate) fn is_signed(key: &AccessKey, message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(&key.0),
        Signature::from_slice(signature),
    ) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}
