//! Opened frames.

use super::Driver;
use crate::media_link::LinkOutput;
use crate::participant::ParticipantEvent;
use std::time::Instant;
use str0m::media::Mid;

impl Driver {
    pub(super) fn handle_media(&mut self, now: Instant, output: LinkOutput) {
        match output {
            LinkOutput::Connected => {
                self.slot_senders.clear();
                self.failed_slots.clear();
                self.jump_to_key_frames();
                self.tell(ParticipantEvent::MediaConnected);
            }
            LinkOutput::KeyFrameWanted(kind) => {
                if let Some(pacer) = self.pacers.get_mut(&kind) {
                    pacer.source.jump_to_key_frame();
                }
            }
            LinkOutput::Frame { slot, frame } => self.handle_frame(now, slot, &frame),
        }
    }

    fn handle_frame(&mut self, now: Instant, slot: Mid, sealed: &[u8]) {
        let Ok(opened) = self.session.open(self.clock.timestamp(now), sealed) else {
            self.counter.handle_refused(self.slot_senders.get(&slot));
            self.failed_slots.insert(slot);
            return;
        };
        // A decoder would have to start anew after what was dropped.
        if self.failed_slots.remove(&slot) {
            self.media.request_key_frame(now, slot);
        }
        if let Some(observer) = &self.observer {
            observer(opened.leaf, opened.kind, &opened.frame, now);
        }
        // By the roster, not by what the slot carried before: whoever comes after somebody who left
        // may have that one's leaf and slot. Somebody one has just let in may be heard before being
        // in the roster; the frame then has no name to be counted under.
        let person = self.view.people.iter().find(|p| p.leaf == opened.leaf);
        let Some(person) = person else {
            return;
        };
        let key = (opened.leaf, opened.kind, person.name.clone());
        let desk = self.desk.as_ref();
        let delegation = || desk?.delegation_name(person.affiliation.delegation?);
        if self.counter.handle_opened(now, &key, delegation) {
            self.tell(ParticipantEvent::FirstFrame {
                name: key.2.clone(),
                kind: key.1,
            });
        }
        self.slot_senders.insert(slot, key);
    }
}
