//! Messages of one's own on their way: kept until they are durable, sent again after a lost
//! connection under the same id.

use super::ChatError;
use super::member::Member;
use super::room::Shared;
use crate::entries::{AppMessage, is_chat_text};
use crate::outbox::{Outbox, Purpose};
use crate::types::{Event, Notice};
use std::collections::VecDeque;

/// How many messages wait at most; more are refused.
const MAX_WAITING: usize = 64;

#[derive(Default)]
pub(super) struct ChatQueue(VecDeque<Waiting>);

struct Waiting {
    id: [u8; 16],
    text: String,
    sent: bool,
}

impl ChatQueue {
    pub(super) fn push(&mut self, text: &str, out: &mut Outbox) -> Result<(), ChatError> {
        if !is_chat_text(text) {
            return Err(ChatError::Text);
        }
        if self.0.len() >= MAX_WAITING {
            return Err(ChatError::TooMany);
        }
        self.0.push_back(Waiting {
            id: out.entropy().draw16(),
            text: text.to_owned(),
            sent: false,
        });
        Ok(())
    }

    /// Sends what waits.
    pub(super) fn pump(&mut self, member: &mut Member, shared: &Shared, out: &mut Outbox) {
        if !out.connected {
            return;
        }
        for waiting in self.0.iter_mut().filter(|waiting| !waiting.sent) {
            let message = AppMessage::Chat {
                id: waiting.id,
                text: waiting.text.clone(),
            };
            let entry = member.append_message(Purpose::Chat(waiting.id), &message, shared, out);
            waiting.sent = entry.is_some();
        }
    }

    pub(super) fn disconnected(&mut self) {
        for waiting in &mut self.0 {
            waiting.sent = false;
        }
    }

    /// It is durable: show it.
    pub(super) fn sent(
        &mut self,
        id: &[u8; 16],
        member: &Member,
        shared: &Shared,
        out: &mut Outbox,
    ) {
        if let Some(waiting) = self.take(id) {
            out.event(Event::Chat {
                leaf: member.group().own_leaf(),
                name: shared.identity.seat.name().as_str().to_owned(),
                text: waiting.text,
                own: true,
            });
        }
    }

    pub(super) fn refused(&mut self, id: &[u8; 16], out: &mut Outbox) {
        if let Some(waiting) = self.take(id) {
            out.notice(Notice::ChatNotSent { text: waiting.text });
        }
    }

    fn take(&mut self, id: &[u8; 16]) -> Option<Waiting> {
        let index = self.0.iter().position(|waiting| waiting.id == *id)?;
        self.0.remove(index)
    }
}
