//! The people of the conversation, native participants.

use anyhow::{Context as _, Result, bail};
use incamera_client::{
    AudioFile, JoinConfig, MediaKind, Name, Participant, ProposedTalk, Report, SenderReport,
    ServerAddress, VideoFile,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a state is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct People {
    address: ServerAddress,
    talk: ProposedTalk,
    card: Arc<VideoFile>,
    tone: Arc<AudioFile>,
    there: Vec<Person>,
    came: u32,
}

struct Person {
    name: String,
    participant: Participant,
    sending: BTreeSet<MediaKind>,
}

impl People {
    pub(crate) fn new(address: ServerAddress, talk: ProposedTalk) -> Self {
        Self {
            address,
            talk,
            card: Arc::new(VideoFile::test_card()),
            tone: Arc::new(AudioFile::tone()),
            there: Vec::new(),
            came: 0,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.there.len()
    }

    /// Somebody comes, with camera and microphone.
    pub(crate) fn join(&mut self) -> Result<()> {
        self.came += 1;
        let name = format!("Person {}", self.came);
        let participant = Participant::start(JoinConfig {
            address: self.address.clone(),
            trust: None,
            link: self.talk.link.clone(),
            name: Name::new(&name)?,
            camera: Some(self.card.clone()),
            microphone: Some(self.tone.clone()),
            force_tcp: false,
            observer: None,
        })?;
        self.there.push(Person {
            name,
            participant,
            sending: [MediaKind::Camera, MediaKind::Microphone].into(),
        });
        Ok(())
    }

    /// One of those who don't stay says farewell; the first two stay.
    pub(crate) async fn leave(&mut self, choice: usize) -> Result<bool> {
        let Some(person) = self.take(choice) else {
            return Ok(false);
        };
        person.participant.leave().await?;
        Ok(true)
    }

    /// One of those who don't stay is gone without a word.
    pub(crate) fn vanish(&mut self, choice: usize) -> bool {
        let person = self.take(choice);
        person.map(|person| person.participant.crash()).is_some()
    }

    fn take(&mut self, choice: usize) -> Option<Person> {
        let goers = self.there.len().checked_sub(2).filter(|goers| *goers > 0)?;
        Some(self.there.remove(2 + choice % goers))
    }

    /// Somebody starts or stops sending.
    pub(crate) async fn switch(&mut self, choice: usize, kind: MediaKind) {
        let count = self.there.len();
        let Some(person) = self.there.get_mut(choice % count.max(1)) else {
            return;
        };
        let starts = person.sending.insert(kind);
        if !starts {
            person.sending.remove(&kind);
        }
        if kind.is_audio() {
            let tone = starts.then(|| self.tone.clone());
            person.participant.set_audio(kind, tone).await;
        } else {
            let card = starts.then(|| self.card.clone());
            person.participant.set_video(kind, card).await;
        }
    }

    /// Somebody writes; whether it could be said.
    pub(crate) async fn chat(&mut self, choice: usize, text: &str) -> bool {
        let person = &self.there[choice % self.there.len()];
        person.participant.chat(text).await.is_ok()
    }

    /// Those whose taking part has ended by itself, which nothing here should make it.
    pub(crate) async fn fallen(&mut self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut index = 0;
        while index < self.there.len() {
            if self.there[index].participant.report().await.is_some() {
                index += 1;
                continue;
            }
            let person = self.there.remove(index);
            let reason = match person.participant.finish().await {
                Ok(report) => report.state.to_owned(),
                Err(error) => error.to_string(),
            };
            faults.push(format!("{} dropped out: {reason}", person.name));
        }
        faults
    }

    /// What the first of those sees who are there all the time.
    pub(crate) async fn witness(&self) -> Result<Report> {
        let witness = self.there.first().context("nobody is there")?;
        let report = witness.participant.report().await;
        report.context("the witness is gone")
    }

    /// Waits until everybody is in the room, knows everybody, and the witness gets a picture of
    /// each that sends one.
    pub(crate) async fn settle(&self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        let begin = cameras(&self.witness().await?.senders);
        loop {
            let open = self.unsettled(&begin).await?;
            if open.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("after {} s: {}", patience.as_secs(), open.join("; "));
            }
            sleep(LOOK).await;
        }
    }

    async fn unsettled(&self, begin: &BTreeMap<String, u64>) -> Result<Vec<String>> {
        let mut names: Vec<&str> = self.there.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        let mut open = Vec::new();
        for Person {
            name, participant, ..
        } in &self.there
        {
            let report = participant.report().await.context("somebody is gone")?;
            let mut known: Vec<&str> = report.people.iter().map(|it| it.name.as_str()).collect();
            known.sort_unstable();
            if report.state != "seated" {
                open.push(format!("{name} is {}", report.state));
            } else if known != names {
                open.push(format!("{name} sees {}", known.join(", ")));
            }
        }
        let now = cameras(&self.witness().await?.senders);
        for person in self.there.iter().skip(1) {
            let sends = person.sending.contains(&MediaKind::Camera);
            let frames = |of: &BTreeMap<String, u64>| of.get(&person.name).copied().unwrap_or(0);
            if sends && frames(&now) <= frames(begin) {
                open.push(format!("no picture of {}", person.name));
            }
        }
        Ok(open)
    }

    /// Everybody leaves but `stay` people.
    pub(crate) async fn leave_all(&mut self, stay: usize) -> Result<()> {
        while self.there.len() > stay {
            let person = self.there.remove(self.there.len() - 1);
            person.participant.leave().await?;
        }
        Ok(())
    }
}

/// Frames of cameras opened, by the sender's name; whoever came back has another leaf, but the name.
fn cameras(senders: &[SenderReport]) -> BTreeMap<String, u64> {
    let mut frames = BTreeMap::new();
    for sender in senders {
        if sender.kind == MediaKind::Camera {
            *frames.entry(sender.name.clone()).or_default() += sender.decrypted;
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use incamera_client::LeafIndex;

    fn sender(leaf: u32, kind: MediaKind, decrypted: u64) -> SenderReport {
        SenderReport {
            name: "Person 4".to_owned(),
            delegation: None,
            leaf: LeafIndex(leaf),
            kind,
            received: decrypted,
            decrypted,
            refused: 0,
            first_frame_ms: 0,
            longest_gap_ms: 0,
        }
    }

    #[test]
    fn frames_count_for_the_name_at_each_leaf() {
        // Gone for long and back at a leaf before the former one.
        let senders = [
            sender(2, MediaKind::Camera, 5),
            sender(2, MediaKind::Screen, 7),
            sender(6, MediaKind::Camera, 40),
        ];
        let expected = [("Person 4".to_owned(), 45)].into();
        assert_eq!(cameras(&senders), expected);
    }
}
