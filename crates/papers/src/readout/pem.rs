use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use incamera_talk::crypto::hash;
use incamera_talk::life::hex;

/// SubjectPublicKeyInfo of Ed25519 before the 32 bytes of the key (RFC 8410, section 4): a SEQUENCE of
/// the algorithm 1.3.101.112 without parameters, and a BIT STRING.
const PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// A public Ed25519 key as OpenSSL reads it: PEM of SubjectPublicKeyInfo (RFC 8410, RFC 7468).
#[must_use]
pub fn public_key_pem(key: &[u8; 32]) -> String {
    // 44 bytes are 60 characters: one line, RFC 7468 allows 64.
    let body = base64(&der(key));
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

/// SHA-256 of the key's DER in groups, to be read aloud; `openssl pkey -pubin -in a.pem -outform DER |
/// openssl dgst -sha256` says the same.
pub(super) fn fingerprint(key: &[u8; 32]) -> String {
    let digits = hex(&hash(&[&der(key)]));
    let groups: Vec<&str> = (0..16).map(|n| &digits[n * 4..n * 4 + 4]).collect();
    groups.join(" ")
}

/// Padded base64 (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn der(key: &[u8; 32]) -> Vec<u8> {
    [&PREFIX[..], key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_8410() {
        // Section 10.1.
        let pem = "-----BEGIN PUBLIC KEY-----\n\
                   MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                   -----END PUBLIC KEY-----\n";
        let key = [
            0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc,
            0x3b, 0x96, 0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad,
            0x70, 0x31, 0x66, 0xe1,
        ];
        assert_eq!(public_key_pem(&key), pem);
    }
}
