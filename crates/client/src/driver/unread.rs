//! Which stored streams weren't read to their end yet.

use incamera_model::StreamName;
use std::collections::BTreeSet;

/// Streams whose end wasn't read yet; whoever settles waits for all of them.
#[derive(Default)]
pub(super) struct Unread(BTreeSet<StreamName>);

impl Unread {
    pub(super) fn subscribed(&mut self, stream: &StreamName) {
        let name = stream.as_str();
        let stored = ["record", "lobby/", "door/", "mail/"];
        if stored.iter().any(|prefix| name.starts_with(prefix)) {
            self.0.insert(stream.clone());
        }
    }

    pub(super) fn caught_up(&mut self, stream: &StreamName) {
        self.0.remove(stream);
    }

    /// The server keeps a lobby for another delegation; it doesn't say which. A founder asks for that
    /// of the place to claim before it has read that the talk is founded, so by the time of the
    /// answer its own may be awaited too: that one is given up only if there was no other.
    pub(super) fn not_ours(&mut self, own: Option<u8>) {
        let all = self.0.len();
        let is_own = |lobby| own == Some(lobby);
        self.0.retain(|stream| stream.lobby_of().is_none_or(is_own));
        if self.0.len() == all {
            self.0.retain(|stream| stream.lobby_of().is_none());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use incamera_model::RoomId;

    fn following(lobbies: &[u8]) -> Unread {
        let mut unread = Unread::default();
        for lobby in lobbies {
            unread.subscribed(&StreamName::lobby(*lobby));
        }
        unread
    }

    /// Found by a head's `talk show` that listed nobody: it had given up waiting for its own lobby.
    #[test]
    fn the_refusal_of_another_lobby_leaves_one_s_own() {
        let mut unread = following(&[0, 1]);
        unread.not_ours(Some(0));
        assert!(!unread.is_empty());
        unread.caught_up(&StreamName::lobby(0));
        assert!(unread.is_empty());
    }

    #[test]
    fn one_s_own_is_given_up_when_there_is_no_other() {
        let mut unread = following(&[1]);
        unread.subscribed(&StreamName::record());
        unread.not_ours(Some(1));
        assert!(!unread.is_empty());
        unread.caught_up(&StreamName::record());
        assert!(unread.is_empty());
    }

    #[test]
    fn rooms_are_not_waited_for() {
        let mut unread = Unread::default();
        unread.subscribed(&StreamName::beats(&RoomId([1; 16])));
        assert!(unread.is_empty());
    }
}
