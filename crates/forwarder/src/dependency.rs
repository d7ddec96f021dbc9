/// The mandatory part of a Dependency Descriptor (AV1 RTP specification, appendix A.8.2), and
/// whether it starts a coded video sequence. The rest isn't read: a whole descriptor needs the
/// structure that came with the last key frame, and nothing here decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DependencyDescriptor {
    /// First packet of a frame.
    pub start_of_frame: bool,
    /// Last packet of a frame.
    pub end_of_frame: bool,
    /// Frame number, modulo 65536.
    pub frame_number: u16,
    /// Whether a template structure is attached, as it is on the first packet of a key picture.
    pub structure: bool,
}

/// Bytes that are no Dependency Descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DependencyDescriptorError;

impl DependencyDescriptor {
    /// Parses the bytes of the header extension.
    ///
    /// # Errors
    /// [`DependencyDescriptorError`] for fewer than the three mandatory bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DependencyDescriptorError> {
        let [flags, high, low, extended @ ..] = bytes else {
            return Err(DependencyDescriptorError);
        };
        Ok(Self {
            start_of_frame: flags & 0x80 != 0,
            end_of_frame: flags & 0x40 != 0,
            frame_number: u16::from_be_bytes([*high, *low]),
            structure: extended.first().is_some_and(|flags| flags & 0x80 != 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<(bool, bool, u16, bool)>) {
        let parsed = DependencyDescriptor::parse(bytes).ok().map(|d| {
            (
                d.start_of_frame,
                d.end_of_frame,
                d.frame_number,
                d.structure,
            )
        });
        assert_eq!(parsed, expected, "{bytes:x?}");
    }

    #[test]
    fn mandatory_fields() {
        check(&[], None);
        check(&[0x80, 0], None);
        check(&[0x80, 0x01, 0x02], Some((true, false, 0x0102, false)));
        check(
            &[0xC0, 0xff, 0xff, 0x80, 1],
            Some((true, true, 0xffff, true)),
        );
        check(&[0x40, 0, 1, 0x40], Some((false, true, 1, false)));
    }
}
