/// The largest frame that is accepted, in bytes: no peer sends more in one datagram.
pub const MAX_FRAME: usize = 1500;

/// Bytes that are no framed media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A frame longer than any datagram.
    #[error("a frame of {0} bytes is longer than any datagram")]
    TooLong(usize),
}

/// Cuts a byte stream into packets: each is preceded by its length in two bytes (RFC 4571
/// section 2).
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    /// Where the next frame starts in `buffer`.
    start: usize,
}

impl Deframer {
    /// An empty stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes of the stream. They are cut at once by [`Self::poll_frame`]: at most one
    /// incomplete frame is kept.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete packet; none until more bytes came. Empty frames, which some peers send
    /// to keep a connection open, are passed over.
    ///
    /// # Errors
    /// [`FramingError`] if the stream can't be media; it is to be closed then.
    pub fn poll_frame(&mut self) -> Result<Option<&[u8]>, FramingError> {
        loop {
            let Some(&[high, low]) = self.buffer.get(self.start..self.start + 2) else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > MAX_FRAME {
                return Err(FramingError::TooLong(length));
            }
            let (from, to) = (self.start + 2, self.start + 2 + length);
            if self.buffer.len() < to {
                return Ok(None);
            }
            self.start = to;
            if length > 0 {
                return Ok(self.buffer.get(from..to));
            }
        }
    }
}

/// What precedes a packet on a stream; none for a packet that is too long for a frame.
#[must_use]
pub fn frame_header(packet: &[u8]) -> Option<[u8; 2]> {
    u16::try_from(packet.len()).ok().map(u16::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&[u8]], expected: &[&[u8]], error: bool) {
        let mut deframer = Deframer::new();
        let mut frames = Vec::new();
        for piece in pieces {
            deframer.handle_bytes(piece);
            loop {
                match deframer.poll_frame() {
                    Ok(Some(frame)) => frames.push(frame.to_vec()),
                    Ok(None) => break,
                    Err(_) => {
                        assert!(error);
                        assert_eq!(frames, expected);
                        return;
                    }
                }
            }
        }
        assert!(!error);
        assert_eq!(frames, expected);
    }

    #[test]
    fn frames() {
        check(&[&[0, 1, 7, 0, 2, 8, 9]], &[&[7], &[8, 9]], false);
        check(&[&[0], &[2], &[8], &[9, 0]], &[&[8, 9]], false);
        check(&[&[0, 0, 0, 0, 0, 1, 5]], &[&[5]], false);
        check(&[&[0, 1, 7, 0xff, 0xff]], &[&[7]], true);
        check(&[], &[], false);
    }
}
