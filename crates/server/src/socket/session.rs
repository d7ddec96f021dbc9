use super::follow::{Follow, Turn};
use super::outbox::{Ending, Outbox, Text};
use super::read::{self, Received, malformed};
use super::rights::{self, Denied, Guard};
use crate::connections::{Claim, Member, SocketId};
use crate::counters::Count;
use crate::rate::Bucket;
use crate::state::State;
use axum::extract::ws::WebSocket;
use futures_util::stream::SplitStream;
use incamera_log::AppendError;
use incamera_model::{Bytes, ConnectionId, Position, StreamClass, StreamName};
use incamera_wire::{
    ClientMessage, MAX_ENTRY_BYTES, MAX_EPHEMERAL_BYTES, MAX_RECORD_ENTRY_BYTES, MAX_SUBSCRIPTIONS,
    Refusal, RequestId, ServerMessage, Watch,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most sources in a watch.
const MAX_WATCHED: usize = 64;

/// A connection that has proven its key. Dropping it ends what it follows.
pub(super) struct Session {
    pub(super) state: Arc<State>,
    pub(super) member: Member,
    pub(super) connection: ConnectionId,
    socket: SocketId,
    pub(super) outbox: Outbox,
    stored: BTreeMap<StreamName, Follow>,
    ephemeral: BTreeSet<StreamName>,
    turn: Turn,
    messages: Bucket,
    bytes: Bucket,
    /// Messages refused for their rate since the last one that wasn't.
    hasty: u32,
}

impl Session {
    /// The connection was claimed, and `ready` said.
    pub(super) fn begin(state: &Arc<State>, member: Member, claim: Claim, outbox: &Outbox) -> Self {
        state.counters.add(Count::Ready);
        let now = state.now();
        Self {
            member,
            connection: claim.connection,
            socket: claim.socket,
            outbox: outbox.clone(),
            stored: BTreeMap::new(),
            ephemeral: BTreeSet::new(),
            turn: Turn::default(),
            messages: Bucket::new(state.limits.messages, now),
            bytes: Bucket::new(state.limits.bytes, now),
            hasty: 0,
            state: Arc::clone(state),
        }
    }

    /// Carries out one message after another until the connection is to end. One that waits for
    /// the log or the media port holds back the next, and so its sender.
    pub(super) async fn run(mut self, stream: &mut SplitStream<WebSocket>) -> Ending {
        loop {
            match read::next(stream, self.state.limits.silence).await {
                Ok(Received::Message(message, length)) => {
                    let request = request(&message);
                    #[cfg(feature = "test-hooks")]
                    if let Some(meddling) = &self.outbox.meddling {
                        meddling.hear(&message);
                    }
                    if self.is_hasty(length) {
                        let sentence = "Too many messages in too short a time; slow down.";
                        self.refuse(request, Refusal::TooMany, sentence);
                    } else if let Err(ending) = self.handle(*message).await {
                        return ending;
                    }
                }
                Ok(Received::TooLarge(length)) => {
                    self.is_hasty(length);
                    self.refuse(None, Refusal::TooLarge, "The message is too large.");
                }
                Err(ending) => return ending,
            }
            if self.hasty > self.state.limits.patience {
                let sentence = "Too many messages in too short a time; connect again later.";
                return Ending::Refused(Refusal::TooMany, sentence.into());
            }
        }
    }

    async fn handle(&mut self, message: ClientMessage) -> Result<(), Ending> {
        match message {
            ClientMessage::Hello { .. } | ClientMessage::Prove { .. } => {
                return Err(malformed("The connection is ready already."));
            }
            ClientMessage::Append {
                request,
                stream,
                expected,
                entry,
            } => self.append(request, stream, expected, entry).await,
            ClientMessage::Subscribe { stream, from } => self.subscribe(stream, from).await,
            ClientMessage::Publish { stream, entry } => self.publish(stream, entry),
            ClientMessage::Offer {
                request,
                room,
                sdp,
                senders,
                restart,
            } => self.offer(request, (room, restart), sdp, senders).await,
            ClientMessage::Probe { request, sdp } => self.probe(request, sdp).await,
            ClientMessage::Watch { sources } => self.watch(sources).await,
            ClientMessage::Hangup => self.hangup().await,
            ClientMessage::Ping => self.outbox.send(&ServerMessage::Pong),
        }
        Ok(())
    }

    async fn append(
        &mut self,
        request: RequestId,
        stream: StreamName,
        expected: Option<Position>,
        entry: Bytes,
    ) {
        if let Err(denied) = rights::check(&self.state, &self.member, &stream).await {
            return self.deny(Some(request), denied);
        }
        let limit = if stream == StreamName::record() {
            MAX_RECORD_ENTRY_BYTES
        } else {
            MAX_ENTRY_BYTES
        };
        if entry.0.len() > limit {
            let sentence = format!("An entry of this stream may have {limit} bytes.");
            return self.refuse(Some(request), Refusal::TooLarge, &sentence);
        }
        let appended = self
            .state
            .log
            .append(
                (self.member.talk, self.member.group),
                &stream,
                expected,
                entry.0,
            )
            .await;
        let (reason, sentence) = match appended {
            Ok(position) => {
                self.state.counters.add(Count::Appended);
                return self
                    .outbox
                    .send(&ServerMessage::Appended { request, position });
            }
            Err(AppendError::Conflict { next }) => {
                return self.outbox.send(&ServerMessage::Conflict { request, next });
            }
            Err(AppendError::WrongStream) => (
                Refusal::WrongStream,
                "This stream isn't appended to this way.",
            ),
            Err(AppendError::UnknownTalk) => (Refusal::Access, "There is no such talk here."),
            Err(AppendError::Quota) => (
                Refusal::TooMany,
                "Your share of the talk's space is used up.",
            ),
            Err(AppendError::Unavailable) => (
                Refusal::Unavailable,
                "The server can't store this now; try again later.",
            ),
        };
        self.refuse(Some(request), reason, sentence);
    }

    async fn subscribe(&mut self, stream: StreamName, from: Position) {
        if let Err(denied) = rights::check(&self.state, &self.member, &stream).await {
            return self.deny(None, denied);
        }
        let known = self.stored.contains_key(&stream) || self.ephemeral.contains(&stream);
        if !known && self.stored.len() + self.ephemeral.len() >= MAX_SUBSCRIPTIONS {
            let sentence = format!("A connection may follow {MAX_SUBSCRIPTIONS} streams.");
            return self.refuse(None, Refusal::TooMany, &sentence);
        }
        if stream.class() == StreamClass::Ephemeral {
            self.ephemeral.insert(stream.clone());
            let outbox = self.outbox.clone();
            let talk = self.member.talk;
            self.state.hub.join(talk, stream, self.socket, outbox);
            return;
        }
        if let Some(former) = self.stored.remove(&stream) {
            former.end().await;
        }
        let follow = Follow::start(
            self.state.log.subscribe(self.member.talk, &stream, from),
            stream.clone(),
            self.outbox.clone(),
            Arc::clone(&self.turn),
            Guard::new(&self.state, self.member, &stream),
        );
        self.stored.insert(stream, follow);
    }

    fn publish(&mut self, stream: StreamName, entry: Bytes) {
        if !self.member.claimed {
            return self.refuse(None, Refusal::NotYours, rights::UNCLAIMED);
        }
        if stream.class() != StreamClass::Ephemeral {
            let sentence = "This stream is stored; append to it.";
            return self.refuse(None, Refusal::WrongStream, sentence);
        }
        if entry.0.len() > MAX_EPHEMERAL_BYTES {
            let sentence = format!("An entry of this stream may have {MAX_EPHEMERAL_BYTES} bytes.");
            return self.refuse(None, Refusal::TooLarge, &sentence);
        }
        let message = ServerMessage::Published {
            stream: stream.clone(),
            entry,
        };
        if let Ok(text) = serde_json::to_string(&message) {
            self.state.counters.add(Count::Published);
            let text = Text::from(text);
            self.state
                .hub
                .publish(self.member.talk, &stream, self.socket, &text);
        }
    }

    async fn watch(&mut self, sources: Vec<Watch>) {
        if !self.member.claimed {
            return self.refuse(None, Refusal::NotYours, rights::UNCLAIMED);
        }
        if sources.len() > MAX_WATCHED {
            let sentence = format!("A connection may watch {MAX_WATCHED} sources.");
            return self.refuse(None, Refusal::TooMany, &sentence);
        }
        let sources = sources
            .into_iter()
            .map(|watch| (watch.source, watch.width))
            .collect();
        self.state.media.watch(self.connection, sources).await;
    }

    async fn hangup(&self) {
        self.state.media.hangup(self.connection).await;
        self.state.connections.forget_media(self.connection);
    }

    fn deny(&self, request: Option<RequestId>, denied: Denied) {
        let (reason, sentence) = denied.told();
        self.refuse(request, reason, sentence);
    }

    pub(super) fn refuse(&self, request: Option<RequestId>, reason: Refusal, sentence: &str) {
        self.state.counters.add_refused(reason);
        self.outbox.send(&ServerMessage::Refused {
            request,
            reason,
            detail: sentence.to_owned(),
        });
    }

    fn is_hasty(&mut self, length: usize) -> bool {
        let now = self.state.now();
        let hasty = !self.messages.take(now, 1) || !self.bytes.take(now, length);
        self.hasty = if hasty {
            self.hasty.saturating_add(1)
        } else {
            0
        };
        hasty
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for stream in &self.ephemeral {
            self.state.hub.leave(self.member.talk, stream, self.socket);
        }
    }
}

fn request(message: &ClientMessage) -> Option<RequestId> {
    match message {
        ClientMessage::Append { request, .. }
        | ClientMessage::Offer { request, .. }
        | ClientMessage::Probe { request, .. } => Some(*request),
        _ => None,
    }
}
