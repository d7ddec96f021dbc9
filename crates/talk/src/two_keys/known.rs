use super::charter::Charter;
use super::entry::{Author, BY_HEAD, BY_SEAT, EntryError};
use super::seat::Seat;
use crate::codec::DecodeError;
use std::collections::BTreeMap;

/// As many as are remembered; then it begins anew.
const MAX_KNOWN: usize = 64;

/// The authors that were verified under the charter in force. Each entry brings its author's
/// certificate or seat; the same bytes needn't be verified again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct KnownAuthors(BTreeMap<Vec<u8>, Author>);

impl KnownAuthors {
    /// Another charter is in force: its roots may be others.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Reads and verifies an author, unless the same was verified before.
    pub(super) fn read(
        &mut self,
        by: u8,
        encoded: &[u8],
        charter: &Charter,
    ) -> Result<Author, EntryError> {
        match (by, self.0.get(encoded)) {
            (BY_HEAD, Some(known @ Author::Head(_))) | (BY_SEAT, Some(known @ Author::Seat(_))) => {
                return Ok(known.clone());
            }
            _ => {}
        }
        let author = match by {
            BY_HEAD => Author::Head(charter.verify_head(encoded)?),
            BY_SEAT => Author::Seat(Box::new(Seat::verify(encoded, charter)?)),
            _ => return Err(DecodeError::Value.into()),
        };
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(encoded.to_vec(), author.clone());
        Ok(author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::two_keys::sample;

    #[test]
    fn only_the_same_bytes_are_known() {
        let charter = sample::charter(&sample::two());
        let mut known = KnownAuthors::default();
        let (_, head) = sample::head(0, 0);
        let encoded = head.as_bytes().to_vec();
        for _ in 0..2 {
            let author = known.read(BY_HEAD, &encoded, &charter).unwrap();
            assert_eq!(author, Author::Head(head.clone()));
        }
        assert_eq!(known.0.len(), 1);
        // A certificate isn't a seat, and one with another signature isn't this one.
        assert!(known.read(BY_SEAT, &encoded, &charter).is_err());
        let mut forged = encoded.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert!(known.read(BY_HEAD, &forged, &charter).is_err());
        assert_eq!(known.0.len(), 1);
        known.forget();
        assert_eq!(known.0.len(), 0);
    }
}
