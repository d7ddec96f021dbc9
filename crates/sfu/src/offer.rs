//! What an offer must look like. str0m reads it afterwards; here is checked what this node
//! relies on, before anything is allocated for it.

use incamera_forwarder::SlotKind;
use incamera_model::MediaKind;

/// The largest session description, in bytes.
const MAX_SDP: usize = 64 * 1024;
/// The largest number of m-lines: three senders and the slots of a large screen.
const MAX_LINES: usize = 40;
/// The longest `a=mid` and the longest `a=rid` that str0m keeps whole.
const MAX_MID: usize = 16;
const MAX_RID: usize = 8;
/// The largest number of simulcast layers of a sender.
const MAX_RIDS: usize = 4;

/// A sending m-line of an offer, as the client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderLine {
    /// Its `a=mid` (RFC 5888).
    pub mid: String,
    /// What it carries.
    pub kind: MediaKind,
}

/// Why an offer can't be used, in words for whoever writes a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than a session description may be.
    #[error("the session description has {0} bytes, more than {MAX_SDP}")]
    TooLong(usize),
    /// More m-lines than a session may have.
    #[error("the session description has more than {MAX_LINES} m-lines")]
    TooManyLines,
    /// Not a session description (RFC 8866).
    #[error("this is not a session description")]
    Malformed,
    /// An m-line that is neither audio nor video.
    #[error("the m-line `{0}` is neither audio nor video")]
    NotMedia(String),
    /// An m-line without a usable `a=mid`.
    #[error("m-line {0} needs an a=mid of its own, at most 16 letters and digits")]
    BadMid(usize),
    /// An m-line that both sends and receives, or does neither.
    #[error("the m-line `{0}` must be sendonly and named as a sender, or recvonly as a slot")]
    Direction(String),
    /// A named sender without such an m-line, named twice, or of the wrong kind.
    #[error("the sender `{0}` has no m-line of its own of that kind")]
    Sender(String),
    /// Several tracks on one m-line.
    #[error("the m-line `{0}` has several tracks; one m-line carries one (unified plan)")]
    SeveralTracks(String),
    /// Simulcast layers that can't be told apart.
    #[error("the m-line `{0}` has more than {MAX_RIDS} layers, or an a=rid that is too long")]
    Layers(String),
    /// An m-line outside the one bundle.
    #[error("the m-line `{0}` is not in a=group:BUNDLE")]
    NotBundled(String),
    /// No ICE user name and password, or no DTLS fingerprint.
    #[error("the session description has no a=ice-ufrag, a=ice-pwd or a=fingerprint")]
    NoTransport,
    /// The offer can't be negotiated.
    #[error("the session description can't be negotiated: {0}")]
    Negotiation(String),
    /// A restart without a session to restart.
    #[error("there is no media session to restart; offer a new one")]
    NoSession,
    /// A restart that changes more than ICE.
    #[error("a restart has the same m-lines and senders as the offer that began the session")]
    Changed,
    /// The room or the node is full.
    #[error("there is no room for another media session here; try again later")]
    Full,
}

/// An offer whose m-lines are what they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The description without ICE candidates: an ICE-lite agent doesn't use them (RFC 8445
    /// section 2.5), and so nothing is made of what a peer lists.
    pub(crate) sdp: String,
    pub(crate) senders: Vec<OfferedSender>,
    pub(crate) slots: Vec<OfferedSlot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedSender {
    pub(crate) mid: String,
    pub(crate) kind: MediaKind,
    /// Simulcast layers in the order of the offer, which is lowest first; none without simulcast.
    pub(crate) rids: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedSlot {
    pub(crate) mid: String,
    pub(crate) kind: SlotKind,
}

/// An m-line as it is read.
#[derive(Debug, Default)]
struct Line<'a> {
    media: &'a str,
    mid: Option<&'a str>,
    direction: Option<&'a str>,
    rids: Vec<&'a str>,
    ssrcs: Vec<&'a str>,
    repairs: Vec<&'a str>,
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`OfferError`] says what is wrong with it.
    pub(crate) fn parse(sdp: &str, senders: &[SenderLine]) -> Result<Self, OfferError> {
        if sdp.len() > MAX_SDP {
            return Err(OfferError::TooLong(sdp.len()));
        }
        let (session, lines) = split(sdp)?;
        let has = |attribute| {
            let lines = lines.iter().flat_map(|(_, lines)| lines).chain(&session);
            lines.into_iter().any(|line| line.starts_with(attribute))
        };
        if !["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"]
            .into_iter()
            .all(has)
        {
            return Err(OfferError::NoTransport);
        }
        let bundle = session
            .iter()
            .find_map(|line| line.strip_prefix("a=group:BUNDLE "));
        let bundle: Vec<&str> = bundle
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect();
        let mut offer = Self {
            sdp: without_candidates(sdp),
            senders: Vec::new(),
            slots: Vec::new(),
        };
        for (index, (media, attributes)) in lines.iter().enumerate() {
            let line = Line::read(media, attributes);
            let mid = line.mid.ok_or(OfferError::BadMid(index))?;
            if !is_token(mid, MAX_MID) || offer.knows(mid) {
                return Err(OfferError::BadMid(index));
            }
            if !bundle.contains(&mid) {
                return Err(OfferError::NotBundled(mid.into()));
            }
            offer.add(mid, &line, senders)?;
        }
        for sender in senders {
            if !offer.senders.iter().any(|other| other.mid == sender.mid) {
                return Err(OfferError::Sender(sender.mid.clone()));
            }
        }
        Ok(offer)
    }

    fn knows(&self, mid: &str) -> bool {
        let senders = self.senders.iter().map(|sender| &sender.mid);
        senders
            .chain(self.slots.iter().map(|slot| &slot.mid))
            .any(|other| other == mid)
    }

    fn add(
        &mut self,
        mid: &str,
        line: &Line<'_>,
        senders: &[SenderLine],
    ) -> Result<(), OfferError> {
        let audio = match line.media {
            "audio" => true,
            "video" => false,
            _ => return Err(OfferError::NotMedia(mid.into())),
        };
        let named = senders.iter().find(|sender| sender.mid == mid);
        match (line.direction, named) {
            (Some("recvonly"), None) => {
                let kind = if audio {
                    SlotKind::Audio
                } else {
                    SlotKind::Video
                };
                self.slots.push(OfferedSlot {
                    mid: mid.into(),
                    kind,
                });
                Ok(())
            }
            (Some("sendonly"), Some(named)) => {
                let again = self.senders.iter().any(|sender| sender.kind == named.kind);
                if again || named.kind.is_audio() != audio {
                    return Err(OfferError::Sender(mid.into()));
                }
                let rids = line.layers(mid)?;
                self.senders.push(OfferedSender {
                    mid: mid.into(),
                    kind: named.kind,
                    rids,
                });
                Ok(())
            }
            _ => Err(OfferError::Direction(mid.into())),
        }
    }
}

impl<'a> Line<'a> {
    fn read(media: &'a str, attributes: &[&'a str]) -> Self {
        let mut line = Self {
            media: media.split(' ').next().unwrap_or_default(),
            ..Self::default()
        };
        for attribute in attributes.iter().filter_map(|line| line.strip_prefix("a=")) {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            let first = value.split(' ').next().unwrap_or_default();
            match name {
                "mid" => line.mid = Some(value),
                "sendonly" | "recvonly" | "sendrecv" | "inactive" => line.direction = Some(name),
                "rid" if value.split(' ').nth(1) == Some("send") => line.rids.push(first),
                "ssrc" if !line.ssrcs.contains(&first) => line.ssrcs.push(first),
                "ssrc-group" if first == "FID" => line.repairs.extend(value.split(' ').nth(2)),
                _ => {}
            }
        }
        line
    }

    fn layers(&self, mid: &str) -> Result<Vec<String>, OfferError> {
        let distinct = |rid: &&str| self.rids.iter().filter(|other| *other == rid).count() == 1;
        let good = |rid: &&str| is_token(rid, MAX_RID) && distinct(rid);
        if self.rids.len() > MAX_RIDS || !self.rids.iter().all(good) {
            return Err(OfferError::Layers(mid.into()));
        }
        let tracks = self
            .ssrcs
            .iter()
            .filter(|ssrc| !self.repairs.contains(ssrc));
        if tracks.count() > self.rids.len().max(1) {
            return Err(OfferError::SeveralTracks(mid.into()));
        }
        Ok(self.rids.iter().map(|rid| (*rid).to_owned()).collect())
    }
}

type Sections<'a> = (Vec<&'a str>, Vec<(&'a str, Vec<&'a str>)>);

/// Splits a description into the lines of the session, and each m-line with its own.
fn split(sdp: &str) -> Result<Sections<'_>, OfferError> {
    let mut session = Vec::new();
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in sdp.lines().filter(|line| !line.is_empty()) {
        if line.as_bytes().get(1) != Some(&b'=') {
            return Err(OfferError::Malformed);
        }
        if let Some(media) = line.strip_prefix("m=") {
            if sections.len() == MAX_LINES {
                return Err(OfferError::TooManyLines);
            }
            sections.push((media, Vec::new()));
        } else if let Some((_, lines)) = sections.last_mut() {
            lines.push(line);
        } else {
            session.push(line);
        }
    }
    if session.first() != Some(&"v=0") || sections.is_empty() {
        return Err(OfferError::Malformed);
    }
    Ok((session, sections))
}

fn without_candidates(sdp: &str) -> String {
    let dropped = [
        "a=candidate:",
        "a=end-of-candidates",
        "a=remote-candidates:",
    ];
    let kept =
        |line: &&str| !line.is_empty() && !dropped.iter().any(|start| line.starts_with(start));
    let mut out = String::with_capacity(sdp.len());
    for line in sdp.lines().filter(kept) {
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

fn is_token(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
