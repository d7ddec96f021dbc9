//! Who is shown in which slot.

use crate::forwarder::{Forwarder, Key, RoomKey, Slot, SlotKind};
use crate::source::Gate;
use crate::voice::Voice;
use incamera_model::{MediaKind, SourceId};
use std::cmp::Reverse;
use std::time::{Duration, Instant};

/// How long somebody who fell quiet keeps an audio slot when another speaks without one: the pause
/// between two words is shorter.
const PAUSE: Duration = Duration::from_millis(400);
/// How long somebody who speaks keeps it from somebody louder.
const TURN: Duration = Duration::from_secs(2);

type Shown = (Key, MediaKind);

impl Forwarder {
    /// A source sent its first packet, or its first after a silence.
    pub(crate) fn announce(&mut self, now: Instant, from: Key, kind: MediaKind) {
        let next_order = self.next_order;
        let Some(room) = self.member(from).map(|member| member.room) else {
            return;
        };
        let Some(source) = self.source_mut(from, kind) else {
            return;
        };
        if source.order.is_none() {
            source.order = Some(next_order);
            self.next_order += 1;
            self.mark_room_changed(room);
        }
        self.assign_room(now, room);
    }

    /// Somebody speaks: whoever hears it in no slot gives up the one that needs it least.
    pub(crate) fn promote(&mut self, now: Instant, from: Key, kind: MediaKind) {
        let Some(room) = self.member(from).map(|member| member.room) else {
            return;
        };
        let members = self.rooms.get(&room).map_or(0, Vec::len);
        if self.source(from, kind).map_or(0, |s| s.subscribers.len()) + 1 >= members {
            return;
        }
        for key in self.rooms.get(&room).cloned().unwrap_or_default() {
            if key != from && self.slot_of(key, (from, kind)).is_none() {
                self.make_heard(now, key, (from, kind));
            }
        }
    }

    pub(crate) fn assign_room(&mut self, now: Instant, room: RoomKey) {
        for key in self.rooms.get(&room).cloned().unwrap_or_default() {
            self.assign_member(now, key);
        }
    }

    /// Gives a member's slots to the sources it is to be shown. A source that keeps its slot
    /// stays in it.
    pub(crate) fn assign_member(&mut self, now: Instant, key: Key) {
        for kind in [SlotKind::Audio, SlotKind::Video] {
            let wanted = self.wanted(now, key, kind);
            self.fill(now, key, kind, &wanted);
        }
        self.resize(key);
    }

    /// Notes how wide each slot is shown.
    fn resize(&mut self, key: Key) {
        let slots = self.member(key).map_or(0, |member| member.slots.len());
        for slot in 0..slots {
            let width = self.width_of(key, slot);
            if let Some(member) = self.member_mut(key) {
                member.slots[slot].width = width;
            }
        }
    }

    fn width_of(&self, key: Key, slot: usize) -> u16 {
        let shown = || {
            let member = self.member(key)?;
            let (from, kind) = member.slots[slot].source?;
            let connection = self.member(from)?.connection;
            let shown = SourceId { connection, kind };
            let watch = member.watch.as_ref()?.iter();
            watch
                .filter(|(id, _)| *id == shown)
                .map(|(_, width)| *width)
                .max()
        };
        shown().unwrap_or(u16::MAX)
    }

    /// Every source of the member's room but its own, in order of their first packet.
    pub(crate) fn sources_for(&self, key: Key) -> Vec<SourceId> {
        let named = self.shown_to(key).into_iter().filter_map(|(from, kind)| {
            let connection = self.member(from)?.connection;
            Some(SourceId { connection, kind })
        });
        named.collect()
    }

    pub(crate) fn unsubscribe(&mut self, from: Key, kind: MediaKind, key: Key) {
        if let Some(source) = self.source_mut(from, kind) {
            source.subscribers.retain(|(to, _)| *to != key);
        }
    }

    fn shown_to(&self, key: Key) -> Vec<Shown> {
        let Some(room) = self.member(key).and_then(|m| self.rooms.get(&m.room)) else {
            return Vec::new();
        };
        let mut sources = Vec::new();
        for &from in room.iter().filter(|from| **from != key) {
            for kind in MediaKind::ALL {
                if let Some(order) = self.source(from, kind).and_then(|s| s.order) {
                    sources.push((order, (from, kind)));
                }
            }
        }
        sources.sort_unstable_by_key(|(order, _)| *order);
        sources.into_iter().map(|(_, shown)| shown).collect()
    }

    /// The sources that a member's slots of a kind are for, at most as many as there are slots.
    fn wanted(&self, now: Instant, key: Key, kind: SlotKind) -> Vec<Shown> {
        let Some(member) = self.member(key) else {
            return Vec::new();
        };
        let count = member.slots.iter().filter(|slot| slot.kind == kind).count();
        let mut candidates = self.shown_to(key);
        candidates.retain(|(_, media)| kind.takes(*media));
        if let (SlotKind::Video, Some(watch)) = (kind, &member.watch) {
            return self.watched(&candidates, watch, count);
        }
        let pinned = self.watched(&candidates, member.watch.as_deref().unwrap_or(&[]), count);
        // First come, first served: who has a slot keeps it, unless it fell silent and somebody
        // who sends has none. Who spoke longest ago gives way first.
        let rank = |source: &Shown| {
            let place = pinned.iter().position(|pinned| pinned == source);
            let shown = self.slot_of(key, *source).is_some();
            let (live, spoke) = self.source(source.0, source.1).map_or((false, None), |s| {
                (s.is_live(now), s.voice.last_spoke().filter(|_| shown))
            });
            (place.unwrap_or(usize::MAX), !live, !shown, Reverse(spoke))
        };
        candidates.sort_by_cached_key(rank);
        candidates.truncate(count);
        candidates
    }

    fn watched(&self, candidates: &[Shown], watch: &[(SourceId, u16)], count: usize) -> Vec<Shown> {
        let mut wanted = Vec::with_capacity(count);
        for (id, _) in watch {
            let found = candidates.iter().copied().find(|(from, kind)| {
                *kind == id.kind
                    && self
                        .member(*from)
                        .is_some_and(|m| m.connection == id.connection)
            });
            if let Some(source) = found.filter(|source| !wanted.contains(source)) {
                wanted.push(source);
            }
            if wanted.len() == count {
                break;
            }
        }
        wanted
    }

    fn fill(&mut self, now: Instant, key: Key, kind: SlotKind, wanted: &[Shown]) {
        let mut free = Vec::new();
        let slots = self.member(key).map_or(0, |member| member.slots.len());
        for slot in 0..slots {
            let Some(state) = self.member(key).map(|member| &member.slots[slot]) else {
                return;
            };
            if state.kind != kind {
                continue;
            }
            match state.source {
                Some(source) if wanted.contains(&source) => {}
                _ => free.push(slot),
            }
        }
        let missing = wanted.iter().filter(|w| self.slot_of(key, **w).is_none());
        let missing: Vec<Shown> = missing.copied().collect();
        let mut missing = missing.into_iter();
        for slot in free {
            self.bind(now, key, slot, missing.next());
        }
    }

    /// Puts a source, or nothing, into a slot.
    fn bind(&mut self, now: Instant, key: Key, slot: usize, source: Option<Shown>) {
        let Some(state) = self.member_mut(key).map(|member| &mut member.slots[slot]) else {
            return;
        };
        let former = std::mem::replace(&mut state.source, source);
        if former == source {
            return;
        }
        state.rewriter.unbind();
        state.since = Some(now);
        state.gate = match state.kind {
            SlotKind::Audio => Gate::Open,
            SlotKind::Video => Gate::Waiting(now),
        };
        if let Some((from, kind)) = former {
            self.unsubscribe(from, kind, key);
        }
        if let Some((from, kind)) = source {
            if let Some(source) = self.source_mut(from, kind) {
                source.subscribers.push((key, slot));
            }
            let width = self.width_of(key, slot);
            let layer = self.source(from, kind).map(|s| s.layer_for(now, width));
            let layer = layer.unwrap_or_default();
            if let Some(member) = self.member_mut(key) {
                member.slots[slot].width = width;
                member.slots[slot].layer = layer;
            }
            self.ask_key_frame(now, from, kind, layer);
        }
        self.mark_changed(key);
    }

    /// Gives a speaker the slot of whoever spoke longest ago and isn't pinned; if all of them
    /// speak, that of the softest, if that one is drowned.
    fn make_heard(&mut self, now: Instant, key: Key, speaker: Shown) {
        let Some(member) = self.member(key) else {
            return;
        };
        let pinned = |source: &Shown| {
            let connection = self.member(source.0).map(|member| member.connection);
            let watch = member.watch.as_deref().unwrap_or_default().iter();
            watch
                .map(|(id, _)| id)
                .any(|id| id.kind == source.1 && Some(id.connection) == connection)
        };
        let is_free =
            |slot: &Slot| slot.kind == SlotKind::Audio && !slot.source.as_ref().is_some_and(pinned);
        let free = member.slots.iter().enumerate();
        let free: Vec<_> = free.filter(|(_, slot)| is_free(slot)).collect();
        let voice = |slot: &Slot| Some(&self.source(slot.source?.0, slot.source?.1)?.voice);
        let passed = |since: Option<Instant>, least| {
            since.is_none_or(|since| now.saturating_duration_since(since) >= least)
        };
        let pauses = |slot: &Slot| passed(voice(slot).and_then(Voice::last_spoke), PAUSE);
        // Of those who pause, whoever made no sound for longest: others may be about to go on.
        let quiet = free.iter().filter(|(_, slot)| pauses(slot));
        let quietest = quiet.min_by_key(|(_, slot)| voice(slot).and_then(Voice::last_sound));
        let drowned = || {
            let softest = free
                .iter()
                .min_by_key(|(_, slot)| voice(slot).map(Voice::level));
            let own = &self.source(speaker.0, speaker.1)?.voice;
            softest.filter(|(_, slot)| {
                passed(slot.since, TURN) && voice(slot).is_some_and(|other| own.drowns(other))
            })
        };
        let given = quietest.or_else(drowned).map(|(slot, _)| *slot);
        if let Some(slot) = given {
            self.bind(now, key, slot, Some(speaker));
        }
    }

    fn slot_of(&self, key: Key, source: Shown) -> Option<usize> {
        let slots = &self.member(key)?.slots;
        slots.iter().position(|slot| slot.source == Some(source))
    }

    pub(crate) fn mark_room_changed(&mut self, room: RoomKey) {
        for key in self.rooms.get(&room).cloned().unwrap_or_default() {
            self.mark_changed(key);
        }
    }
}
