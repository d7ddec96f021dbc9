use crate::talk::Delegated;
use crate::world::Input;
use core::time::Duration;
use incamera_e2ee::{Event, Notice, Reaction, RoomSession, State, View};
use incamera_model::{LeafIndex, Position, StreamName, Timestamp};
use incamera_talk::SeatSecret;
use std::collections::BTreeMap;

/// A chat message as somebody was shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The signed name.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether it was their own.
    pub own: bool,
}

/// A person: a seat, and a session while the tab is open.
pub struct Peer {
    /// The seat's secret, kept over reloads.
    pub secret: SeatSecret,
    /// The seat, if they sit for a delegation.
    pub delegated: Option<Delegated>,
    /// The session, unless the tab is closed or crashed.
    pub session: Option<RoomSession>,
    /// Which of the server's logs is shown to them.
    pub universe: usize,
    /// What they were shown in chat.
    pub said: Vec<Said>,
    /// The reactions that they were shown: whose, and which.
    pub reactions: Vec<(String, Reaction)>,
    /// How often the page had to draw the room anew.
    pub views: usize,
    /// When the server got the last beat of theirs.
    pub last_beat: Option<Timestamp>,
    /// What they were told.
    pub notices: Vec<Notice>,
    /// How often their encoders were asked for a key frame.
    pub key_frames: usize,
    /// How far their clock is behind the world's: some stop while the machine sleeps.
    pub(crate) lag: Duration,
    /// What arrives for a sleeping machine waits, in order.
    pub(crate) asleep: Option<Vec<Input>>,
    pub(crate) connected: bool,
    /// Counts connections: what was under way on an older one is lost.
    pub(crate) generation: u64,
    pub(crate) reading: BTreeMap<StreamName, Position>,
    /// When the last delivery of each lane arrives; a lane keeps its order.
    pub(crate) lanes: BTreeMap<String, Timestamp>,
}

impl Peer {
    pub(crate) fn new(secret: SeatSecret) -> Self {
        Self {
            secret,
            delegated: None,
            session: None,
            universe: 0,
            said: Vec::new(),
            reactions: Vec::new(),
            views: 0,
            last_beat: None,
            notices: Vec::new(),
            key_frames: 0,
            lag: Duration::ZERO,
            asleep: None,
            connected: false,
            generation: 0,
            reading: BTreeMap::new(),
            lanes: BTreeMap::new(),
        }
    }

    /// What they see now.
    ///
    /// # Panics
    /// If the tab is closed.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> View {
        let session = self.session.as_ref().expect("the tab is open");
        session.view(self.clock(now))
    }

    /// The time on their own clock.
    #[must_use]
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        let lag = u64::try_from(self.lag.as_millis()).unwrap_or(u64::MAX);
        Timestamp(now.0.saturating_sub(lag))
    }

    /// Whether they sit in the room.
    #[must_use]
    pub fn is_seated(&self, now: Timestamp) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.view(self.clock(now)).state == State::Seated)
    }

    /// Whether their connection is up.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connected
    }

    /// Their own leaf, if seated.
    #[must_use]
    pub fn leaf(&self, now: Timestamp) -> Option<LeafIndex> {
        self.view(now).own_leaf
    }

    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Chat {
                name, text, own, ..
            } => self.said.push(Said { name, text, own }),
            Event::SendKeyFrame => self.key_frames += 1,
            Event::Notice { notice } => self.notices.push(notice),
            Event::Reaction { name, reaction, .. } => self.reactions.push((name, reaction)),
            Event::View { .. } => self.views += 1,
        }
    }
}

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Peer")
    }
}
