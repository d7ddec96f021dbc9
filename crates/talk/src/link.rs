use crate::code::{self, CodeError, SEED_BYTES};
use crate::codec::{DecodeError, Reader, Writer};
use crate::control::group_content;
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, kdf};
use crate::env::Vault;
use core::fmt;
use incamera_model::{AccessKey, TalkId, decode_base64url, encode_base64url};
use zeroize::Zeroizing;

/// A link that begins with a seed; kind 1 had the secret itself, and a talk id beside it.
pub(crate) const KIND_SEED: u8 = 2;
const CHECK_BYTES: usize = 2;
/// `1 + SEED_BYTES + CHECK_BYTES` bytes in base64url.
const PAYLOAD_LETTERS: usize = 26;
/// Longer than any payload of version 1, so that a pasted novel isn't decoded.
const MAX_FRAGMENT_BYTES: usize = 1024;
/// Longer than any link.
pub(crate) const MAX_TEXT_BYTES: usize = 4096;

/// An invitation link: `https://<origin>/t/<talk>#1.<base64url payload>`. The payload is
/// `{u8 kind = 2; opaque seed[16]; opaque check[2]}`; talk and secret follow from the seed, and
/// the fragment never reaches a server.
#[derive(Clone)]
pub struct Link {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    talk: TalkId,
    secret: Zeroizing<[u8; 32]>,
}

/// A text that isn't an invitation, neither a link nor a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing but blanks.
    #[error("enter the link or the code of the invitation")]
    Empty,
    /// The part after `#` is missing.
    #[error("the link ends before its secret part; copy it whole, with everything after the #")]
    NoFragment,
    /// The end is missing, of a link or of a code.
    #[error("the end of the invitation is missing; copy it whole")]
    Incomplete,
    /// The path isn't `/t/<talk>`.
    #[error("this isn't the address of a talk; copy the whole link from the invitation")]
    NoTalk,
    /// The fragment's version isn't 1.
    #[error("another version made this link; ask for a new one")]
    Version,
    /// A kind of link that isn't known here.
    #[error("another version made this link; ask for a new one")]
    Kind,
    /// A character is wrong, or there are too many.
    #[error("a character of the invitation is wrong; compare it with the original")]
    Damaged,
}

impl LinkError {
    /// A word for programs: `empty`, `incomplete`, `mistyped`, `other_version` or
    /// `not_invitation`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoFragment | Self::Incomplete => "incomplete",
            Self::Damaged => "mistyped",
            Self::Version | Self::Kind => "other_version",
            Self::NoTalk => "not_invitation",
        }
    }
}

impl From<CodeError> for LinkError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Empty => Self::Empty,
            CodeError::Incomplete => Self::Incomplete,
            CodeError::Mistyped => Self::Damaged,
        }
    }
}

/// An invitation as somebody has it: a link, which names a server, or a code, which doesn't.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// What it leads to.
    pub link: Link,
    /// The server's origin (`https://host:port`), if it was a link.
    pub origin: Option<String>,
}

impl Invitation {
    /// Reads a whole link or a code.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn read(text: &str) -> Result<Self, LinkError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(LinkError::NoTalk);
        }
        if !text.contains(['/', '#']) {
            let link = Link::from_code(text)?;
            return Ok(Self { link, origin: None });
        }
        let (origin, link) = Link::from_url(text)?;
        Ok(Self {
            link,
            origin: Some(origin),
        })
    }
}

impl Link {
    /// The link that a seed begins: 16 secret, unpredictable bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; SEED_BYTES]) -> Self {
        let seed = Zeroizing::new(seed);
        let talk: Zeroizing<[u8; 16]> = kdf(&*seed, "talk", &TalkId([0; 16]), &[]);
        let talk = TalkId(*talk);
        let secret = kdf(&*seed, "link", &talk, &[]);
        Self { seed, talk, secret }
    }

    /// Reads a code as somebody typed it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_code(text: &str) -> Result<Self, LinkError> {
        Ok(Self::from_seed(*code::decode(text)?))
    }

    /// Reads a talk's identifier and the fragment, with or without its `#`.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_parts(talk: &str, fragment: &str) -> Result<Self, LinkError> {
        let (talk, payload) = talk_and_payload(talk, fragment)?;
        let link = Self::from_seed(*decode_payload(payload)?);
        // Both come from the seed, so one of them was damaged.
        (link.talk == talk)
            .then_some(link)
            .ok_or(LinkError::Damaged)
    }

    /// Reads a whole link. Returns its origin (`https://host:port`) as well.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_url(url: &str) -> Result<(String, Self), LinkError> {
        let parts = Parts::of(url)?;
        let link = Self::from_parts(parts.talk, parts.fragment)?;
        Ok((parts.origin, link))
    }

    /// The fragment, without its `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        let mut payload = Writer::new();
        payload
            .u8(KIND_SEED)
            .fixed(&*self.seed)
            .fixed(&check(&self.seed));
        let payload = Zeroizing::new(payload.into_vec());
        format!("1.{}", encode_base64url(&payload))
    }

    /// The same invitation as a code, to be read out and typed.
    #[must_use]
    pub fn code(&self) -> String {
        code::encode(&self.seed)
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

    /// The same talk under another secret, as no reader makes it: for tests of what is refused.
    #[doc(hidden)]
    #[must_use]
    pub fn with_secret(&self, secret: [u8; 32]) -> Self {
        Self {
            secret: Zeroizing::new(secret),
            ..self.clone()
        }
    }

    /// The talk.
    #[must_use]
    pub fn talk(&self) -> TalkId {
        self.talk
    }

    /// The access group's key: its public half is what the server stores.
    #[must_use]
    pub fn access(&self) -> AccessKeyPair {
        AccessKeyPair::from_seed(self.talk, &self.derive("access"))
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
        kdf(&*self.secret, label, &self.talk, &[])
    }
}

/// The parts of an address that may be a link's.
pub(crate) struct Parts<'a> {
    pub(crate) origin: String,
    pub(crate) talk: &'a str,
    pub(crate) fragment: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(url: &'a str) -> Result<Self, LinkError> {
        let url = url.trim();
        let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
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
        Ok(Self {
            origin: format!("{scheme}://{}", host.to_ascii_lowercase()),
            talk: talk.trim_end_matches('/'),
            fragment,
        })
    }
}

/// The talk, and the letters of the payload of a fragment of version 1.
pub(crate) fn talk_and_payload<'a>(
    talk: &str,
    fragment: &'a str,
) -> Result<(TalkId, &'a str), LinkError> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment).trim();
    if fragment.is_empty() {
        return Err(LinkError::NoFragment);
    }
    let talk: TalkId = talk.parse().map_err(|_| LinkError::NoTalk)?;
    let payload = match fragment.split_once('.') {
        Some(("1", payload)) => payload,
        Some((version, _)) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(LinkError::Version);
        }
        None if fragment == "1" => return Err(LinkError::Incomplete),
        _ => return Err(LinkError::Damaged),
    };
    Ok((talk, payload))
}

/// The kind of a payload: its first byte.
pub(crate) fn kind_of(payload: &str) -> Result<u8, LinkError> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !payload.bytes().all(is_letter) || payload.len() > MAX_FRAGMENT_BYTES {
        return Err(LinkError::Damaged);
    }
    let start = payload.get(..4).ok_or(LinkError::Incomplete)?;
    let start = decode_base64url(start).map_err(|_| LinkError::Damaged)?;
    start.first().copied().ok_or(LinkError::Incomplete)
}

fn check(seed: &[u8; SEED_BYTES]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash(&[b"link", seed])[..CHECK_BYTES]);
    check
}

fn decode_payload(payload: &str) -> Result<Zeroizing<[u8; SEED_BYTES]>, LinkError> {
    // The kind first: another one has another length.
    if kind_of(payload)? != KIND_SEED {
        return Err(LinkError::Kind);
    }
    if payload.len() < PAYLOAD_LETTERS {
        return Err(LinkError::Incomplete);
    }
    let payload = Zeroizing::new(decode_base64url(payload).map_err(|_| LinkError::Damaged)?);
    let read = |mut reader: Reader<'_>| -> Result<_, DecodeError> {
        reader.u8()?;
        let seed = Zeroizing::new(reader.array()?);
        let told: [u8; CHECK_BYTES] = reader.array()?;
        reader.finish().map(|()| (seed, told))
    };
    let (seed, told) = read(Reader::new(&payload)).map_err(|_| LinkError::Damaged)?;
    (told == check(&seed))
        .then_some(seed)
        .ok_or(LinkError::Damaged)
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
    /// The key pair of a seed: 32 secret, unpredictable bytes, used for nothing else.
    #[must_use]
    pub fn from_seed(talk: TalkId, seed: &[u8; 32]) -> Self {
        let key = KeyPair::from_seed(seed);
        Self { talk, key }
    }

    pub(crate) fn new(talk: TalkId, key: KeyPair) -> Self {
        Self { talk, key }
    }

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

    /// `Sig("group", origin || talk || index || access || control)`: claims the unclaimed group that
    /// this is the access key of. `origin` as for [`AccessKeyPair::sign_challenge`].
    #[must_use]
    pub fn sign_group(
        &self,
        origin: &str,
        index: u8,
        access: &AccessKey,
        control: &AccessKey,
    ) -> [u8; SIGNATURE_BYTES] {
        let content = group_content(origin, &self.talk, index, access, control);
        self.key.sign("group", &content)
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
        Link::from_seed([5; 16])
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
        check_url(&format!("{url}A"), Err(LinkError::Damaged));
        check_url(&format!("{address}#1.AQAA"), Err(LinkError::Kind));
        check_url("https://example.org/#1.AAAA", Err(LinkError::NoTalk));
        check_url("ftp://example.org/t/x#1.AAAA", Err(LinkError::NoTalk));
        // The link of one talk with the address of another.
        let other = Link::from_seed([6; 16]);
        let mixed = format!(
            "https://a/t/{}#{}",
            other.talk().to_text(),
            link().fragment()
        );
        check_url(&mixed, Err(LinkError::Damaged));
    }

    /// Wherever a link ends too early, that is what is said.
    #[test]
    fn a_link_cut_short() {
        let url = link().to_url("https://example.org");
        let secret = url.find('#').unwrap();
        for end in secret..url.len() {
            let read = Link::from_url(&url[..end]).map(|_| ());
            assert_eq!(read.map_err(LinkError::code), Err("incomplete"), "{end}");
        }
    }

    #[test]
    fn a_wrong_letter_in_the_secret() {
        let fragment = link().fragment();
        let talk = link().talk().to_text();
        for at in 2..fragment.len() {
            for letter in ['A', 'z', '7'] {
                let mut wrong = fragment.clone();
                wrong.replace_range(at..=at, &letter.to_string());
                if wrong != fragment {
                    assert!(Link::from_parts(&talk, &wrong).is_err(), "{wrong}");
                }
            }
        }
    }

    #[test]
    fn invitations() {
        let url = link().to_url("https://example.org");
        let by_link = Invitation::read(&url).unwrap();
        assert_eq!(by_link.origin.as_deref(), Some("https://example.org"));
        let by_code = Invitation::read(&link().code().to_lowercase()).unwrap();
        assert_eq!(by_code.origin, None);
        assert_eq!(by_code.link.fragment(), by_link.link.fragment());
        assert_eq!(by_code.link.talk(), by_link.link.talk());
        let why = |text: &str| Invitation::read(text).map(|_| ()).map_err(LinkError::code);
        assert_eq!(why(" "), Err("empty"));
        assert_eq!(why("https://example.org/news"), Err("not_invitation"));
        assert_eq!(why(&link().code()[..10]), Err("incomplete"));
        assert_eq!(why("2026/11"), Err("not_invitation"));
        assert_eq!(why(&"0".repeat(5000)), Err("not_invitation"));
    }

    /// So that another implementation can compare.
    #[test]
    fn a_known_invitation() {
        let link = Link::from_seed(core::array::from_fn(|at| at as u8));
        assert_eq!(link.code(), "000G-40R4-0M30-E209-185G-R38E-1WHQ");
        assert_eq!(link.talk().to_text(), "6KXZ16IJCIGIaSvzU0UBqg");
        assert_eq!(link.fragment(), "1.AgABAgMEBQYHCAkKCwwNDg_dRQ");
    }

    #[test]
    fn what_is_derived_differs() {
        let link = link();
        assert_ne!(link.access().public().0, link.invitation().public());
        let other = link.with_secret([7; 32]);
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
        fn round_trip(seed: [u8; 16]) {
            let link = Link::from_seed(seed);
            let (_, read) = Link::from_url(&link.to_url("https://a")).unwrap();
            prop_assert_eq!(read.talk(), link.talk());
            prop_assert_eq!(&*read.secret, &*link.secret);
            let typed = Link::from_code(&link.code()).unwrap();
            prop_assert_eq!(&*typed.secret, &*link.secret);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Invitation::read(&text);
            let _ = Link::from_parts(&text, &text);
        }
    }
}
