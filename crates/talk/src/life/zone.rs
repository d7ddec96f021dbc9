use super::plan::sound;
use crate::codec::{DecodeError, Reader, Writer};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// The longest name of a time zone.
pub const MAX_ZONE: usize = 64;

/// A time zone as its author's device calls it, "Europe/Zurich" say; empty if that isn't told. Whether
/// there is a zone of that name is for whoever shows it to find out.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(Arc<str>);

impl Zone {
    /// A name of at most 64 ASCII letters, digits and `/_+-`; may be empty.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        let sound = name.len() <= MAX_ZONE && name.bytes().all(allowed);
        sound.then(|| Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether none is told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.opaque(self.0.as_bytes());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let zone = Self::new(reader.text(MAX_ZONE)?);
        sound(zone.is_some(), zone.unwrap_or_default())
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self("".into())
    }
}

// It says where somebody is.
impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone(redacted)")
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| serde::de::Error::custom("this isn't the name of a zone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_zones() {
        for name in [
            "",
            "UTC",
            "Europe/Zurich",
            "America/Port-au-Prince",
            "Etc/GMT+5",
        ] {
            assert_eq!(Zone::new(name).unwrap().as_str(), name);
        }
        for name in [
            "Europe/Z\u{fc}rich",
            "a b",
            "<b>",
            "a\nb",
            &"a".repeat(MAX_ZONE + 1),
        ] {
            assert_eq!(Zone::new(name), None);
        }
        assert!(!format!("{:?}", Zone::new("UTC")).contains("UTC"));
    }
}
