//! A talk between two delegations on the conference's server, founded or not.

use crate::harness::{Conference, DEADLINE};
use incamera_client::{
    Admit, AudioFile, Duties, Entry, KeyFile, MadeInvitation, Name, NewTalk, Participant,
    ParticipantEvent, RoleName, Secret, Stage, TalkCommand, TalkJoinConfig, TalkView, VideoFile,
    draft_delegations, open_delegations, read_link,
};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::time::timeout;

/// The proposing delegation, its head, and the claiming ones.
pub(crate) const NORTH: (&str, &str) = ("North", "Alice");
pub(crate) const SOUTH: (&str, &str) = ("South", "Bob");

/// A proposed talk, and the folder with everybody's keys.
pub(crate) struct Table {
    pub(crate) claim: String,
    keys: TempDir,
}

impl Table {
    pub(crate) async fn propose(conference: &Conference) -> Self {
        let new = NewTalk {
            title: "Herring",
            delegation: NORTH.0,
            person: NORTH.1,
            admit: Admit::Each,
        };
        let proposed = draft_delegations(&new).unwrap();
        let table = Self {
            claim: proposed.claim.to_url(&conference.address.origin()),
            keys: TempDir::new().unwrap(),
        };
        let secret = Secret::Head(Box::new(proposed.secret.clone()));
        KeyFile::create(&table.keys("Alice"), &conference.address, &secret).unwrap();
        open_delegations(&conference.address, None, None, &proposed)
            .await
            .unwrap();
        table
    }

    pub(crate) fn keys(&self, person: &str) -> PathBuf {
        self.keys.path().join(format!("{person}.keys"))
    }

    /// Makes keys for a link or a code.
    pub(crate) async fn receive(&self, conference: &Conference, person: &str, link: &str) {
        let server = Some(conference.address.clone());
        let (address, link) = read_link(link, server).unwrap();
        let Entry::Talk(entry) = Entry::of(link, &address, None).await.unwrap() else {
            panic!("a talk between delegations");
        };
        KeyFile::create(&self.keys(person), &address, &entry.secret).unwrap();
    }

    /// Starts from somebody's keys.
    pub(crate) fn start(&self, person: &str, duties: Duties) -> Participant {
        Participant::start_talk(self.config(person, duties)).unwrap()
    }

    /// How somebody starts from their keys.
    pub(crate) fn config(&self, person: &str, duties: Duties) -> TalkJoinConfig {
        let (file, secret) = KeyFile::open(&self.keys(person)).unwrap();
        TalkJoinConfig {
            file,
            secret,
            trust: None,
            duties,
            camera: Some(Arc::new(VideoFile::test_card())),
            microphone: Some(Arc::new(AudioFile::tone())),
            force_tcp: false,
            observer: None,
        }
    }

    /// Starts as a guest who asks for a seat and enters.
    pub(crate) fn ask(&self, person: &str) -> Participant {
        let ask = Some(Name::new(person).unwrap());
        self.start(
            person,
            Duties {
                ask,
                enter: true,
                ..Duties::default()
            },
        )
    }
}

/// Somebody who does by themselves what a head is asked.
pub(crate) fn host() -> Duties {
    Duties {
        enter: true,
        countersign: true,
        agree_words: true,
        vouch_all: true,
        approve_all: true,
        ..Duties::default()
    }
}

/// Founds a talk: both heads are in the plenary, and have compared the words.
pub(crate) async fn found(conference: &Conference) -> (Table, Participant, Participant) {
    let table = Table::propose(conference).await;
    let alice = table.start("Alice", host());
    table.receive(conference, "Bob", &table.claim.clone()).await;
    let bob = table.start("Bob", host());
    see(&bob, "an offer", |view| view.stage == Stage::Claiming).await;
    let (delegation, person) = (SOUTH.0.to_owned(), SOUTH.1.to_owned());
    bob.command(TalkCommand::Claim { delegation, person })
        .await
        .unwrap();
    for head in [&alice, &bob] {
        see(head, "both have compared", |view| view.compared.len() == 2).await;
    }
    (table, alice, bob)
}

/// Waits until a participant's view is as wanted.
#[track_caller]
pub(crate) fn see<'a>(
    participant: &'a Participant,
    what: &'a str,
    condition: impl Fn(&TalkView) -> bool + 'a,
) -> impl Future<Output = TalkView> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let mut views = participant.talk_view();
        let seen = timeout(
            DEADLINE,
            views.wait_for(|view| view.as_ref().is_some_and(&condition)),
        )
        .await
        .map(|view| view.map(|view| (*view).clone()));
        match seen {
            Ok(Ok(Some(view))) => view,
            _ => {
                let last = participant.talk_view().borrow().clone();
                panic!(
                    "{caller}: never {what}; last: {}",
                    serde_json::to_string_pretty(&last).unwrap()
                )
            }
        }
    }
}

/// Makes an invitation, and waits until it is left in the lobby.
pub(crate) async fn invite(head: &mut Participant, hint: Option<&str>) -> MadeInvitation {
    let invite = TalkCommand::Invite {
        role: RoleName::Delegate,
        hint: hint.map(str::to_owned),
        expiry: 0,
        automatic: false,
    };
    head.command(invite).await.unwrap();
    head.settle().await;
    loop {
        let event = timeout(DEADLINE, head.next_event()).await.unwrap();
        if let Some(ParticipantEvent::Invited(made)) = event {
            return *made;
        }
    }
}
