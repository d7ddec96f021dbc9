//! When, how and where a meeting is, and why it isn't.

use super::text::{Line, Lines};
use super::zone::Zone;
use crate::codec::{DecodeError, Reader, Writer};
use serde::{Deserialize, Serialize};

/// The last time that is taken: the end of the year 9999, in milliseconds since 1970.
pub const MAX_TIME: u64 = 253_402_300_799_999;
/// The longest meeting, in minutes: two weeks.
pub const MAX_MINUTES: u16 = 20_160;
const MAX_DAYS: u32 = (MAX_TIME / 86_400_000) as u32;

/// How people meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Mode {
    /// In one place.
    InPerson = 1,
    /// By video.
    Video = 2,
    /// Some in one place, others by video.
    Both = 3,
}

impl Mode {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::InPerson,
            2 => Self::Video,
            3 => Self::Both,
            _ => return Err(DecodeError::Value),
        })
    }
}

/// When, how and where a meeting is to be.
///
/// ```text
/// struct { uint64 start; uint16 minutes; uint8 mode; opaque place<V>; opaque zone<V>; } Plan;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// When it begins, in milliseconds since 1970.
    pub start: u64,
    /// How long it is.
    pub minutes: u16,
    /// How people meet.
    pub mode: Mode,
    /// Where; may be empty.
    pub place: Line<300>,
    /// The time zone of whoever proposes it.
    #[serde(default)]
    pub zone: Zone,
}

impl Plan {
    /// Whether its numbers are within their bounds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.start <= MAX_TIME && (1..=MAX_MINUTES).contains(&self.minutes)
    }

    pub(super) fn write<'a>(&self, out: &'a mut Writer) -> &'a mut Writer {
        out.u64(self.start).u16(self.minutes).u8(self.mode as u8);
        self.place.write(out);
        self.zone.write(out);
        out
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let plan = Self {
            start: reader.u64()?,
            minutes: reader.u16()?,
            mode: Mode::read(reader)?,
            place: Line::read(reader)?,
            zone: Zone::read(reader)?,
        };
        sound(plan.is_sound(), plan)
    }
}

/// Something outside of the talk that is the reason.
///
/// ```text
/// struct { uint32 date; opaque text<V>; opaque link<V>; } Cause;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// When it happened, in days since 1970.
    pub date: u32,
    /// What happened.
    pub text: Line<500>,
    /// Where to read about it: an https address, or empty.
    #[serde(default)]
    pub link: Line<500>,
}

impl Cause {
    /// Whether date, text and link are what they have to be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.date <= MAX_DAYS && !self.text.is_empty() && is_link(self.link.as_str())
    }
}

/// Empty, or an https address in printable ASCII.
fn is_link(link: &str) -> bool {
    let host = link.strip_prefix("https://");
    let printable =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic());
    link.is_empty() || host.is_some_and(printable)
}

/// Why something isn't, or isn't as planned.
///
/// ```text
/// struct { opaque public<V>; opaque between<V>; optional<Cause> cause; } Reason;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reason {
    /// What may be told to everybody; may be empty.
    pub public: Lines<1000>,
    /// What is told to the other side only; may be empty.
    pub between: Lines<4000>,
    /// What caused it from outside.
    pub cause: Option<Cause>,
}

impl Reason {
    /// Whether its cause is what it has to be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.cause.as_ref().is_none_or(Cause::is_sound)
    }

    pub(super) fn write<'a>(&self, out: &'a mut Writer) -> &'a mut Writer {
        self.public.write(out);
        self.between.write(out);
        out.optional(self.cause.as_ref(), |out, cause| {
            out.u32(cause.date);
            cause.text.write(out);
            cause.link.write(out);
            out
        })
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reason = Self {
            public: Lines::read(reader)?,
            between: Lines::read(reader)?,
            cause: reader.optional(|reader| {
                Ok(Cause {
                    date: reader.u32()?,
                    text: Line::read(reader)?,
                    link: Line::read(reader)?,
                })
            })?,
        };
        sound(reason.is_sound(), reason)
    }
}

pub(super) fn sound<T>(is_sound: bool, value: T) -> Result<T, DecodeError> {
    if is_sound {
        Ok(value)
    } else {
        Err(DecodeError::Value)
    }
}
