mod desk;
mod frames;
mod tell;
mod unread;

use crate::clock::Clock;
use crate::http::OpenTalkError;
use crate::media_link::MediaLink;
use crate::participant::{Command, FrameObserver, JoinError, KeptSession, ParticipantEvent};
use crate::presence::Presence;
use crate::report::{ChatReport, Counter, Report, SenderKey, push_chat};
use crate::socket::{Socket, SocketEvent};
use crate::source::{FrameSource, Pacer, rtp_ticks};
use crate::transport::TransportEvent;
use incamera_e2ee::{Event, State, TalkOutput, View};
use incamera_model::{MediaKind, StreamName, Timestamp};
use incamera_wire::{ClientMessage, LogEntry, Refusal, ServerMessage};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use str0m::media::Mid;
use tell::describe;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;

pub(crate) use desk::Desk;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Nothing waits longer than this for the clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// The loop of one participant: moves messages, datagrams, frames and time between the room
/// session, the socket, the media link and the sources.
pub(crate) struct Driver {
    clock: Clock,
    start: Instant,
    name: String,
    session: Presence,
    desk: Option<Desk>,
    view: View,
    socket: Socket,
    ready: bool,
    connections: u64,
    media: MediaLink,
    pacers: BTreeMap<MediaKind, Pacer>,
    observer: Option<FrameObserver>,
    events: mpsc::Sender<ParticipantEvent>,
    /// Appends without a reply yet.
    unanswered: BTreeSet<u32>,
    /// Set once the farewell is said: when it is over at the latest.
    leaving: Option<Instant>,
    counter: Counter,
    /// Whose frames a slot carried last.
    slot_senders: BTreeMap<Mid, SenderKey>,
    /// Slots whose last frame didn't open.
    failed_slots: BTreeSet<Mid>,
    chat: Vec<ChatReport>,
    epochs: BTreeSet<u64>,
    seated: Option<Instant>,
}

impl Driver {
    #[expect(clippy::too_many_arguments, reason = "called once, with the parts")]
    pub(crate) fn new(
        clock: Clock,
        name: String,
        session: Presence,
        desk: Option<Desk>,
        socket: Socket,
        sources: BTreeMap<MediaKind, Box<dyn FrameSource>>,
        force_tcp: bool,
        observer: Option<FrameObserver>,
        events: mpsc::Sender<ParticipantEvent>,
    ) -> Self {
        let start = clock.now();
        let view = session.view(clock.timestamp(start));
        let mut driver = Self {
            clock,
            start,
            name,
            session,
            desk,
            view,
            socket,
            ready: false,
            connections: 0,
            media: MediaLink::new(start, force_tcp),
            pacers: BTreeMap::new(),
            observer,
            events,
            unanswered: BTreeSet::new(),
            leaving: None,
            counter: Counter::new(start),
            slot_senders: BTreeMap::new(),
            failed_slots: BTreeSet::new(),
            chat: Vec::new(),
            epochs: BTreeSet::new(),
            seated: None,
        };
        for (kind, source) in sources {
            driver.add_source(start, kind, source);
        }
        driver
    }

    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
    ) -> Result<Report, JoinError> {
        loop {
            let now = self.clock.now();
            self.flush(now)?;
            if self.has_left(now) {
                return Ok(self.farewell().await);
            }
            if let State::Stopped { code } = self.view.state {
                return Err(self.stopped(now, code));
            }
            let deadline = self.poll_timeout(now);
            tokio::select! {
                event = self.socket.next() => match event {
                    Some(SocketEvent::Failed(error)) => return Err(error.into()),
                    Some(event) => self.handle_socket(event).await,
                    None => return Err(JoinError::Internal),
                },
                event = self.media.receive() => self.handle_transport(event),
                result = registered(&mut self.desk) => self.handle_registered(result),
                command = commands.recv() => match command {
                    Some(Command::Seize(reply)) => return Ok(self.seize(reply)),
                    Some(command) => self.handle_command(command),
                    None => return Err(JoinError::Internal),
                },
                () = sleep_until(deadline.into()) => self.handle_timeout(),
            }
        }
    }

    fn time(&self, now: Instant) -> Timestamp {
        self.clock.timestamp(now)
    }

    fn poll_timeout(&self, now: Instant) -> Instant {
        let mut deadline = now + LONGEST_SLEEP;
        if let Some(at) = self.session.poll_timeout() {
            deadline = deadline.min(self.clock.instant(at));
        }
        if self.may_send_media() || self.media.is_connected() {
            deadline = deadline.min(self.media.poll_timeout());
        }
        for pacer in self.pacers.values() {
            deadline = deadline.min(pacer.poll_timeout());
        }
        deadline.min(self.leaving.unwrap_or(deadline))
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        let time = self.time(now);
        if self.session.poll_timeout().is_some_and(|at| at <= time) {
            self.session.handle_timeout(time);
        }
        self.media.handle_timeout(now);
        let kinds: Vec<MediaKind> = self.pacers.keys().copied().collect();
        for kind in kinds {
            self.send_due(now, kind);
        }
    }

    /// Seals and sends a source's frame if it is due. Nothing leaves unsealed: without a seat or a
    /// connection the frame is dropped.
    fn send_due(&mut self, now: Instant, kind: MediaKind) {
        let Some(pacer) = self.pacers.get_mut(&kind) else {
            return;
        };
        let Some((frame, time)) = pacer.handle_timeout(now) else {
            return;
        };
        if !self.media.is_connected() {
            return;
        }
        let Ok(sealed) = self.session.seal(kind, &frame.data) else {
            return;
        };
        match pacer.source.video_format() {
            Some(format) => self
                .media
                .send_video(now, kind, format, &sealed, frame.key, time),
            None => self.media.send_audio(now, sealed, time),
        }
    }

    fn handle_command(&mut self, command: Command) {
        let now = self.clock.now();
        let time = self.time(now);
        match command {
            Command::Chat(text, reply) => {
                let said = self.session.send_chat(time, &text);
                // Whoever asked may have gone.
                let _ = reply.send(said.map_err(|error| error.to_string()));
            }
            Command::Report(reply) => {
                let _ = reply.send(self.report(now));
            }
            Command::Talk(command, reply) => {
                let _ = reply.send(self.session.command(time, command));
            }
            Command::Settle(reply) => {
                // In an open conversation nothing is waited for.
                if let Some(desk) = &mut self.desk {
                    desk.wait(reply);
                }
            }
            Command::Wall(wall) => self.session.handle_wall(time, wall),
            Command::SetSource(kind, Some(source)) => self.add_source(now, kind, source),
            Command::SetSource(kind, None) => {
                self.pacers.remove(&kind);
                self.session.set_sending(time, kind, false);
            }
            // Handled by the loop, which it ends.
            Command::Seize(_) => {}
            Command::Leave => {
                self.leaving = Some(now + FAREWELL);
                self.session.leave(time);
            }
        }
    }

    fn add_source(&mut self, now: Instant, kind: MediaKind, source: Box<dyn FrameSource>) {
        // Both ends know a random start from no other; here it only tests the wrapping. A source
        // that starts again goes on in time.
        let elapsed = now.saturating_duration_since(self.start);
        let first_time = (u32::MAX - 90_000).wrapping_add(rtp_ticks(&*source, elapsed));
        self.pacers
            .insert(kind, Pacer::new(source, now, first_time));
        self.session.set_sending(self.time(now), kind, true);
    }

    async fn handle_socket(&mut self, event: SocketEvent) {
        let now = self.clock.now();
        let time = self.time(now);
        match event {
            SocketEvent::Ready {
                connection,
                resumed,
                group,
                claimed,
            } => {
                self.ready = true;
                self.connections += 1;
                self.unanswered.clear();
                // The media of a connection that was lost and found went on.
                if !resumed || !self.media.is_connected() {
                    self.media.restart(now);
                }
                if let Some(desk) = &mut self.desk {
                    desk.connected();
                }
                self.session.set_connection(time, connection);
                self.session.handle_connected(time, group, claimed);
                self.tell(ParticipantEvent::Connected);
            }
            SocketEvent::Lost => {
                if core::mem::replace(&mut self.ready, false) {
                    self.session.handle_disconnected(time);
                    self.tell(ParticipantEvent::ConnectionLost);
                }
            }
            SocketEvent::Message(message) => self.handle_message(now, message).await,
            SocketEvent::Failed(_) => {}
        }
    }

    async fn handle_message(&mut self, now: Instant, message: ServerMessage) {
        let time = self.time(now);
        match message {
            ServerMessage::Entries {
                stream,
                entries,
                caught_up,
            } => self.handle_entries(time, &stream, &entries, caught_up),
            ServerMessage::Published { stream, entry } => {
                self.session
                    .handle_published(time, &stream, entry.as_slice());
            }
            ServerMessage::Appended { request, position } => {
                self.unanswered.remove(&request);
                self.session.handle_appended(time, request, position);
            }
            ServerMessage::Conflict { request, next } => {
                self.unanswered.remove(&request);
                self.session.handle_conflict(time, request, next);
            }
            ServerMessage::Refused {
                request: Some(request),
                ..
            } => {
                self.unanswered.remove(&request);
                if !self.media.handle_refused(now, request) {
                    self.session.handle_refused(time, request);
                }
            }
            ServerMessage::Refused {
                request: None,
                reason: Refusal::NotYours,
                ..
            } => {
                if let Some(desk) = &mut self.desk {
                    desk.not_ours();
                }
            }
            ServerMessage::Answer { request, sdp } => {
                self.media.handle_answer(now, request, &sdp).await;
            }
            ServerMessage::MediaClosed { .. } => self.media.stop(now),
            // What a slot shows is learned from the frames; the rest belongs to the opening.
            _ => {}
        }
    }

    fn handle_entries(
        &mut self,
        time: Timestamp,
        stream: &StreamName,
        entries: &[LogEntry],
        caught_up: bool,
    ) {
        if let Some(desk) = self.desk.as_mut().filter(|_| caught_up) {
            desk.caught_up(stream);
        }
        let Some((last, before)) = entries.split_last() else {
            self.session.handle_caught_up(time, stream);
            return;
        };
        let mut handle = |entry: &LogEntry, caught_up| {
            self.session.handle_entries(
                time,
                stream,
                entry.position,
                entry.entry.as_slice(),
                caught_up,
            );
        };
        for entry in before {
            handle(entry, false);
        }
        handle(last, caught_up);
    }

    fn handle_transport(&mut self, event: TransportEvent) {
        let now = self.clock.now();
        self.media.handle_transport(now, event);
    }

    /// Carries out what session and media want, until neither wants anything.
    fn flush(&mut self, now: Instant) -> Result<(), JoinError> {
        if let (true, Some(room)) = (self.may_send_media(), self.view.room)
            && let Some(offer) = self.media.start(now, room)
        {
            self.say(now, offer);
        }
        loop {
            if let Some(output) = self.session.poll_output() {
                self.handle_output(now, output)?;
            } else if let Some(output) = self.media.poll_output(now) {
                self.handle_media(now, output);
            } else if !self.attend(now) {
                self.answer_waiting();
                return Ok(());
            }
        }
    }

    fn may_send_media(&self) -> bool {
        self.ready && matches!(self.view.state, State::Seated) && self.leaving.is_none()
    }

    fn handle_output(&mut self, now: Instant, output: TalkOutput) -> Result<(), JoinError> {
        match output {
            TalkOutput::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                self.unanswered.insert(request);
                let entry = entry.into();
                self.say(
                    now,
                    ClientMessage::Append {
                        request,
                        stream,
                        expected,
                        entry,
                    },
                );
            }
            TalkOutput::Subscribe { stream, from } => {
                if let Some(desk) = &mut self.desk {
                    desk.subscribed(&stream);
                }
                self.say(now, ClientMessage::Subscribe { stream, from });
            }
            TalkOutput::Publish { stream, entry } => {
                let entry = entry.into();
                self.say(now, ClientMessage::Publish { stream, entry });
            }
            TalkOutput::Event(event) => self.handle_talk_event(now, event)?,
        }
        Ok(())
    }

    fn say(&mut self, now: Instant, message: ClientMessage) {
        // A connection that can't keep up is as good as none: the socket finds out and reconnects,
        // and the session starts over from what it knows.
        if self.ready && self.socket.send(message).is_err() {
            self.ready = false;
            self.socket.reset();
            self.media.restart(now);
            self.session.handle_disconnected(self.clock.timestamp(now));
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::View { view } => self.handle_view(now, view),
            Event::Chat {
                name, text, own, ..
            } => {
                let message = ChatReport { name, text, own };
                if !own {
                    self.tell(ParticipantEvent::Chat {
                        name: message.name.clone(),
                        text: message.text.clone(),
                    });
                }
                push_chat(&mut self.chat, message);
            }
            Event::SendKeyFrame => self.jump_to_key_frames(),
            Event::Notice { notice } => {
                if let Some(sentence) = describe(&notice) {
                    self.tell(ParticipantEvent::Notice(sentence));
                }
            }
            // A program shows no reactions.
            Event::Reaction { .. } => {}
        }
    }

    fn handle_view(&mut self, now: Instant, view: View) {
        if matches!(view.state, State::Seated) {
            self.epochs.insert(view.epoch);
            if self.seated.is_none() {
                self.seated = Some(now);
                let title = view.title.clone();
                self.tell(ParticipantEvent::Seated { title });
            }
        }
        let names = |view: &View| -> BTreeSet<(u32, String)> {
            let others = view.people.iter().filter(|person| !person.own);
            others
                .map(|person| (person.leaf.0, person.name.clone()))
                .collect()
        };
        let (before, after) = (names(&self.view), names(&view));
        for (_, name) in after.difference(&before) {
            let name = name.clone();
            self.tell(ParticipantEvent::Entered { name });
        }
        for (_, name) in before.difference(&after) {
            let name = name.clone();
            self.tell(ParticipantEvent::Left { name });
        }
        self.counter.handle_expected(|(leaf, kind, name)| {
            view.people.iter().any(|person| {
                person.leaf == *leaf && person.name == *name && person.sending.contains(kind)
            })
        });
        self.view = view;
    }

    fn jump_to_key_frames(&mut self) {
        for pacer in self.pacers.values_mut() {
            pacer.source.jump_to_key_frame();
        }
    }

    fn has_left(&self, now: Instant) -> bool {
        self.leaving
            .is_some_and(|latest| now >= latest || !self.ready || self.unanswered.is_empty())
    }

    async fn farewell(self) -> Report {
        let now = self.clock.now();
        let report = self.report(now);
        if self.ready {
            // Whether it arrives or not, the connection ends now.
            let _ = self.socket.send(ClientMessage::Hangup);
        }
        let _ = tokio::time::timeout(FAREWELL, self.socket.close()).await;
        report
    }

    /// Ends without a farewell; the session goes on elsewhere, cut off from the room.
    fn seize(self, reply: oneshot::Sender<KeptSession>) -> Report {
        let now = self.clock.now();
        let report = self.report(now);
        let kept = KeptSession {
            now: self.time(now),
            session: self.session,
        };
        // Whoever asked may have gone.
        let _ = reply.send(kept);
        report
    }

    fn tell(&self, event: ParticipantEvent) {
        // Events beyond the bound are dropped: reports are whole all the same.
        let _ = self.events.try_send(event);
    }
}

async fn registered(desk: &mut Option<Desk>) -> Result<(), OpenTalkError> {
    match desk {
        Some(desk) => desk.registered().await,
        None => core::future::pending().await,
    }
}
