use crate::counters::{Count, Counters};
use crate::state::State;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// What is told, in numbers only.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Totals {
    opened: u64,
    closed: u64,
    talks: u64,
    destroyed: u64,
    appended: u64,
    slow: u64,
    refused: u64,
}

/// Writes one line each `period` in which anything happened, until the server stops.
pub(crate) async fn run(state: Arc<State>, period: Duration) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Totals::of(&state.counters);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = state.stopping() => return,
        }
        let now = Totals::of(&state.counters);
        if now != told {
            let media = state.media.counters().await;
            let sessions = media.map_or(0, |media| media.sessions);
            now.tell(&told, sessions);
            told = now;
        }
    }
}

impl Totals {
    fn of(counters: &Counters) -> Self {
        Self {
            opened: counters.get(Count::Opened),
            closed: counters.get(Count::Closed),
            talks: counters.get(Count::Talks),
            destroyed: counters.get(Count::Destroyed),
            appended: counters.get(Count::Appended),
            slow: counters.get(Count::Slow),
            refused: counters.all_refused(),
        }
    }

    fn tell(&self, before: &Self, sessions: usize) {
        tracing::info!(
            connections = self.opened.saturating_sub(self.closed),
            sessions,
            opened = self.opened - before.opened,
            talks = self.talks - before.talks,
            destroyed = self.destroyed - before.destroyed,
            entries = self.appended - before.appended,
            slow = self.slow - before.slow,
            refused = self.refused - before.refused,
            "lately"
        );
    }
}
