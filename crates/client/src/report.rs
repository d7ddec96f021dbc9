use crate::clock::millis;
use incamera_model::{LeafIndex, MediaKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// Chat messages kept for a report, at most; beyond, the oldest go.
const MAX_CHAT: usize = 1000;
/// Senders counted, at most; beyond, new ones aren't.
const MAX_SENDERS: usize = 4096;

/// What a participant saw, as `incamera join --report` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Who this participant is.
    #[serde(rename = "self")]
    pub own: OwnReport,
    /// `joining`, `seated`, `stopped` or `left`.
    pub state: &'static str,
    /// The talk's title, once read.
    pub title: Option<String>,
    /// Epochs of the room's group seen.
    pub epochs: u64,
    /// The words of the charter, six with spaces between; none in an open conversation, or before it
    /// is known.
    pub words: Option<String>,
    /// Milliseconds from the start until seated.
    pub seated_ms: Option<u64>,
    /// Connections to the server after the first.
    pub reconnects: u64,
    /// Media sessions that came to flow.
    pub media_sessions: u64,
    /// `udp` or `tcp`: how media was sent last.
    pub transport: Option<&'static str>,
    /// RTP packets received.
    pub packets_received: u64,
    /// Bytes of the messages sent to the server: everything but media.
    pub message_bytes_sent: u64,
    /// And of those received from it.
    pub message_bytes_received: u64,
    /// Frames that nobody's key opens and that can't be told to be of any sender.
    pub refused_unknown: u64,
    /// Everybody in the room, this participant included.
    pub people: Vec<PersonReport>,
    /// Chat messages in the order received.
    pub chat: Vec<ChatReport>,
    /// What came from whom.
    pub senders: Vec<SenderReport>,
}

/// The participant itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnReport {
    /// The name.
    pub name: String,
    /// The delegation's name; none in an open conversation.
    pub delegation: Option<String>,
    /// The leaf, once seated.
    pub leaf: Option<LeafIndex>,
}

/// A person of the verified roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonReport {
    /// The signed name.
    pub name: String,
    /// The delegation's name; none in an open conversation.
    pub delegation: Option<String>,
    /// The leaf.
    pub leaf: LeafIndex,
    /// What the person says to be sending.
    pub sending: Vec<MediaKind>,
    /// Whether nothing was heard from the person for long.
    pub stale: bool,
}

/// A chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatReport {
    /// The sender's signed name.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether this participant wrote it.
    pub own: bool,
}

/// What came from one sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SenderReport {
    /// The sender's signed name.
    pub name: String,
    /// The delegation's name; none in an open conversation.
    pub delegation: Option<String>,
    /// The authenticated leaf.
    pub leaf: LeafIndex,
    /// The authenticated kind.
    pub kind: MediaKind,
    /// Whole frames received.
    pub received: u64,
    /// Frames opened.
    pub decrypted: u64,
    /// Frames that didn't open, in the slot where this sender's frames came before.
    pub refused: u64,
    /// Milliseconds from this participant's start to the first frame opened.
    pub first_frame_ms: u64,
    /// The longest time between two opened frames, in milliseconds, while the sender was in the
    /// room and said to be sending; what lasts when the report is written counts.
    pub longest_gap_ms: u64,
}

/// Counts what came from whom.
#[derive(Debug)]
pub(crate) struct Counter {
    start: Instant,
    senders: BTreeMap<(LeafIndex, MediaKind, String), Counts>,
    pub(crate) refused_unknown: u64,
}

#[derive(Debug)]
struct Counts {
    delegation: Option<String>,
    decrypted: u64,
    refused: u64,
    first: Instant,
    /// None while the sender isn't expected to send.
    last: Option<Instant>,
    longest_gap_ms: u64,
}

/// A sender as far as counting goes: its leaf may later be another person's.
pub(crate) type SenderKey = (LeafIndex, MediaKind, String);

impl Counter {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            senders: BTreeMap::new(),
            refused_unknown: 0,
        }
    }

    /// An opened frame; the delegation counts with the sender's first. Returns whether it is the sender's first.
    pub(crate) fn handle_opened(
        &mut self,
        now: Instant,
        key: &SenderKey,
        delegation: impl FnOnce() -> Option<String>,
    ) -> bool {
        if let Some(counts) = self.senders.get_mut(key) {
            counts.decrypted += 1;
            counts.close_gap(now);
            counts.last = Some(now);
            return false;
        }
        if self.senders.len() < MAX_SENDERS {
            let counts = Counts {
                delegation: delegation(),
                decrypted: 1,
                refused: 0,
                first: now,
                last: Some(now),
                longest_gap_ms: 0,
            };
            self.senders.insert(key.clone(), counts);
        }
        true
    }

    /// A frame that doesn't open, after frames of `key` in the same slot.
    pub(crate) fn handle_refused(&mut self, key: Option<&SenderKey>) {
        match key.and_then(|key| self.senders.get_mut(key)) {
            Some(counts) => counts.refused += 1,
            None => self.refused_unknown += 1,
        }
    }

    /// The roster changed: who left or stopped sending is not missed.
    pub(crate) fn handle_expected(&mut self, expected: impl Fn(&SenderKey) -> bool) {
        for (key, counts) in &mut self.senders {
            if !expected(key) {
                counts.last = None;
            }
        }
    }

    pub(crate) fn reports(&self, now: Instant) -> Vec<SenderReport> {
        let report = |(key, counts): (&SenderKey, &Counts)| {
            let present = counts.last.map_or(0, |last| gap(last, now));
            SenderReport {
                name: key.2.clone(),
                delegation: counts.delegation.clone(),
                leaf: key.0,
                kind: key.1,
                received: counts.decrypted + counts.refused,
                decrypted: counts.decrypted,
                refused: counts.refused,
                first_frame_ms: gap(self.start, counts.first),
                longest_gap_ms: counts.longest_gap_ms.max(present),
            }
        };
        self.senders.iter().map(report).collect()
    }
}

impl Counts {
    fn close_gap(&mut self, now: Instant) {
        if let Some(last) = self.last {
            self.longest_gap_ms = self.longest_gap_ms.max(gap(last, now));
        }
    }
}

/// The last messages of a chat.
pub(crate) fn push_chat(chat: &mut Vec<ChatReport>, message: ChatReport) {
    if chat.len() == MAX_CHAT {
        chat.remove(0);
    }
    chat.push(message);
}

fn gap(from: Instant, to: Instant) -> u64 {
    millis(to.saturating_duration_since(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use std::time::Duration;

    #[test]
    fn gaps() {
        let start = Clock::start().now();
        let at = |millis| start + Duration::from_millis(millis);
        let key = (LeafIndex(1), MediaKind::Camera, "A".to_owned());
        let mut counter = Counter::new(start);
        counter.handle_refused(Some(&key));
        let side = || Some("North".to_owned());
        assert!(counter.handle_opened(at(100), &key, side));
        assert!(!counter.handle_opened(at(400), &key, || None));
        counter.handle_refused(Some(&key));
        let longest = |counter: &Counter, now| counter.reports(at(now))[0].longest_gap_ms;
        assert_eq!(longest(&counter, 500), 300);
        // What lasts counts,
        assert_eq!(longest(&counter, 1400), 1000);
        // but not once the sender has stopped.
        counter.handle_expected(|_| false);
        assert_eq!(longest(&counter, 9000), 300);
        counter.handle_opened(at(9000), &key, || None);
        let report = &counter.reports(at(9000))[0];
        assert_eq!(report.delegation.as_deref(), Some("North"));
        assert_eq!(
            (report.received, report.decrypted, report.refused),
            (4, 3, 1)
        );
        assert_eq!((report.first_frame_ms, report.longest_gap_ms), (100, 300));
        assert_eq!(counter.refused_unknown, 1);
    }
}
