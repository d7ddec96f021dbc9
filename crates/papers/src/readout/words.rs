use serde::Deserialize;

/// The words around a readout's text on its page, in the reader's language; English where one is
/// missing. The text itself stands as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Words {
    /// The language's tag (BCP 47).
    pub lang: String,
    /// Whether it is written from right to left.
    pub rtl: bool,
    /// Before the time of an embargo.
    pub embargo: String,
    /// Above the points.
    pub points: String,
    /// Above the signatures.
    pub signatures: String,
    /// Before a key's fingerprint.
    pub fingerprint: String,
    /// Above the commands.
    pub verify: String,
    /// What to do with them.
    pub how: String,
    /// What a signature shows and what it doesn't.
    pub meaning: String,
}

impl Default for Words {
    fn default() -> Self {
        let owned = str::to_owned;
        Self {
            lang: owned("en"),
            rtl: false,
            embargo: owned("Under embargo until"),
            points: owned("In short"),
            signatures: owned("Signatures"),
            fingerprint: owned("Fingerprint of the key (SHA-256)"),
            verify: owned("How to verify"),
            how: owned(
                "Save these files into one folder and run the commands there; OpenSSL 3 is enough. Each \
                 has to answer “Signature Verified Successfully”.",
            ),
            meaning: owned(
                "A signature shows that the holder of the key signed this text. Whose key it is, the \
                 delegation tells: ask it to read the fingerprint to you.",
            ),
        }
    }
}
