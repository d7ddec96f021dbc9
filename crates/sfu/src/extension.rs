use std::sync::Arc;
use str0m::rtp::{Extension, ExtensionMap, ExtensionSerializer, ExtensionValues};

/// The Dependency Descriptor's URI (AV1 RTP specification, appendix A.4).
pub const DEPENDENCY_DESCRIPTOR_URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
/// The largest element of the one-byte header form (RFC 8285 section 4.2).
const ONE_BYTE_FORM_MAX: usize = 16;

/// A Dependency Descriptor as it came, among str0m's user extension values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDependency(pub Arc<[u8]>);

/// Passes the Dependency Descriptor on unchanged: what it says is about the sealed frames and
/// holds for every receiver.
#[derive(Debug, Clone, Copy, Default)]
pub struct DependencyDescriptorExtension;

impl DependencyDescriptorExtension {
    /// The extension, to be set in str0m's map.
    #[must_use]
    pub fn extension() -> Extension {
        Extension::with_serializer(DEPENDENCY_DESCRIPTOR_URI, Self)
    }
}

impl ExtensionSerializer for DependencyDescriptorExtension {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(RawDependency(bytes)) = values.user_values.get() else {
            return 0;
        };
        let Some(buf) = buf.get_mut(..bytes.len()) else {
            return 0;
        };
        buf.copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(RawDependency(buf.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    /// A key frame's descriptor carries the structure and exceeds the one-byte form.
    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let raw: Option<&RawDependency> = values.user_values.get();
        raw.is_some_and(|raw| raw.0.len() > ONE_BYTE_FORM_MAX)
    }
}

/// The header extensions that a session may negotiate; their numbers are the peer's to choose.
pub(crate) fn extension_map() -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    let extensions = [
        Extension::AudioLevel,
        Extension::TransportSequenceNumber,
        Extension::RtpMid,
        Extension::RtpStreamId,
        Extension::RepairedRtpStreamId,
        DependencyDescriptorExtension::extension(),
    ];
    for (id, extension) in (1..).zip(extensions) {
        map.set(id, extension);
    }
    map
}
