//! TLS presentation language (RFC 9420 section 2.1): integers in network order, `opaque<V>` and
//! vectors with the variable-length prefix of RFC 9000 section 16, which must be minimal.

/// Bytes that don't follow the presentation language, or break a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Fewer bytes than the structure needs.
    #[error("the structure is cut short")]
    Truncated,
    /// Bytes follow the structure.
    #[error("bytes follow the structure")]
    Trailing,
    /// A length prefix that isn't minimal, or of the reserved form.
    #[error("a length prefix isn't minimal")]
    Length,
    /// A field longer than its cap.
    #[error("a field is longer than {cap} bytes")]
    TooLong {
        /// The cap, in bytes.
        cap: usize,
    },
    /// A leading version byte that isn't known here.
    #[error("version {0} isn't known here")]
    Version(u8),
    /// A value that the field doesn't allow.
    #[error("a field has a value that it doesn't allow")]
    Value,
}

/// Builds an encoding. A field too long for its prefix (2^30 bytes) can't occur: every caller is
/// far below.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// Appends 2 bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Appends 4 bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Appends 8 bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Appends bytes of a length that the structure fixes.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends `opaque<V>`.
    pub fn opaque(&mut self, bytes: &[u8]) -> &mut Self {
        match bytes.len() {
            short @ 0..=0x3f => self.0.push(short as u8),
            medium @ 0x40..=0x3fff => self.0.extend((0x4000 | medium as u16).to_be_bytes()),
            long => {
                let long = u32::try_from(long).unwrap_or(u32::MAX).min(0x3fff_ffff);
                self.0.extend((0x8000_0000 | long).to_be_bytes());
            }
        }
        self.fixed(bytes)
    }

    /// Appends `optional<T>` (RFC 9420 section 2.1.1).
    pub fn optional<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => write(self.u8(1), value),
        }
    }

    /// Appends a vector `T items<V>`.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) -> &mut Self {
        let mut inner = Self::new();
        for item in items {
            write(&mut inner, item);
        }
        self.opaque(inner.as_slice())
    }

    /// The bytes so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The finished encoding.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

/// Reads an encoding from the front. Each method fails with [`DecodeError::Truncated`] if the
/// bytes don't reach.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// See [`Reader`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    /// Reads 2 bytes.
    ///
    /// # Errors
    /// See [`Reader`].
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Reads 4 bytes.
    ///
    /// # Errors
    /// See [`Reader`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Reads 8 bytes.
    ///
    /// # Errors
    /// See [`Reader`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Reads `N` bytes.
    ///
    /// # Errors
    /// See [`Reader`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    /// Reads `opaque<V>` of at most `cap` bytes.
    ///
    /// # Errors
    /// See [`Reader`]; [`DecodeError::Length`], [`DecodeError::TooLong`].
    pub fn opaque(&mut self, cap: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        if length > cap {
            return Err(DecodeError::TooLong { cap });
        }
        let (head, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    /// Reads `optional<T>` (RFC 9420 section 2.1.1).
    ///
    /// # Errors
    /// See [`Reader`]; [`DecodeError::Value`] if it is neither there nor absent.
    pub fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(DecodeError::Value),
        }
    }

    /// Reads a vector `T items<V>` of at most `cap` bytes and `most` items.
    ///
    /// # Errors
    /// See [`Reader`]; [`DecodeError::Length`], [`DecodeError::TooLong`], and what `read` gives.
    pub fn list<T, E: From<DecodeError>>(
        &mut self,
        cap: usize,
        most: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut inner = Self(self.opaque(cap)?);
        let mut items = Vec::new();
        while !inner.is_empty() {
            if items.len() == most {
                return Err(DecodeError::TooLong { cap: most }.into());
            }
            items.push(read(&mut inner)?);
        }
        Ok(items)
    }

    /// Reads `opaque<V>` that holds UTF-8, of at most `cap` bytes.
    ///
    /// # Errors
    /// See [`Reader::opaque`]; [`DecodeError::Value`] if it isn't UTF-8.
    pub fn text(&mut self, cap: usize) -> Result<&'a str, DecodeError> {
        core::str::from_utf8(self.opaque(cap)?).map_err(|_| DecodeError::Value)
    }

    /// Reads the leading version byte, which must be `known`.
    ///
    /// # Errors
    /// See [`Reader`]; [`DecodeError::Version`].
    pub fn version(&mut self, known: u8) -> Result<(), DecodeError> {
        match self.u8()? {
            version if version == known => Ok(()),
            other => Err(DecodeError::Version(other)),
        }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Ends the structure.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`] if bytes are left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing)
        }
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let first = self.u8()?;
        let low = u32::from(first & 0x3f);
        let (value, minimum) = match first >> 6 {
            0 => (low, 0),
            1 => (low << 8 | u32::from(self.u8()?), 0x40),
            2 => {
                let [a, b, c] = self.array()?;
                (low << 24 | u32::from_be_bytes([0, a, b, c]), 0x4000)
            }
            _ => return Err(DecodeError::Length),
        };
        if value < minimum {
            return Err(DecodeError::Length);
        }
        usize::try_from(value).map_err(|_| DecodeError::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<&[u8], DecodeError>) {
        assert_eq!(Reader::new(bytes).opaque(0x5000), expected);
    }

    #[test]
    fn lengths_are_minimal_and_capped() {
        check(&[2, 7, 8], Ok(&[7, 8]));
        check(&[], Err(DecodeError::Truncated));
        check(&[2, 7], Err(DecodeError::Truncated));
        check(&[0x40, 2, 7, 8], Err(DecodeError::Length));
        check(&[0x80, 0, 0, 2, 7, 8], Err(DecodeError::Length));
        check(&[0xc0], Err(DecodeError::Length));
        check(
            &[0x80, 0, 0x60, 0],
            Err(DecodeError::TooLong { cap: 0x5000 }),
        );
    }

    proptest! {
        #[test]
        fn opaque_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..20_000)) {
            let mut writer = Writer::new();
            writer.opaque(&bytes).u64(7);
            let encoded = writer.into_vec();
            let mut reader = Reader::new(&encoded);
            prop_assert_eq!(reader.opaque(20_000), Ok(&bytes[..]));
            prop_assert_eq!(reader.u64(), Ok(7));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }
}
