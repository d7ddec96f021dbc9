//! What was measured, and what is wrong with it.

use crate::plan::Kind;
use crate::server::Counts;
use serde::Serialize;
use std::collections::BTreeMap;

/// The server's memory may grow by less, after the warm-up.
const MAX_GROWTH: f64 = 0.02;
/// What it may grow by in a conversation that is too short for the warm-up: what each session keeps
/// to send again is still filling then.
const MAX_SHORT_GROWTH: f64 = 0.15;
/// From how long on a conversation isn't short.
const LONG_SECONDS: u64 = 300;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    /// How often what happened.
    pub(crate) happened: BTreeMap<Kind, u32>,
    pub(crate) memory: Memory,
    /// Seconds since the beginning, people there, and resident memory in bytes.
    pub(crate) series: Vec<(u64, usize, u64)>,
    pub(crate) descriptors: Descriptors,
    /// At the end, when everybody had left.
    pub(crate) server: Counts,
    /// The most at once.
    pub(crate) people: usize,
    /// Chat messages that were said, and read by those who were there all the time.
    pub(crate) chat_said: u32,
    pub(crate) chat_read: u32,
    /// Frames that those who were there all the time opened, and those that didn't open.
    pub(crate) frames_opened: u64,
    pub(crate) frames_refused: u64,
    /// What went wrong.
    pub(crate) faults: Vec<String>,
}

/// Resident memory, in bytes, after the warm-up.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Memory {
    pub(crate) warm_up_seconds: u64,
    pub(crate) samples: usize,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) most: u64,
    /// For an equal number of people, as a share; none with too few samples.
    pub(crate) growth: Option<f64>,
    /// Of a line through all samples, however many people were there.
    pub(crate) plain_growth: Option<f64>,
}

/// How many files and sockets the server had open.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Descriptors {
    pub(crate) before: usize,
    pub(crate) most: usize,
    pub(crate) after: usize,
}

impl Report {
    fn max_growth(&self) -> f64 {
        if self.seconds < LONG_SECONDS {
            MAX_SHORT_GROWTH
        } else {
            MAX_GROWTH
        }
    }

    /// Adds what the numbers say to the faults.
    pub(crate) fn judge(&mut self) {
        let mut faults = Vec::new();
        match self.memory.growth {
            None => faults.push("too few samples of the server's memory".to_owned()),
            Some(growth) if growth >= self.max_growth() => {
                faults.push(format!(
                    "the server's memory grew by {:.1} %",
                    growth * 100.0
                ));
            }
            Some(_) => {}
        }
        let Descriptors { before, after, .. } = self.descriptors;
        if after > before {
            faults.push(format!(
                "{after} descriptors are open, {before} were before"
            ));
        }
        let server = &self.server;
        let sockets = server.sockets_opened - server.sockets_closed;
        for (left, what) in [
            (sockets, "sockets"),
            (server.kept as u64, "kept connections"),
            (server.sessions as u64, "media sessions"),
            (server.tcp_connections as u64, "media connections over TCP"),
        ] {
            if left > 0 {
                faults.push(format!("{left} {what} are left"));
            }
        }
        if server.failed > 0 {
            faults.push(format!("{} media sessions broke down", server.failed));
        }
        if server.forwarded == 0 || self.frames_opened == 0 {
            faults.push("no media was forwarded".to_owned());
        }
        if self.chat_said > 0 && self.chat_read == 0 {
            faults.push("no chat message was read".to_owned());
        }
        self.faults.extend(faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Report {
        Report {
            seconds: 600,
            seed: 1,
            happened: BTreeMap::new(),
            memory: Memory {
                warm_up_seconds: 20,
                samples: 40,
                first: 1,
                last: 1,
                most: 1,
                growth: Some(0.01),
                plain_growth: Some(0.05),
            },
            series: Vec::new(),
            descriptors: Descriptors {
                before: 10,
                most: 20,
                after: 10,
            },
            server: Counts {
                sockets_opened: 5,
                sockets_closed: 5,
                forwarded: 100,
                ..Counts::default()
            },
            people: 5,
            chat_said: 3,
            chat_read: 3,
            frames_opened: 100,
            frames_refused: 0,
            faults: Vec::new(),
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Report), fault: &str) {
        let mut report = good();
        change(&mut report);
        report.judge();
        assert_eq!(report.faults, [fault]);
    }

    #[test]
    fn a_good_one_has_no_fault() {
        let mut report = good();
        report.judge();
        assert_eq!(report.faults, [""; 0]);
    }

    #[test]
    fn each_fault_is_found() {
        check(
            |it| it.memory.growth = Some(0.02),
            "the server's memory grew by 2.0 %",
        );
        check(
            |it| (it.seconds, it.memory.growth) = (60, Some(0.15)),
            "the server's memory grew by 15.0 %",
        );
        check(
            |it| it.memory.growth = None,
            "too few samples of the server's memory",
        );
        check(
            |it| it.descriptors.after = 11,
            "11 descriptors are open, 10 were before",
        );
        check(|it| it.server.sockets_closed = 4, "1 sockets are left");
        check(|it| it.server.kept = 1, "1 kept connections are left");
        check(|it| it.server.sessions = 2, "2 media sessions are left");
        check(
            |it| it.server.tcp_connections = 1,
            "1 media connections over TCP are left",
        );
        check(|it| it.server.failed = 1, "1 media sessions broke down");
        check(|it| it.server.forwarded = 0, "no media was forwarded");
        check(|it| it.chat_read = 0, "no chat message was read");
    }
}
