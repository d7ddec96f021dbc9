//! Who is shown in which slot.

use crate::forwarder::{Forwarder, Key, RoomKey, SlotKind};
use crate::source::Gate;
use incamera_model::{MediaKind, SourceId};
use std::time::{Duration, Instant};

/// How long a speaker keeps an audio slot after falling quiet when another speaks without one.
const QUIET: Duration = Duration::from_secs(1);

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

    /// A microphone is loud: whoever hears it in no slot gives up the one that has been quiet
    /// for longest.
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
                self.replace_quietest(now, key, (from, kind));
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
        // First come, first served: who has a slot keeps it, unless it fell silent and somebody
        // who sends has none.
        let shown = |source: &Shown| self.slot_of(key, *source).is_some();
        let live = |source: &Shown| {
            self.source(source.0, source.1)
                .is_some_and(|s| s.is_live(now))
        };
        let rank = |source: &Shown| match (live(source), shown(source)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        candidates.sort_by_key(rank);
        candidates.truncate(count);
        candidates
    }

    fn watched(&self, candidates: &[Shown], watch: &[SourceId], count: usize) -> Vec<Shown> {
        let mut wanted = Vec::with_capacity(count);
        for id in watch {
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
            self.ask_key_frame(now, from, kind, None);
        }
        self.mark_changed(key);
    }

    fn replace_quietest(&mut self, now: Instant, key: Key, speaker: Shown) {
        let Some(member) = self.member(key) else {
            return;
        };
        let last_loud = |source: Option<Shown>| {
            let (from, kind) = source?;
            self.source(from, kind)?.last_loud
        };
        let audio = member.slots.iter().enumerate();
        let audio = audio.filter(|(_, slot)| slot.kind == SlotKind::Audio);
        let quietest = audio
            .map(|(index, slot)| (last_loud(slot.source), index))
            .min();
        let Some((last_loud, slot)) = quietest else {
            return;
        };
        if last_loud.is_none_or(|last| now.saturating_duration_since(last) >= QUIET) {
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
