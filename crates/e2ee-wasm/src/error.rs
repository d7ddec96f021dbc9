use incamera_e2ee::{
    ChatError, OpenError, PresenceError, SealError, SelfTestError, SessionError, TalkError,
};
use incamera_papers::calendar::CalendarError;
use incamera_papers::readout::ReadoutError;
use incamera_talk::two_keys::ProposeTalkError;
use incamera_talk::{BackupError, LinkError, ProposeError, TextError};
use wasm_bindgen::{JsError, JsValue};

/// What a call from JavaScript throws.
#[derive(Debug, thiserror::Error)]
pub enum ShimError {
    /// A damaged link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A text that is no invitation; the page has a sentence for each.
    #[error("{}", .0.code())]
    Invitation(LinkError),
    /// A control key that can't be read.
    #[error(
        "the key that ends this talk can't be read; it is kept in the browser that proposed it"
    )]
    Control,
    /// A talk that can't be proposed.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// A talk between delegations that can't be proposed.
    #[error(transparent)]
    ProposeTalk(#[from] ProposeTalkError),
    /// A command of a talk that can't be carried out; the page has a sentence for each.
    #[error("talk:{}", .0.code())]
    Talk(#[from] TalkError),
    /// A backup that can't be written.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A backup that can't be opened; the page has a sentence for each.
    #[error("{}", crate::talks::backup_problem(*.0))]
    Opening(BackupError),
    /// What this device keeps of a talk can't be read.
    #[error(
        "what this device keeps of the talk can't be read; open the invitation or the backup again"
    )]
    Kept,
    /// A name that isn't allowed.
    #[error("choose another name: {0}")]
    Name(#[from] TextError),
    /// A session that can't start.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A chat message that can't be sent.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// A hand or a reaction that can't be told now.
    #[error(transparent)]
    Presence(#[from] PresenceError),
    /// A frame that isn't sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A frame that isn't opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The self-test failed.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// A meeting that has no file.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A readout that can't be exported.
    #[error(transparent)]
    Readout(#[from] ReadoutError),
    /// A public key that isn't 32 bytes.
    #[error("this isn't a public key")]
    Key,
    /// JSON that has another shape.
    #[error("the page and its cryptography don't understand each other; reload the page")]
    Json,
    /// A seat that can't be read.
    #[error("the seat kept in this tab can't be read; enter your name again")]
    Seat,
    /// A seed that isn't 32 bytes.
    #[error("a seed has 32 bytes")]
    Seed,
    /// A nonce that isn't 32 bytes.
    #[error("the server's challenge can't be read; reload the page")]
    Nonce,
    /// A kind other than 0 to 3.
    #[error("a kind is 0, 1, 2 or 3")]
    Kind,
}

impl From<ShimError> for JsValue {
    fn from(error: ShimError) -> Self {
        JsError::from(error).into()
    }
}
