use bip39::Language;
use core::fmt;

/// How many words both sides read aloud.
pub const WORDS: usize = 6;
/// Bits that one word stands for: it is one of 2048.
const BITS: usize = 11;

/// What both sides of a talk read aloud to each other, once: 66 bits over everything that founded
/// it. As six words of the English list of BIP 39, or as 20 digits for whoever shares no language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Words([u16; WORDS]);

impl Words {
    /// The first 66 bits of a hash.
    #[must_use]
    pub fn from_hash(bytes: &[u8; 32]) -> Self {
        let bits = |at: usize| u16::from(bytes[at / 8] >> (7 - at % 8) & 1);
        Self(core::array::from_fn(|word| {
            (0..BITS).fold(0, |value, bit| value << 1 | bits(word * BITS + bit))
        }))
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> [&'static str; WORDS] {
        let list = Language::English.word_list();
        self.0.map(|index| list[usize::from(index)])
    }

    /// The same as five groups of four digits.
    #[must_use]
    pub fn digits(&self) -> [String; 5] {
        let value = self
            .0
            .iter()
            .fold(0_u128, |value, word| value << BITS | u128::from(*word));
        core::array::from_fn(|group| {
            let shift = 10_u128.pow(4 * (4 - group as u32));
            format!("{:04}", value / shift % 10_000)
        })
    }
}

/// Words are for the people of the talk, not for logs.
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_digits_say_the_same_66_bits() {
        let zero = Words::from_hash(&[0; 32]);
        assert_eq!(zero.words(), ["abandon"; WORDS]);
        assert_eq!(zero.digits().concat(), "0".repeat(20));
        let ones = Words::from_hash(&[0xff; 32]);
        assert_eq!(ones.words(), ["zoo"; WORDS]);
        assert_eq!(ones.digits().concat(), "73786976294838206463");
        // Bit 65 is the last that counts.
        let mut bytes = [0; 32];
        bytes[8] = 0b0100_0000;
        let one = Words::from_hash(&bytes);
        assert_eq!(one.digits().concat(), "00000000000000000001");
        assert_eq!(one.words()[5], "ability");
        bytes[8] = 0b0010_0000;
        assert_eq!(Words::from_hash(&bytes), zero);
    }
}
