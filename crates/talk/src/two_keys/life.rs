use super::entry::Body;
use crate::codec::{DecodeError, Reader, Writer};

const VERSION: u8 = 1;
const KIND: u8 = 64;

/// Kind 64, by a head: the founding's words were read aloud and compared. A head's latest entry
/// counts for its delegation. Written by anybody else it says nothing.
///
/// ```text
/// struct { uint8 version = 1; uint8 same (0, 1); } WordsCompared;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordsCompared {
    /// Whether both sides read the same; if not, somebody stands between them.
    pub same: bool,
}

impl WordsCompared {
    /// As an entry's body.
    #[must_use]
    pub fn body(self) -> Body {
        let mut out = Writer::new();
        out.u8(VERSION).u8(self.same.into());
        Body::Life {
            kind: KIND,
            content: out.into_vec(),
        }
    }

    /// Reads an entry's body; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn read(body: &Body) -> Result<Option<Self>, DecodeError> {
        let Body::Life {
            kind: KIND,
            content,
        } = body
        else {
            return Ok(None);
        };
        let mut reader = Reader::new(content);
        reader.version(VERSION)?;
        let same = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::Value),
        };
        reader.finish()?;
        Ok(Some(Self { same }))
    }
}
