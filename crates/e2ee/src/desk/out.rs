use super::types::{DeskNotice, TalkEvent, TalkOutput};
use incamera_model::{Position, StreamName};
use incamera_talk::two_keys::Secret;
use incamera_talk::{Entropy, SeatKey, Vault};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// As in the room: the caller drains after every call.
const MAX_OUTPUTS: usize = 4096;
/// The desk's requests are told from the room's by this bit.
const OWN: u32 = 1 << 31;

/// Why something was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// The offer, in the lobby of the place to claim.
    Offer,
    /// The claim there.
    Claim,
    /// The proposer's answer there.
    Counter,
    /// The refusal of a claim, by its hash.
    Decline([u8; 32]),
    /// An entry of the record.
    Record,
    /// An invitation, by its id.
    Invite([u8; 16]),
    /// A wish for a seat.
    Ask,
    /// A voucher.
    Vouch(SeatKey),
    /// A grant, and how many wishes it answers.
    Grant(SeatKey, u8),
    /// A refusal.
    Refusal(SeatKey),
    /// That somebody is vouched for.
    Told(SeatKey),
}

impl Purpose {
    /// Purposes that are refused together: whoever may not write one of them may write none.
    pub(super) fn class(self) -> u8 {
        match self {
            Self::Offer | Self::Claim | Self::Counter | Self::Decline(_) => 0,
            Self::Record => 1,
            Self::Invite(_) | Self::Ask => 2,
            Self::Vouch(_) => 3,
            Self::Grant(..) | Self::Refusal(_) | Self::Told(_) => 4,
        }
    }
}

/// What goes out.
#[derive(Debug)]
pub(super) struct TalkOutbox {
    pub(super) connected: bool,
    entropy: Entropy,
    outputs: VecDeque<TalkOutput>,
    next_request: u32,
    requests: BTreeMap<u32, Purpose>,
    /// What was taken on this connection and may not have come back with its stream yet.
    taken: BTreeSet<Purpose>,
}

impl TalkOutbox {
    pub(super) fn new(entropy: Entropy) -> Self {
        Self {
            connected: false,
            entropy,
            outputs: VecDeque::new(),
            next_request: 0,
            requests: BTreeMap::new(),
            taken: BTreeSet::new(),
        }
    }

    pub(super) fn is_own(request: u32) -> bool {
        request & OWN != 0
    }

    pub(super) fn poll(&mut self) -> Option<TalkOutput> {
        self.outputs.pop_front()
    }

    pub(super) fn entropy(&mut self) -> &mut Entropy {
        &mut self.entropy
    }

    /// Seals an entry; nothing if it is too large, which the packets' caps prevent.
    pub(super) fn seal(
        &mut self,
        vault: &Vault,
        stream: &StreamName,
        content: &[u8],
    ) -> Option<Vec<u8>> {
        let salt = self.entropy.draw();
        vault.seal(stream, content, &salt).ok()
    }

    pub(super) fn append(
        &mut self,
        purpose: Purpose,
        stream: &StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) {
        let request = self.next_request | OWN;
        self.next_request = self.next_request.wrapping_add(1) & !OWN;
        self.requests.insert(request, purpose);
        self.push(TalkOutput::Append {
            request,
            stream: stream.clone(),
            expected,
            entry,
        });
    }

    pub(super) fn subscribe(&mut self, stream: &StreamName, from: Position) {
        self.push(TalkOutput::Subscribe {
            stream: stream.clone(),
            from,
        });
    }

    pub(super) fn event(&mut self, event: TalkEvent) {
        self.push(TalkOutput::Event(event));
    }

    pub(super) fn notice(&mut self, notice: DeskNotice) {
        self.event(TalkEvent::Desk { notice });
    }

    pub(super) fn keep(&mut self, secret: &Secret) {
        let secret = secret.to_text().to_string();
        self.event(TalkEvent::Keep { secret });
    }

    /// Takes the answer to a request.
    pub(super) fn answered(&mut self, request: u32) -> Option<Purpose> {
        self.requests.remove(&request)
    }

    /// An append was taken.
    pub(super) fn taken(&mut self, purpose: Purpose) {
        if purpose != Purpose::Record {
            self.taken.insert(purpose);
        }
    }

    /// Whether something was taken on this connection.
    pub(super) fn was_taken(&self, purpose: Purpose) -> bool {
        self.taken.contains(&purpose)
    }

    /// It is to be said again.
    pub(super) fn forget_taken(&mut self, purpose: Purpose) {
        self.taken.remove(&purpose);
    }

    /// Whether an answer to something of this kind is still awaited.
    pub(super) fn awaits(&self, is: impl Fn(&Purpose) -> bool) -> bool {
        self.requests.values().any(is)
    }

    pub(super) fn disconnected(&mut self) {
        self.connected = false;
        self.requests.clear();
        self.taken.clear();
    }

    pub(super) fn push(&mut self, output: TalkOutput) {
        if self.outputs.len() == MAX_OUTPUTS {
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }
}
