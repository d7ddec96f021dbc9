//! What leaves a talk as a file: a meeting for calendars, a readout that anybody can verify. Pure: no
//! I/O, no clock, no source of randomness.
//!
//! | Module | What it writes |
//! | --- | --- |
//! | [`calendar`] | iCalendar (RFC 5545, RFC 7986), a file for each change of a meeting |
//! | [`readout`] | a readout's signed text, page, JSON and files for OpenSSL |

pub mod calendar;
pub mod readout;
