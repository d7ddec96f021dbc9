//! A meeting for calendars.
//!
//! Each change of a meeting has a file of its own: the same UID, a greater SEQUENCE. A meeting that
//! has no time any more is taken out of the calendar by METHOD:CANCEL; what says REQUEST stays there.
//! ORGANIZER and ATTENDEE would be people's addresses; a file has none.

mod lines;
mod page;

use incamera_talk::life::{MAX_TIME, Mode, Plan, Reason, rfc3339};
use lines::Lines;
pub use page::{PageError, PageUrl};
use serde::Deserialize;

/// What a meeting's file can't be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// It was never agreed nor proposed for any time.
    #[error("this meeting has no time yet; propose one first")]
    NoTime,
    /// A time after the year 9999, or a length that isn't one.
    #[error("this meeting's time can't be written; choose another")]
    Time,
}

/// Where a meeting stands, as the record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// One side proposed it.
    Proposed,
    /// All sides agreed to the plan.
    Agreed,
    /// It won't be when it was planned.
    Postponed,
    /// It won't be.
    Cancelled,
    /// What was proposed was refused, and nothing had been agreed to before.
    Declined,
    /// It has begun.
    InSession,
    /// It is interrupted.
    Adjourned,
    /// It has ended.
    Held,
}

/// A meeting, with what the person chose to give away of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Meeting {
    /// Of the view; the same for the meeting's whole life.
    pub uid: String,
    /// Grows with each change.
    pub sequence: u32,
    /// Where it stands.
    pub state: State,
    /// What all sides agreed to.
    pub plan: Option<Plan>,
    /// What is proposed, if anything is.
    pub offer: Option<Offer>,
    /// Why it is postponed, cancelled or adjourned; only its public part is written.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// What the calendar shows: the word for "Meeting" in the person's language, or the talk's title
    /// if they ticked that.
    pub summary: String,
    /// The talk's page, if they ticked that.
    #[serde(default)]
    pub page: Option<PageUrl>,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Offer {
    /// What is proposed.
    pub plan: Plan,
}

/// What the calendar is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    Tentative(&'a Plan),
    Confirmed(&'a Plan),
    /// Take it out; where it was, if that is known.
    Cancelled(Option<&'a Plan>),
}

impl Meeting {
    /// The file of how the meeting stands now, `stamp` milliseconds after 1970.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn file(&self, stamp: u64) -> Result<String, CalendarError> {
        let change = self.change()?;
        if stamp > MAX_TIME {
            return Err(CalendarError::Time);
        }
        let (method, status, plan) = match change {
            Change::Tentative(plan) => ("REQUEST", "TENTATIVE", Some(plan)),
            Change::Confirmed(plan) => ("REQUEST", "CONFIRMED", Some(plan)),
            Change::Cancelled(plan) => ("CANCEL", "CANCELLED", plan),
        };
        let mut lines = Lines::default();
        lines
            .raw("BEGIN", "VCALENDAR")
            .raw("VERSION", "2.0")
            .raw("PRODID", "-//In Camera//In Camera 1//EN")
            .raw("CALSCALE", "GREGORIAN")
            .raw("METHOD", method)
            .raw("BEGIN", "VEVENT")
            .text("UID", &self.uid)
            .raw("SEQUENCE", &self.sequence.to_string())
            .raw("DTSTAMP", &basic(stamp))
            .raw("STATUS", status)
            .raw("CLASS", "PRIVATE")
            .text("SUMMARY", &self.summary);
        if let Some(plan) = plan {
            self.place(&mut lines, plan)?;
        }
        let reason = self.reason.as_ref().map_or("", |reason| &*reason.public);
        if !reason.is_empty() {
            lines.text("COMMENT", reason);
        }
        lines.raw("END", "VEVENT").raw("END", "VCALENDAR");
        Ok(lines.into_string())
    }

    fn change(&self) -> Result<Change<'_>, CalendarError> {
        let offer = self.offer.as_ref().map(|offer| &offer.plan);
        let plan = self.plan.as_ref();
        let change = match self.state {
            State::Cancelled | State::Declined => Some(Change::Cancelled(plan.or(offer))),
            // The time that was agreed isn't one any more.
            State::Postponed => Some(offer.map_or(Change::Cancelled(plan), Change::Tentative)),
            State::Proposed => offer.map(Change::Tentative),
            State::Adjourned => {
                let next = offer.map(Change::Tentative);
                next.or(plan.map(Change::Confirmed))
            }
            State::Agreed | State::InSession | State::Held => plan.map(Change::Confirmed),
        };
        change.ok_or(CalendarError::NoTime)
    }

    fn place(&self, lines: &mut Lines, plan: &Plan) -> Result<(), CalendarError> {
        let end = plan.start.saturating_add(u64::from(plan.minutes) * 60_000);
        if !plan.is_sound() || end > MAX_TIME {
            return Err(CalendarError::Time);
        }
        lines
            .raw("DTSTART", &basic(plan.start))
            .raw("DTEND", &basic(end));
        if plan.mode != Mode::Video && !plan.place.is_empty() {
            lines.text("LOCATION", &plan.place);
        }
        if let Some(page) = &self.page {
            lines.raw("URL", page.as_str());
            if plan.mode != Mode::InPerson {
                lines.raw("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO", page.as_str());
            }
        }
        Ok(())
    }
}

/// The DATE-TIME of RFC 5545 in UTC: `20261125T164205Z`.
fn basic(millis: u64) -> String {
    let mut time = rfc3339(millis);
    time.retain(|character| !matches!(character, '-' | ':'));
    time
}
