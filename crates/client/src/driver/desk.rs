//! The part that a talk between delegations adds: keys that are kept, duties, a group's keys that the
//! server is told.

use super::Driver;
use super::unread::Unread;
use crate::address::ServerAddress;
use crate::dial::Trust;
use crate::duties::{Duties, Dutiful};
use crate::http::{OpenTalkError, register_group};
use crate::keys::KeyFile;
use crate::participant::{JoinError, MadeInvitation, ParticipantEvent, Shown};
use crate::socket::Keyring;
use incamera_e2ee::{TalkError, TalkEvent, TalkSession, TalkView};
use incamera_model::{AccessKey, Bytes, StreamName, TalkId};
use incamera_wire::RegisterGroup;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Between two attempts to tell the server a group's keys.
const REGISTER_AGAIN: Duration = Duration::from_secs(2);

/// What a talk between delegations needs beside its session.
pub(crate) struct Desk {
    file: KeyFile,
    trust: Option<Trust>,
    keyring: Keyring,
    duties: Dutiful,
    view: Option<TalkView>,
    shown: Shown,
    unread: Unread,
    registering: JoinSet<Result<(), OpenTalkError>>,
    /// Who waits until everything was read and said.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Desk {
    pub(crate) fn new(
        file: KeyFile,
        trust: Option<Trust>,
        keyring: Keyring,
        duties: Duties,
        shown: Shown,
    ) -> Self {
        Self {
            file,
            trust,
            keyring,
            duties: Dutiful::new(duties),
            view: None,
            shown,
            unread: Unread::default(),
            registering: JoinSet::new(),
            waiting: Vec::new(),
        }
    }

    /// What the server said to a group's keys; waits for ever if it isn't asked.
    pub(super) async fn registered(&mut self) -> Result<(), OpenTalkError> {
        match self.registering.join_next().await {
            Some(Ok(result)) => result,
            // It was cancelled, which only dropping does.
            Some(Err(_)) | None => core::future::pending().await,
        }
    }

    pub(super) fn connected(&mut self) {
        self.unread = Unread::default();
        self.duties.connected();
    }

    pub(super) fn subscribed(&mut self, stream: &StreamName) {
        self.unread.subscribed(stream);
    }

    pub(super) fn caught_up(&mut self, stream: &StreamName) {
        self.unread.caught_up(stream);
    }

    /// A lobby became another delegation's.
    pub(super) fn not_ours(&mut self) {
        let own = self.view.as_ref().and_then(|view| view.own.delegation);
        self.unread.not_ours(own);
    }

    pub(super) fn wait(&mut self, reply: oneshot::Sender<()>) {
        self.waiting.push(reply);
    }

    pub(super) fn delegation_name(&self, index: u8) -> Option<String> {
        let mut delegations = self.view.as_ref()?.delegations.iter();
        let delegation = delegations.find(|delegation| delegation.index == index);
        delegation.map(|delegation| delegation.name.clone())
    }

    pub(super) fn view(&self) -> Option<&TalkView> {
        self.view.as_ref()
    }

    fn register(&mut self, talk: TalkId, group: u8, keys: RegisterGroup) {
        // The answer to the same is awaited.
        if !self.registering.is_empty() {
            return;
        }
        let (address, trust) = (self.file.server().clone(), self.trust.clone());
        self.registering
            .spawn(register(address, trust, talk, group, keys));
    }
}

/// Tells the server until it has taken or refused it.
async fn register(
    address: ServerAddress,
    trust: Option<Trust>,
    talk: TalkId,
    group: u8,
    keys: RegisterGroup,
) -> Result<(), OpenTalkError> {
    loop {
        match register_group(&address, trust.as_ref(), (&talk, group), &keys).await {
            Err(OpenTalkError::Dial(_) | OpenTalkError::Broken { .. }) => {
                sleep(REGISTER_AGAIN).await;
            }
            result => return result,
        }
    }
}

impl Driver {
    pub(super) fn handle_talk_event(
        &mut self,
        now: Instant,
        event: TalkEvent,
    ) -> Result<(), JoinError> {
        match event {
            TalkEvent::Room(event) => self.handle_event(now, event),
            TalkEvent::Talk { talk } => {
                if let Some(desk) = &mut self.desk {
                    desk.view = Some((*talk).clone());
                    desk.shown.talk.send_replace(Some(*talk));
                }
            }
            // What comes after it isn't sent before it is kept.
            TalkEvent::Keep { .. } => {
                if let (Some(desk), Some(session)) = (&self.desk, self.session.talk()) {
                    desk.file.keep(session.secret())?;
                    desk.keyring.set(session.access());
                }
            }
            TalkEvent::Register {
                group,
                access,
                control,
            } => self.handle_register(group, access, control),
            TalkEvent::Invited {
                id,
                fragment,
                code,
                role,
                hint,
            } => {
                if let (Some(desk), Some(session)) = (&self.desk, self.session.talk()) {
                    let talk = session.secret().talk().to_text();
                    let origin = desk.file.server().origin();
                    self.tell(ParticipantEvent::Invited(Box::new(MadeInvitation {
                        id,
                        url: format!("{origin}/t/{talk}#{fragment}"),
                        code,
                        role,
                        hint,
                    })));
                }
            }
            TalkEvent::Life { life } => {
                if let Some(desk) = &self.desk {
                    desk.shown.life.send_replace(Some(life.into()));
                }
            }
            TalkEvent::Desk { notice } => self.tell(ParticipantEvent::Desk(notice)),
        }
        Ok(())
    }

    fn handle_register(&mut self, group: u8, access: AccessKey, control: AccessKey) {
        let Some(desk) = &mut self.desk else { return };
        let origin = desk.file.server().origin();
        let session = self.session.talk();
        let signed = session.and_then(|session: &TalkSession| {
            Some((session.secret().talk(), session.sign_group(&origin)?))
        });
        if let Some((talk, signature)) = signed {
            let signature = Bytes(signature.to_vec());
            let keys = RegisterGroup {
                access,
                control,
                signature,
            };
            desk.register(talk, group, keys);
        }
    }

    /// The server took the group's keys, or didn't. It then ends the connection, and the next one has
    /// the new access key.
    pub(super) fn handle_registered(&mut self, result: Result<(), OpenTalkError>) {
        let time = self.time(self.clock.now());
        match result {
            Ok(()) => {
                // The founding may have gone on without it, by another connection.
                let _ = self
                    .session
                    .command(time, incamera_e2ee::TalkCommand::Registered);
            }
            Err(error) => self.tell(ParticipantEvent::Notice(format!(
                "The server didn't take the delegation's keys: {error}."
            ))),
        }
    }

    /// Does what is due without asking anybody. Returns whether there was something.
    pub(super) fn attend(&mut self, now: Instant) -> bool {
        let time = self.time(now);
        let Some(desk) = self.desk.as_mut().filter(|desk| desk.unread.is_empty()) else {
            return false;
        };
        let Some(view) = desk.view.as_ref().filter(|_| self.ready) else {
            return false;
        };
        let mut any = false;
        for (due, command) in desk.duties.due(view) {
            match self.session.command(time, command) {
                Ok(()) => {
                    any = true;
                    desk.duties.done(due);
                }
                // The view says when.
                Err(TalkError::NotNow | TalkError::TooMany) => {}
                Err(error) => {
                    desk.duties.done(due);
                    let sentence = format!("Something that was due can't be done: {error}.");
                    // As with every event.
                    let _ = self.events.try_send(ParticipantEvent::Notice(sentence));
                }
            }
        }
        any
    }

    /// Answers who waits until everything was read and said.
    pub(super) fn answer_waiting(&mut self) {
        if let Some(desk) = &mut self.desk
            && self.ready
            && self.unanswered.is_empty()
            && desk.unread.is_empty()
            && desk.registering.is_empty()
        {
            for reply in desk.waiting.drain(..) {
                // Whoever asked may have gone.
                let _ = reply.send(());
            }
        }
    }
}
