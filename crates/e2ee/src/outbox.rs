use crate::presence::Reaction;
use crate::types::{Event, Notice, Output};
use incamera_model::{Position, StreamName};
use incamera_talk::{Entropy, Vault};
use std::collections::{BTreeMap, VecDeque};

/// How many outputs wait at most. The caller drains after every call, and no call makes more than
/// a few; should it not drain, the oldest are dropped.
const MAX_OUTPUTS: usize = 4096;

/// Why something was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A RoomOpen or a commit in `c/<room>`.
    Room,
    /// A request at the door.
    Door,
    /// A chat message, by its id.
    Chat([u8; 16]),
    /// The word that one leaves.
    Leave,
    /// A hand that goes up or down.
    Hand,
    /// A reaction.
    React(Reaction),
}

/// What goes out, sealed on its way.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) connected: bool,
    vault: Vault,
    entropy: Entropy,
    outputs: VecDeque<Output>,
    next_request: u32,
    requests: BTreeMap<u32, Purpose>,
}

impl Outbox {
    pub(crate) fn new(vault: Vault, entropy: Entropy) -> Self {
        Self {
            connected: false,
            vault,
            entropy,
            outputs: VecDeque::new(),
            next_request: 1,
            requests: BTreeMap::new(),
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn entropy(&mut self) -> &mut Entropy {
        &mut self.entropy
    }

    /// Seals an entry; nothing if it is too large, which callers prevent by their own caps.
    pub(crate) fn seal(&mut self, stream: &StreamName, content: &[u8]) -> Option<Vec<u8>> {
        let salt = self.entropy.draw();
        self.vault.seal(stream, content, &salt).ok()
    }

    pub(crate) fn open(&self, stream: &StreamName, entry: &[u8]) -> Option<Vec<u8>> {
        self.vault.open(stream, entry).ok()
    }

    pub(crate) fn append(
        &mut self,
        purpose: Purpose,
        stream: &StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) {
        let request = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.requests.insert(request, purpose);
        self.push(Output::Append {
            request,
            stream: stream.clone(),
            expected,
            entry,
        });
    }

    pub(crate) fn publish(&mut self, stream: &StreamName, content: &[u8]) {
        if let Some(entry) = self.seal(stream, content) {
            self.push(Output::Publish {
                stream: stream.clone(),
                entry,
            });
        }
    }

    pub(crate) fn subscribe(&mut self, stream: &StreamName, from: Position) {
        self.push(Output::Subscribe {
            stream: stream.clone(),
            from,
        });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.event(Event::Notice { notice });
    }

    /// Takes the answer to a request.
    pub(crate) fn answered(&mut self, request: u32) -> Option<Purpose> {
        self.requests.remove(&request)
    }

    /// Whether an answer of this purpose is still awaited.
    pub(crate) fn awaits(&self, purpose: Purpose) -> bool {
        self.requests.values().any(|waiting| *waiting == purpose)
    }

    pub(crate) fn disconnected(&mut self) {
        self.connected = false;
        self.requests.clear();
    }

    fn push(&mut self, output: Output) {
        if self.outputs.len() == MAX_OUTPUTS {
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }
}
