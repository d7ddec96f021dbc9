use crate::crypto::kdf;
use core::fmt;
use incamera_model::TalkId;
use zeroize::Zeroizing;

/// Random bytes from a seed: each draw replaces the seed, so that a later leak tells nothing about
/// earlier draws. Everything of ours that is random (salts, keys, identifiers) comes from here;
/// the seed comes from the shell.
pub struct Entropy(Zeroizing<[u8; 32]>);

impl Entropy {
    /// Starts from 32 secret, unpredictable bytes.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// Draws 32 bytes.
    pub fn draw(&mut self) -> Zeroizing<[u8; 32]> {
        let next: Zeroizing<[u8; 64]> = kdf(&*self.0, "entropy", &TalkId([0; 16]), &[]);
        let mut out = Zeroizing::new([0; 32]);
        self.0.copy_from_slice(&next[..32]);
        out.copy_from_slice(&next[32..]);
        out
    }

    /// Draws 16 bytes.
    pub fn draw16(&mut self) -> [u8; 16] {
        let mut out = [0; 16];
        out.copy_from_slice(&self.draw()[..16]);
        out
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(redacted)")
    }
}
