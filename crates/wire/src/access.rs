use incamera_model::{AccessKey, TalkId};

/// The bytes that a connection signs to prove its access key:
/// `SignContent{"InCamera 1 access", origin || talk_id || nonce}` in TLS presentation language
/// (RFC 9420 section 5.1.2), both fields with a QUIC variable-length prefix (RFC 9000 section 16).
///
/// `origin` is the page's origin as a browser serialises it (`https://host:port`, the port left
/// out if it is the scheme's own). It is signed so that one server can't relay another's challenge.
#[must_use]
pub fn access_challenge(origin: &str, talk: &TalkId, nonce: &[u8; 32]) -> Vec<u8> {
    let content = [origin.as_bytes(), &talk.0, nonce].concat();
    sign_content(b"InCamera 1 access", &content)
}

/// The bytes that a group's holder signs with its control key to have a talk destroyed:
/// `SignContent{"InCamera 1 destroy", origin || talk_id}`, as in [`access_challenge`].
///
/// It has no nonce: destroying a talk again changes nothing.
#[must_use]
pub fn destroy_challenge(origin: &str, talk: &TalkId) -> Vec<u8> {
    let content = [origin.as_bytes(), &talk.0].concat();
    sign_content(b"InCamera 1 destroy", &content)
}

/// The bytes that register a group's keys:
/// `SignContent{"InCamera 1 group", origin || talk_id || index || access || control}`, as in
/// [`access_challenge`], `index` in one byte.
///
/// It has no nonce: what it says is what then stands.
#[must_use]
pub fn group_challenge(
    origin: &str,
    talk: &TalkId,
    index: u8,
    access: &AccessKey,
    control: &AccessKey,
) -> Vec<u8> {
    let content = [origin.as_bytes(), &talk.0, &[index], &access.0, &control.0].concat();
    sign_content(b"InCamera 1 group", &content)
}

/// The bytes that a group's holder signs with its control key to hand over a readout for
/// publication: `SignContent{"InCamera 1 publish", origin || talk_id || index || hash ||
/// not_before}`, as in [`access_challenge`], `index` in one byte, `hash` SHA-256 of the content and
/// `not_before` in eight bytes, most significant first.
///
/// It has no nonce: handing the same over again changes nothing.
#[must_use]
pub fn publish_challenge(
    origin: &str,
    talk: &TalkId,
    index: u8,
    hash: &[u8; 32],
    not_before: u64,
) -> Vec<u8> {
    let not_before = not_before.to_be_bytes();
    let content = [origin.as_bytes(), &talk.0, &[index], hash, &not_before].concat();
    sign_content(b"InCamera 1 publish", &content)
}

fn sign_content(label: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(label.len() + content.len() + 8);
    for field in [label, content] {
        push_length(&mut out, field.len());
        out.extend_from_slice(field);
    }
    out
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    match u32::try_from(length) {
        Ok(short @ 0..=0x3f) => out.push(short as u8),
        Ok(medium @ 0x40..=0x3fff) => out.extend((0x4000 | medium as u16).to_be_bytes()),
        Ok(long) => out.extend((0x8000_0000 | long).to_be_bytes()),
        Err(_) => unreachable!("an origin is at most a few hundred bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout() {
        let bytes = access_challenge("http://a", &TalkId([1; 16]), &[2; 32]);
        assert_eq!(bytes[0], 17);
        assert_eq!(&bytes[1..18], b"InCamera 1 access");
        assert_eq!(bytes[18], 8 + 16 + 32);
        assert_eq!(&bytes[19..27], b"http://a");
        assert_eq!(bytes.len(), 19 + 8 + 16 + 32);
        let long = access_challenge(&"h".repeat(100), &TalkId([1; 16]), &[2; 32]);
        assert_eq!(&long[18..20], &(0x4000u16 | 148).to_be_bytes());
    }

    #[test]
    fn layout_of_a_destruction() {
        let bytes = destroy_challenge("http://a", &TalkId([1; 16]));
        assert_eq!(&bytes[..19], b"\x12InCamera 1 destroy");
        assert_eq!(&bytes[19..28], b"\x18http://a");
        assert_eq!(bytes[28..], [1; 16]);
    }

    #[test]
    fn layout_of_a_registration() {
        let (access, control) = (AccessKey([2; 32]), AccessKey([3; 32]));
        let bytes = group_challenge("http://a", &TalkId([1; 16]), 4, &access, &control);
        assert_eq!(&bytes[..17], b"\x10InCamera 1 group");
        assert_eq!(&bytes[17..19], &(0x4000u16 | 89).to_be_bytes());
        assert_eq!(&bytes[19..27], b"http://a");
        assert_eq!(bytes[27..43], [1; 16]);
        assert_eq!(bytes[43], 4);
        assert_eq!(bytes[44..76], [2; 32]);
        assert_eq!(bytes[76..], [3; 32]);
    }

    #[test]
    fn layout_of_a_publication() {
        let bytes = publish_challenge("http://a", &TalkId([1; 16]), 4, &[2; 32], 0x0304);
        assert_eq!(&bytes[..19], b"\x12InCamera 1 publish");
        assert_eq!(&bytes[19..21], &(0x4000u16 | 65).to_be_bytes());
        assert_eq!(&bytes[21..29], b"http://a");
        assert_eq!(bytes[29..45], [1; 16]);
        assert_eq!(bytes[45], 4);
        assert_eq!(bytes[46..78], [2; 32]);
        assert_eq!(bytes[78..], [0, 0, 0, 0, 0, 0, 3, 4]);
    }
}
