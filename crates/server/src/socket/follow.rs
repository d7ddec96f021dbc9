use super::outbox::{Ending, Outbox};
use super::rights::Guard;
use incamera_log::{Entry, Subscription};
use incamera_model::StreamName;
use incamera_wire::{LogEntry, Refusal, ServerMessage};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Streams of one connection take turns: one batch at a time is on its way to it.
pub(super) type Turn = Arc<Mutex<()>>;

/// A task that sends a stream's entries; it ends when this is dropped.
pub(super) struct Follow(JoinHandle<()>);

impl Follow {
    pub(super) fn start(
        subscription: Subscription,
        stream: StreamName,
        outbox: Outbox,
        turn: Turn,
        guard: Guard,
    ) -> Self {
        Self(tokio::spawn(run(subscription, stream, outbox, turn, guard)))
    }

    /// Ends it, and returns once nothing more comes from it.
    pub(super) async fn end(mut self) {
        self.0.abort();
        let _ = (&mut self.0).await;
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(
    mut subscription: Subscription,
    stream: StreamName,
    outbox: Outbox,
    turn: Turn,
    guard: Guard,
) {
    let mut told = false;
    loop {
        subscription.ready().await;
        let _turn = turn.lock().await;
        let Ok((entries, caught_up)) = subscription.next().await else {
            let sentence = "The server can't read its log now; try again later.";
            return outbox.end(Ending::Refused(Refusal::Unavailable, sentence.into()));
        };
        if entries.is_empty() && told {
            continue;
        }
        if !guard.admits(&stream, &outbox).await {
            return;
        }
        told = true;
        let message = ServerMessage::Entries {
            stream: stream.clone(),
            entries: entries.into_iter().map(on_the_wire).collect(),
            caught_up,
        };
        outbox.send_stored(&message).await;
    }
}

fn on_the_wire(entry: Entry) -> LogEntry {
    LogEntry {
        position: entry.position,
        entry: entry.bytes.to_vec().into(),
    }
}
