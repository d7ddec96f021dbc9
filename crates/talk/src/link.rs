use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, kdf};
use crate::env::Vault;
use core::fmt;
use incamera_model::{AccessKey, TalkId, decode_base64url, encode_base64url};
use zeroize::Zeroizing;

const KIND_SEAT: u8 = 1;
/// Longer than any payload of version 1, so that a pasted novel isn't decoded.
const MAX_FRAGMENT_BYTES: usize = 1024;

/// An invitation link: `https://<origin>/t/<talk>#1.<base64url payload>`. The payload is
/// `{u8 kind = 1; opaque secret[32]}`; the fragment never reaches a server.
#[derive(Clone)]
pub struct Link {
    talk: TalkId,
    secret: Zeroizing<[u8; 32]>,
}

/// A text that isn't an invitation link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The part after `#` is missing.
    #[error("the link ends before its secret part; copy it whole, with everything after the #")]
    NoFragment,
    /// The path isn't `/t/<talk>`.
    #[error("this isn't the address of a talk; copy the whole link from the invitation")]
    NoTalk,
    /// The fragment's version isn't 1.
    #[error("this link was made by a newer version; ask for the server to be updated")]
    Version,
    /// The payload isn't base64url, is cut short or too long.
    #[error("the secret part of the link is damaged; copy it again from the invitation")]
    Damaged,
    /// A kind of link that isn't known here.
    #[error("this kind of link isn't known here; ask for the server to be updated")]
    Kind,
}

impl Link {
    /// A link to `talk` with its secret.
    #[must_use]
    pub fn new(talk: TalkId, secret: [u8; 32]) -> Self {
        Self {
            talk,
            secret: Zeroizing::new(secret),
        }
    }

    /// Reads a talk's identifier and the fragment, with or without its `#`.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_parts(talk: &str, fragment: &str) -> Result<Self, LinkError> {
        let talk = talk.parse().map_err(|_| LinkError::NoTalk)?;
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment).trim();
        if fragment.is_empty() {
            return Err(LinkError::NoFragment);
        }
        let payload = match fragment.split_once('.') {
            Some(("1", payload)) => payload,
            Some((version, _)) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(LinkError::Version);
            }
            _ => return Err(LinkError::Damaged),
        };
        if payload.len() > MAX_FRAGMENT_BYTES {
            return Err(LinkError::Damaged);
        }
        let payload = Zeroizing::new(decode_base64url(payload).map_err(|_| LinkError::Damaged)?);
        let secret = decode_payload(&payload)?;
        Ok(Self { talk, secret })
    }

    /// Reads a whole link. Returns its origin (`https://host:port`) as well.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_url(url: &str) -> Result<(String, Self), LinkError> {
        let (address, fragment) = url.trim().split_once('#').ok_or(LinkError::NoFragment)?;
        let (scheme, rest) = address.split_once("://").ok_or(LinkError::NoTalk)?;
        let (host, path) = rest.split_once('/').ok_or(LinkError::NoTalk)?;
        let talk = path
            .split('?')
            .next()
            .and_then(|path| path.strip_prefix("t/"))
            .ok_or(LinkError::NoTalk)?;
        if host.is_empty() || !matches!(scheme, "http" | "https") {
            return Err(LinkError::NoTalk);
        }
        let link = Self::from_parts(talk.trim_end_matches('/'), fragment)?;
        Ok((format!("{scheme}://{}", host.to_ascii_lowercase()), link))
    }

    /// The fragment, without its `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        let mut payload = Writer::new();
        payload.u8(KIND_SEAT).fixed(&*self.secret);
        let payload = Zeroizing::new(payload.into_vec());
        format!("1.{}", encode_base64url(&payload))
    }

    /// The whole link, for an origin such as `https://host`.
    #[must_use]
    pub fn to_url(&self, origin: &str) -> String {
        format!(
            "{}/t/{}#{}",
            origin.trim_end_matches('/'),
            self.talk.to_text(),
            self.fragment()
        )
    }

    /// The talk.
    #[must_use]
    pub fn talk(&self) -> TalkId {
        self.talk
    }

    /// The access group's key: its public half is what the server stores.
    #[must_use]
    pub fn access(&self) -> AccessKeyPair {
        AccessKeyPair {
            talk: self.talk,
            key: KeyPair::from_seed(&self.derive("access")),
        }
    }

    /// The vault of the record and of the plenary.
    #[must_use]
    pub fn vault(&self) -> Vault {
        Vault::new(self.talk, self.derive("vault"))
    }

    /// The key that vouches for seats.
    #[must_use]
    pub fn invitation(&self) -> InvitationKey {
        InvitationKey(KeyPair::from_seed(&self.derive("invite")))
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        kdf(&self.secret, label, &self.talk, &[])
    }
}

fn decode_payload(payload: &[u8]) -> Result<Zeroizing<[u8; 32]>, LinkError> {
    let mut reader = Reader::new(payload);
    if reader.u8().map_err(|_| LinkError::Damaged)? != KIND_SEAT {
        return Err(LinkError::Kind);
    }
    let read = |mut reader: Reader<'_>| -> Result<_, DecodeError> {
        let secret = Zeroizing::new(reader.array()?);
        reader.finish().map(|()| secret)
    };
    read(reader).map_err(|_| LinkError::Damaged)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(redacted)")
    }
}

/// The key by which a connection shows that it was invited.
#[derive(Debug, Clone)]
pub struct AccessKeyPair {
    talk: TalkId,
    key: KeyPair,
}

impl AccessKeyPair {
    /// The public half.
    #[must_use]
    pub fn public(&self) -> AccessKey {
        AccessKey(self.key.public())
    }

    /// `Sig("access", origin || talk || nonce)`. `origin` is the page's origin as a browser
    /// serialises it: `https://host:port`, the port left out if it is the scheme's own.
    #[must_use]
    pub fn sign_challenge(&self, origin: &str, nonce: &[u8; 32]) -> [u8; SIGNATURE_BYTES] {
        let content = [origin.as_bytes(), &self.talk.0, nonce].concat();
        self.key.sign("access", &content)
    }
}

/// The key of one invitation; whoever holds the link holds it (an automatic voucher).
#[derive(Debug, Clone)]
pub struct InvitationKey(KeyPair);

impl InvitationKey {
    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    /// Names the invitation: the first 16 bytes of `H("invite" || public)`.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&hash(&[b"invite", &self.public()])[..16]);
        id
    }

    pub(crate) fn sign(&self, label: &str, content: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(label, content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign_content;
    use proptest::prelude::*;

    fn link() -> Link {
        Link::new(TalkId([5; 16]), [6; 32])
    }

    #[track_caller]
    fn check_url(url: &str, expected: Result<&str, LinkError>) {
        let read = Link::from_url(url).map(|(origin, _)| origin);
        assert_eq!(read.as_deref().map_err(|error| *error), expected);
    }

    #[test]
    fn urls() {
        let url = link().to_url("https://example.org/");
        check_url(&url, Ok("https://example.org"));
        check_url(&format!(" {url}\n"), Ok("https://example.org"));
        check_url(
            &link().to_url("http://localhost:8080"),
            Ok("http://localhost:8080"),
        );
        let (_, read) = Link::from_url(&url).unwrap();
        assert_eq!(read.fragment(), link().fragment());
        assert_eq!(read.talk(), link().talk());

        let address = url.split('#').next().unwrap();
        check_url(address, Err(LinkError::NoFragment));
        check_url(&format!("{address}#"), Err(LinkError::NoFragment));
        check_url(&format!("{address}#2.AAAA"), Err(LinkError::Version));
        check_url(&format!("{address}#1.!"), Err(LinkError::Damaged));
        check_url(&format!("{address}#hello"), Err(LinkError::Damaged));
        check_url(&url[..url.len() - 1], Err(LinkError::Damaged));
        check_url(&format!("{address}#1.AgAA"), Err(LinkError::Kind));
        check_url("https://example.org/#1.AAAA", Err(LinkError::NoTalk));
        check_url("ftp://example.org/t/x#1.AAAA", Err(LinkError::NoTalk));
    }

    #[test]
    fn what_is_derived_differs() {
        let link = link();
        assert_ne!(link.access().public().0, link.invitation().public());
        let other = Link::new(TalkId([7; 16]), [6; 32]);
        assert_ne!(link.access().public(), other.access().public());
        assert_ne!(link.vault().id(), other.vault().id());
    }

    /// The server checks the very bytes that `wire` makes.
    #[test]
    fn access_challenge_is_the_wires() {
        let origin = "https://example.org:8443";
        let content = [origin.as_bytes(), &[5; 16], &[8; 32]].concat();
        assert_eq!(
            sign_content("access", &content),
            incamera_wire::access_challenge(origin, &TalkId([5; 16]), &[8; 32])
        );
    }

    #[test]
    fn debug_tells_nothing() {
        let link = link();
        let shown = format!("{link:?} {:?} {:?}", link.access(), link.invitation());
        assert!(!shown.contains(&link.talk().to_text()) && !shown.contains('6'));
    }

    proptest! {
        #[test]
        fn round_trip(talk: [u8; 16], secret: [u8; 32]) {
            let link = Link::new(TalkId(talk), secret);
            let (_, read) = Link::from_url(&link.to_url("https://a")).unwrap();
            prop_assert_eq!(read.talk(), link.talk());
            prop_assert_eq!(&*read.secret, &secret);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Link::from_url(&text);
            let _ = Link::from_parts(&text, &text);
        }
    }
}
