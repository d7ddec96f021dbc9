use crate::codec::{DecodeError, Reader, Writer};
use crate::control::ControlKeyPair;
use crate::crypto::{SIGNATURE_BYTES, verify};
use crate::entropy::Entropy;
use crate::env::EnvError;
use crate::link::Link;
use crate::text::{MAX_TITLE_CHARS, TextError, Title};
use incamera_model::{AccessKey, RoomId, StreamName, TalkId};

const VERSION: u8 = 1;
const KIND_TALK_OPENED: u8 = 1;
const LABEL: &str = "record";

/// The record's first entry: what the talk is called and where its people meet.
///
/// ```text
/// struct { u8 version = 1; u8 kind = 1; uint64 position = 0; opaque title<V>;
///          opaque room[16]; } TalkOpenedTBS;
/// struct { TalkOpenedTBS tbs; opaque signature[64]; } TalkOpened;
/// ```
/// Signed with `Sig("record", talk_id || tbs)` by the invitation's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkOpened {
    /// The title.
    pub title: Title,
    /// The plenary room.
    pub room: RoomId,
}

/// An entry at the record's first position that doesn't open the talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It can't be opened with the link's vault.
    #[error("this link doesn't open the talk's record: {0}")]
    Sealed(#[from] EnvError),
    /// The encoding is wrong.
    #[error("the talk's record is damaged: {0}")]
    Malformed(#[from] DecodeError),
    /// The title breaks the rules for titles.
    #[error("the talk's title is refused: {0}")]
    Title(#[from] TextError),
    /// The invitation's signature doesn't hold.
    #[error("the talk's record isn't signed by the invitation")]
    Signature,
}

impl TalkOpened {
    /// Signs and seals it as the record's first entry.
    ///
    /// # Errors
    /// [`EnvError`]; not for a valid [`Title`].
    pub fn seal(&self, link: &Link, salt: &[u8; 32]) -> Result<Vec<u8>, EnvError> {
        let mut out = self.encode();
        let signature = link
            .invitation()
            .sign(LABEL, &[&link.talk().0[..], out.as_slice()].concat());
        out.fixed(&signature);
        link.vault()
            .seal(&StreamName::record(), out.as_slice(), salt)
    }

    /// Opens and verifies the record's first entry.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn open(link: &Link, entry: &[u8]) -> Result<Self, RecordError> {
        let content = link.vault().open(&StreamName::record(), entry)?;
        let mut reader = Reader::new(&content);
        reader.version(VERSION)?;
        if reader.u8()? != KIND_TALK_OPENED || reader.u64()? != 0 {
            return Err(DecodeError::Value.into());
        }
        let title = core::str::from_utf8(reader.opaque(MAX_TITLE_CHARS * 4)?)
            .map_err(|_| DecodeError::Value)?;
        let title = Title::parse(title)?;
        let room = RoomId(reader.array()?);
        let signed = &content[..content.len() - reader.rest().len()];
        let signature: [u8; SIGNATURE_BYTES] = reader.array()?;
        reader.finish()?;
        let signed = [&link.talk().0[..], signed].concat();
        if !verify(&link.invitation().public(), LABEL, &signed, &signature) {
            return Err(RecordError::Signature);
        }
        Ok(Self { title, room })
    }

    fn encode(&self) -> Writer {
        let mut out = Writer::new();
        out.u8(VERSION)
            .u8(KIND_TALK_OPENED)
            .u64(0)
            .opaque(self.title.as_str().as_bytes())
            .fixed(&self.room.0);
        out
    }
}

/// A new talk: what the server is told, and the link that stays here.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The talk's identifier.
    pub talk: TalkId,
    /// The public half of the access group's key.
    pub access: AccessKey,
    /// The sealed first entry of the record.
    pub record: Vec<u8>,
    /// The invitation link.
    pub link: Link,
    /// The key that can have the talk destroyed; the proposer keeps it.
    pub control: ControlKeyPair,
}

/// A talk that can't be proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// The title breaks the rules for titles.
    #[error("choose another title: {0}")]
    Title(#[from] TextError),
    /// The record's first entry can't be sealed.
    #[error("the talk can't be sealed: {0}")]
    Seal(#[from] EnvError),
}

/// Proposes a talk. `seed`: 32 secret, unpredictable bytes, used for nothing else.
///
/// # Errors
/// [`ProposeError`].
pub fn propose(title: &str, seed: [u8; 32]) -> Result<Proposal, ProposeError> {
    let mut entropy = Entropy::new(seed);
    let link = Link::from_seed(entropy.draw16());
    let opened = TalkOpened {
        title: Title::new(title)?,
        room: RoomId(entropy.draw16()),
    };
    Ok(Proposal {
        talk: link.talk(),
        access: link.access().public(),
        record: opened.seal(&link, &entropy.draw())?,
        control: ControlKeyPair::from_seed(link.talk(), *entropy.draw()),
        link,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposed_talk_opens() {
        let proposal = propose(" Fisheries, second round ", [1; 32]).unwrap();
        let opened = TalkOpened::open(&proposal.link, &proposal.record).unwrap();
        assert_eq!(opened.title.as_str(), "Fisheries, second round");
        assert_eq!(proposal.record.len(), 256);
        assert_eq!(proposal.access, proposal.link.access().public());
        let again = propose("Other", [2; 32]).unwrap();
        assert_ne!(again.talk, proposal.talk);
        assert!(matches!(
            TalkOpened::open(&again.link, &proposal.record),
            Err(RecordError::Sealed(EnvError::OtherVault))
        ));
    }

    /// Whoever has the vault but not the invitation's key can't rename the talk.
    #[test]
    fn the_signature_counts() {
        let proposal = propose("Title", [1; 32]).unwrap();
        let stream = StreamName::record();
        let vault = proposal.link.vault();
        let content = vault.open(&stream, &proposal.record).unwrap();
        for byte in 0..content.len() {
            let mut altered = content.clone();
            altered[byte] ^= 1;
            let entry = vault.seal(&stream, &altered, &[9; 32]).unwrap();
            assert!(
                TalkOpened::open(&proposal.link, &entry).is_err(),
                "byte {byte}"
            );
        }
    }

    #[test]
    fn titles() {
        assert!(matches!(
            propose("", [1; 32]),
            Err(ProposeError::Title(TextError::Empty))
        ));
        assert!(propose(&"t".repeat(200), [1; 32]).is_ok());
        assert!(propose(&"t".repeat(201), [1; 32]).is_err());
    }
}
