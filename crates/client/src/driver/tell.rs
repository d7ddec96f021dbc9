//! What people are told: reports, and notices in plain words.

use super::{Desk, Driver};
use crate::clock::millis;
use crate::participant::JoinError;
use crate::report::{OwnReport, PersonReport, Report};
use incamera_e2ee::{Notice, Person, State, StopCode};
use std::time::Instant;
use str0m::net::Protocol;

impl Driver {
    pub(super) fn report(&self, now: Instant) -> Report {
        let state = match self.view.state {
            _ if self.leaving.is_some() => "left",
            State::Joining => "joining",
            State::Seated => "seated",
            State::Stopped { .. } => "stopped",
            State::Left => "left",
        };
        let person = |person: &Person| PersonReport {
            name: person.name.clone(),
            delegation: self.delegation_name(person),
            leaf: person.leaf,
            sending: person.sending.clone(),
            stale: person.stale,
        };
        let talk = self.desk.as_ref().and_then(Desk::view);
        let own = talk.map(|talk| &talk.own);
        let words = talk.and_then(|talk| talk.words.as_ref());
        let title = self.view.title.as_ref();
        let (message_bytes_sent, message_bytes_received) = self.socket.traffic();
        Report {
            own: OwnReport {
                name: own
                    .and_then(|own| own.name.clone())
                    .unwrap_or_else(|| self.name.clone()),
                delegation: own
                    .and_then(|own| own.delegation)
                    .zip(self.desk.as_ref())
                    .and_then(|(own, desk)| desk.delegation_name(own)),
                leaf: self.view.own_leaf,
            },
            state,
            title: title.or(talk.and_then(|talk| talk.title.as_ref())).cloned(),
            epochs: self.epochs.len() as u64,
            words: words.map(|words| words.words.join(" ")),
            seated_ms: self
                .seated
                .map(|at| millis(at.saturating_duration_since(self.start))),
            reconnects: self.connections.saturating_sub(1),
            media_sessions: self.media.sessions,
            transport: self.media.protocol.map(|protocol| match protocol {
                Protocol::Udp => "udp",
                _ => "tcp",
            }),
            packets_received: self.media.packets_received(),
            message_bytes_sent,
            message_bytes_received,
            refused_unknown: self.counter.refused_unknown,
            people: self.view.people.iter().map(person).collect(),
            chat: self.chat.clone(),
            senders: self.counter.reports(now),
        }
    }

    /// The name of the delegation for which somebody sits there.
    pub(super) fn delegation_name(&self, person: &Person) -> Option<String> {
        let delegation = person.affiliation.delegation?;
        self.desk.as_ref()?.delegation_name(delegation)
    }

    /// Why taking part ends, if the room says so.
    pub(super) fn stopped(&self, now: Instant, code: StopCode) -> JoinError {
        let dismissed = |reason| JoinError::Dismissed {
            reason,
            report: Box::new(self.report(now)),
        };
        match code {
            StopCode::Fork => {
                JoinError::Stopped("the server shows different people different logs")
            }
            StopCode::BadRecord => {
                JoinError::Stopped("the talk's record can't be opened with this link")
            }
            StopCode::Replaced => JoinError::Stopped("the same seat came in elsewhere"),
            StopCode::Internal => JoinError::Stopped("the cryptography failed"),
            StopCode::Revoked => dismissed("the seat was ejected or withdrawn"),
            StopCode::NotApproved => dismissed("the seat isn't approved under the rules in force"),
            StopCode::LockedOut => dismissed("the room was locked without it"),
            StopCode::RoomEnded => dismissed("the team's room was ended"),
            StopCode::Ended => dismissed("the talk has ended"),
        }
    }
}

/// A notice in plain words; none for what the roster tells anyway.
pub(super) fn describe(notice: &Notice) -> Option<String> {
    let by = |by: &Option<String>| by.clone().unwrap_or_else(|| "somebody".to_owned());
    Some(match notice {
        Notice::Joined { .. } | Notice::Removed { .. } => return None,
        Notice::CommitRefused {
            rule, by: author, ..
        } => {
            format!(
                "A change of the room by {} was refused ({rule:?}).",
                by(author)
            )
        }
        Notice::WelcomeRefused { rule } => format!("A welcome was refused ({rule:?})."),
        Notice::Complaint { name, position } => {
            format!("{name} can't follow the room's change {}.", position.0)
        }
        Notice::Reopened { incarnation } => {
            format!("The room was opened anew (for the {incarnation}. time).")
        }
        Notice::ComingBack { by: author } => {
            format!(
                "{} took this participant for gone; coming back.",
                by(author)
            )
        }
        Notice::Doubt => "The room's state is in doubt; nothing is sent until it is clear.".into(),
        Notice::Silent { .. } => {
            "A delegation is silent; nothing is sent until it is heard again.".into()
        }
        Notice::HeardAgain { .. } => "The silent delegation is heard again, or gone.".into(),
        Notice::ForgedSound { name } => {
            format!("Sound came in {name}'s name that {name} didn't send; it was thrown away.")
        }
        Notice::ChatNotSent { .. } => "A chat message wasn't taken; send it again.".into(),
        Notice::ServerRefuses => "The server refuses what the room needs; trying again.".into(),
    })
}
