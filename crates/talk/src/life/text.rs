use crate::codec::{DecodeError, Reader, Writer};
use crate::text::{TextError, is_control};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A text of at most `MAX` characters, which may be empty: normal form C, not blank at an end,
/// without control or direction characters. With `MANY` it may have several lines.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const MAX: usize, const MANY: bool>(Arc<str>);

/// A text of one line.
pub type Line<const MAX: usize> = Text<MAX, false>;
/// A text of several lines.
pub type Lines<const MAX: usize> = Text<MAX, true>;

impl<const MAX: usize, const MANY: bool> Text<MAX, MANY> {
    /// Takes what a person typed: trims it and brings it into normal form C.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn new(typed: &str) -> Result<Self, TextError> {
        let normal: String = typed.trim().replace("\r\n", "\n").nfc().collect();
        Self::parse(&normal)
    }

    /// Takes what somebody sent, which must be in normal form already.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn parse(sent: &str) -> Result<Self, TextError> {
        // Before counting: a text of a megabyte needn't be walked to its end.
        if sent.len() > MAX * 4 || sent.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        let refused = |character| is_control(character) && !(MANY && character == '\n');
        if sent.chars().any(refused) {
            return Err(TextError::Control);
        }
        if !is_nfc(sent) || sent.trim() != sent {
            return Err(TextError::NotNormal);
        }
        Ok(Self(sent.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.opaque(self.0.as_bytes());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::parse(reader.text(MAX * 4)?).map_err(|_| DecodeError::Value)
    }

    /// As [`Self::read`], and not empty.
    pub(super) fn read_some(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = Self::read(reader)?;
        if text.is_empty() {
            return Err(DecodeError::Value);
        }
        Ok(text)
    }
}

impl<const MAX: usize, const MANY: bool> core::ops::Deref for Text<MAX, MANY> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize, const MANY: bool> Default for Text<MAX, MANY> {
    fn default() -> Self {
        Self("".into())
    }
}

impl<const MAX: usize, const MANY: bool> fmt::Debug for Text<MAX, MANY> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(redacted)")
    }
}

impl<const MAX: usize, const MANY: bool> Serialize for Text<MAX, MANY> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize, const MANY: bool> Deserialize<'de> for Text<MAX, MANY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let typed = String::deserialize(deserializer)?;
        Self::new(&typed).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let typed = Lines::<8>::new(" one\r\ntwo ").unwrap();
        assert_eq!(typed.as_str(), "one\ntwo");
        assert!(Line::<8>::new("").unwrap().is_empty());
        assert_eq!(Line::<8>::new("one\ntwo"), Err(TextError::Control));
        assert_eq!(Lines::<8>::new("a\tb"), Err(TextError::Control));
        assert_eq!(Lines::<8>::new("a\u{202e}b"), Err(TextError::Control));
        let long = Lines::<8>::new("123456789");
        assert_eq!(long, Err(TextError::TooLong { max: 8 }));
        assert_eq!(Line::<8>::parse("e\u{301}"), Err(TextError::NotNormal));
        assert_eq!(Lines::<8>::parse("a\n"), Err(TextError::NotNormal));
        assert!(!format!("{typed:?}").contains("one"));
    }
}
