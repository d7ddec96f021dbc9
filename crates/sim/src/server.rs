use incamera_model::{Position, StreamClass, StreamName};
use std::collections::BTreeMap;

/// The server's ordered log.
#[derive(Debug, Clone, Default)]
pub struct Logs(BTreeMap<StreamName, Vec<Vec<u8>>>);

impl Logs {
    /// Appends, as the wire's `append` does: `Err(next)` is a conflict.
    pub(crate) fn append(
        &mut self,
        stream: &StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) -> Result<Position, Position> {
        let next = self.next(stream);
        let checked = stream.class() == StreamClass::CompareAndAppend;
        assert_eq!(checked, expected.is_some(), "the wire refuses this append");
        if expected.is_some_and(|expected| expected != next) {
            return Err(next);
        }
        self.push(stream, entry);
        Ok(next)
    }

    /// Appends whatever it is, as only the server itself can.
    pub fn push(&mut self, stream: &StreamName, entry: Vec<u8>) {
        self.0.entry(stream.clone()).or_default().push(entry);
    }

    /// The position that the next entry gets.
    #[must_use]
    pub fn next(&self, stream: &StreamName) -> Position {
        Position(self.entries(stream).len() as u64)
    }

    /// A stream's entries.
    #[must_use]
    pub fn entries(&self, stream: &StreamName) -> &[Vec<u8>] {
        self.0.get(stream).map_or(&[], Vec::as_slice)
    }
}
