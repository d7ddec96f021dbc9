//! Which connections there are, and which socket speaks for each.
//!
//! A connection outlives a socket that was lost: it is kept for a while, with its media session,
//! for another socket to go on with. A socket speaks for one connection; the last one that proved
//! the connection's token does, and the one before is displaced.

use crate::config::Limits;
use crate::socket::{Ending, Outbox};
use incamera_model::{AccessKey, ConnectionId, TalkId};
use incamera_wire::{Refusal, Resume, ServerMessage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// By which another socket goes on with a connection.
pub(crate) type Token = [u8; 32];

/// To whoever has proven an access key of a destroyed talk.
pub(crate) const GONE: &str = "The talk was ended for good, and what was written in it is erased.";

/// To whoever has proven an access key that its group has no more.
pub(crate) const REPLACED: &str = "This way in was closed: the delegation has other keys now. Ask for its new link, or come in by it.";

/// Whom a socket speaks for: what its access key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) talk: TalkId,
    /// The index of the access group.
    pub(crate) group: u8,
    /// The group's key, which was proven.
    pub(crate) access: AccessKey,
    /// Whether the group is somebody's.
    pub(crate) claimed: bool,
}

/// A socket that has proven its key; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketId(u64);

/// What a socket speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) connection: ConnectionId,
    pub(crate) socket: SocketId,
}

/// Every connection, those without a socket included.
pub(crate) struct Connections {
    keep: Duration,
    most_kept: usize,
    most_kept_of_talk: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    places: BTreeMap<ConnectionId, Place>,
    /// Those without a socket, by the time at which they end.
    kept: BTreeSet<(Instant, ConnectionId)>,
    kept_of_talk: BTreeMap<TalkId, usize>,
    last_connection: u32,
    last_socket: u64,
}

struct Place {
    member: Member,
    token: Token,
    socket: SocketId,
    outbox: Option<Outbox>,
    /// Set while there is no socket.
    ends_at: Option<Instant>,
    /// The last word about its media, which a socket that was lost may not have taken.
    media: Option<ServerMessage>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            keep: limits.keep,
            most_kept: limits.kept,
            most_kept_of_talk: limits.kept_of_talk,
            inner: Mutex::default(),
        }
    }

    /// Takes a place for a socket: the one that it is to resume, if the token is that one's, else
    /// a new one with `token`. Says `ready`, and what the socket before may have missed.
    pub(crate) fn claim(
        &self,
        member: Member,
        resume: Option<&Resume>,
        token: Token,
        outbox: &Outbox,
    ) -> Claim {
        let mut inner = self.lock();
        inner.last_socket += 1;
        let socket = SocketId(inner.last_socket);
        let ready = |connection, token: Token, resumed| {
            outbox.send(&ServerMessage::Ready {
                connection,
                token: token.to_vec().into(),
                resumed,
                keep_seconds: self.keep.as_secs_f64().ceil() as u32,
                group: member.group,
                claimed: member.claimed,
            });
            Claim { connection, socket }
        };
        // Said while nobody else can speak to the outbox: `ready` comes first.
        if let Some(resume) = resume
            && let Some(place) = inner.resume(&member, resume, socket, outbox)
        {
            let claim = ready(resume.connection, place.token, true);
            if let Some(media) = &place.media {
                outbox.send(media);
            }
            return claim;
        }
        let connection = inner.new_connection();
        let place = Place {
            member,
            token,
            socket,
            outbox: Some(outbox.clone()),
            ends_at: None,
            media: None,
        };
        inner.places.insert(connection, place);
        ready(connection, token, false)
    }

    /// A socket is gone. If it was lost rather than closed, its connection is kept. Returns the
    /// connections that are over, whose media sessions are to be ended.
    pub(crate) fn leave(&self, claim: &Claim, lost: bool, now: Instant) -> Vec<ConnectionId> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(place) = inner.places.get_mut(&claim.connection) else {
            return Vec::new();
        };
        if place.socket != claim.socket {
            return Vec::new();
        }
        if !lost || self.keep.is_zero() {
            inner.places.remove(&claim.connection);
            return vec![claim.connection];
        }
        let ends_at = now + self.keep;
        place.outbox = None;
        place.ends_at = Some(ends_at);
        let talk = place.member.talk;
        inner.kept.insert((ends_at, claim.connection));
        *inner.kept_of_talk.entry(talk).or_default() += 1;
        let mut over = Vec::new();
        if inner.kept_of_talk.get(&talk).copied().unwrap_or_default() > self.most_kept_of_talk {
            let places = &inner.places;
            let of_talk = |(_, connection): &&(Instant, ConnectionId)| {
                places
                    .get(connection)
                    .is_some_and(|p| p.member.talk == talk)
            };
            let oldest = inner.kept.iter().find(of_talk).copied();
            over.extend(oldest.map(|(_, connection)| connection));
        } else if inner.kept.len() > self.most_kept {
            over.extend(inner.kept.first().map(|(_, connection)| *connection));
        }
        for connection in &over {
            inner.remove(*connection);
        }
        over
    }

    /// Ends the connections of a talk that was destroyed, those without a socket included. Returns
    /// them.
    pub(crate) fn end_talk(&self, talk: TalkId) -> Vec<ConnectionId> {
        let ending = Ending::Refused(Refusal::Gone, GONE.into());
        self.end_members(&ending, |member| member.talk == talk)
    }

    /// Ends the connections of a group that had proven another access key than the one that it has
    /// now, those without a socket included. Returns them.
    pub(crate) fn end_former(
        &self,
        talk: TalkId,
        group: u8,
        access: &AccessKey,
    ) -> Vec<ConnectionId> {
        let ending = Ending::Refused(Refusal::Access, REPLACED.into());
        self.end_members(&ending, |member| {
            member.talk == talk && member.group == group && member.access != *access
        })
    }

    fn end_members(&self, ending: &Ending, of: impl Fn(&Member) -> bool) -> Vec<ConnectionId> {
        let mut inner = self.lock();
        let places = inner.places.iter();
        let theirs = places.filter(|(_, place)| of(&place.member));
        let over: Vec<_> = theirs.map(|(connection, _)| *connection).collect();
        for connection in &over {
            if let Some(outbox) = inner.places.get(connection).and_then(|p| p.outbox.as_ref()) {
                outbox.end(ending.clone());
            }
            inner.remove(*connection);
        }
        over
    }

    /// Ends those that were kept long enough. Returns them, and when the next one is due.
    pub(crate) fn expire(&self, now: Instant) -> (Vec<ConnectionId>, Option<Instant>) {
        let mut inner = self.lock();
        let mut over = Vec::new();
        while let Some((ends_at, connection)) = inner.kept.first().copied() {
            if ends_at > now {
                return (over, Some(ends_at));
            }
            inner.remove(connection);
            over.push(connection);
        }
        (over, None)
    }

    /// Tells a connection about its media: now, and how it stands once more if it is resumed.
    pub(crate) fn tell_media(&self, connection: ConnectionId, message: ServerMessage) {
        let mut inner = self.lock();
        if let Some(place) = inner.places.get_mut(&connection) {
            if let Some(outbox) = &place.outbox {
                outbox.send(&message);
            }
            if !matches!(message, ServerMessage::Refused { .. }) {
                place.media = Some(message);
            }
        }
    }

    /// Forgets what was told about a connection's media: it has other media now.
    pub(crate) fn forget_media(&self, connection: ConnectionId) {
        if let Some(place) = self.lock().places.get_mut(&connection) {
            place.media = None;
        }
    }

    /// How many connections are kept without a socket.
    pub(crate) fn kept(&self) -> usize {
        self.lock().kept.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn resume(
        &mut self,
        member: &Member,
        resume: &Resume,
        socket: SocketId,
        outbox: &Outbox,
    ) -> Option<&Place> {
        let place = self.places.get_mut(&resume.connection)?;
        let same_token = place.token.ct_eq(resume.token.as_slice());
        if place.member != *member || !bool::from(same_token) {
            return None;
        }
        place.socket = socket;
        if let Some(former) = place.outbox.replace(outbox.clone()) {
            former.end(Ending::Displaced);
        }
        if let Some(ends_at) = place.ends_at.take() {
            self.no_longer_kept(member.talk, ends_at, resume.connection);
        }
        self.places.get(&resume.connection)
    }

    fn new_connection(&mut self) -> ConnectionId {
        loop {
            let connection = ConnectionId(self.last_connection);
            self.last_connection = self.last_connection.wrapping_add(1);
            if !self.places.contains_key(&connection) {
                return connection;
            }
        }
    }

    fn remove(&mut self, connection: ConnectionId) {
        if let Some(place) = self.places.remove(&connection)
            && let Some(ends_at) = place.ends_at
        {
            self.no_longer_kept(place.member.talk, ends_at, connection);
        }
    }

    fn no_longer_kept(&mut self, talk: TalkId, ends_at: Instant, connection: ConnectionId) {
        self.kept.remove(&(ends_at, connection));
        if let Some(count) = self.kept_of_talk.get_mut(&talk) {
            *count -= 1;
            if *count == 0 {
                self.kept_of_talk.remove(&talk);
            }
        }
    }
}
