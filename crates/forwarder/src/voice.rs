use std::time::{Duration, Instant};

/// A level at or above this (in -dBov, RFC 6464) is taken for quiet.
const LOUD: u8 = 50;
/// What one packet counts for at most: without it the first after a silence would count for the
/// silence too.
const PACKET: Duration = Duration::from_millis(60);
/// So much sound in all is speech; a cough or a falling pen is shorter.
const ONSET: Duration = Duration::from_millis(270);
/// More than this isn't remembered, so that who stops speaking has soon stopped.
const FULL: Duration = Duration::from_millis(400);
/// The share of a packet in the average of levels: 1/32 follows within about half a second.
const SMOOTHING: i32 = 32;
/// Levels are kept in parts of a decibel.
const PARTS: i32 = 256;

/// What is heard of a source, by the levels that its packets tell.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    /// Sound less silence, between nothing and [`FULL`].
    heard: Duration,
    last_packet: Option<Instant>,
    last_spoke: Option<Instant>,
    last_sound: Option<Instant>,
    /// How loud it is on average while it is, in parts of dBov: 0 is the loudest.
    level: i32,
}

impl Voice {
    /// Notes a packet's level; returns whether somebody speaks.
    pub(crate) fn note(&mut self, now: Instant, level: u8) -> bool {
        let since = |last| now.saturating_duration_since(last);
        let passed = self.last_packet.map_or(PACKET, since);
        self.last_packet = Some(now);
        let sound = passed.min(PACKET);
        // No packets, no sound.
        self.heard = self.heard.saturating_sub(passed - sound);
        if level >= LOUD {
            self.heard = self.heard.saturating_sub(sound);
            return false;
        }
        let level = -i32::from(level) * PARTS;
        if self.heard.is_zero() {
            self.level = level;
        }
        self.level += (level - self.level) / SMOOTHING;
        self.last_sound = Some(now);
        self.heard = (self.heard + sound).min(FULL);
        let speaks = self.heard >= ONSET;
        if speaks {
            self.last_spoke = Some(now);
        }
        speaks
    }

    /// When somebody was last heard to speak.
    pub(crate) fn last_spoke(&self) -> Option<Instant> {
        self.last_spoke
    }

    /// When there was last any sound, speech or not.
    pub(crate) fn last_sound(&self) -> Option<Instant> {
        self.last_sound
    }

    /// How loud it is on average, to be compared.
    pub(crate) fn level(&self) -> i32 {
        self.level
    }

    /// Whether it is so much louder than another that it may take its place although both speak.
    pub(crate) fn drowns(&self, other: &Self) -> bool {
        const CLEARLY: i32 = 6 * PARTS;
        self.level >= other.level + CLEARLY
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]
mod tests {
    use super::*;

    /// Packets of 20 ms, `#` for a loud one; the first that tells of speech, in ms.
    fn speech(packets: &str) -> Option<usize> {
        let start = Instant::now();
        let mut voice = Voice::default();
        packets.chars().enumerate().find_map(|(index, packet)| {
            let now = start + Duration::from_millis(20) * index as u32;
            let level = if packet == '#' { 20 } else { 100 };
            (packet != '_' && voice.note(now, level)).then_some(index * 20)
        })
    }

    #[test]
    fn speech_is_told_from_noises() {
        assert_eq!(speech(&"#".repeat(50)), Some(220));
        // As long as a spike may be, with silence sent, and with nothing sent in between.
        assert_eq!(
            speech(&format!("{}..........", "#".repeat(9)).repeat(20)),
            None
        );
        assert_eq!(
            speech(&format!("{}{}", "#".repeat(9), "_".repeat(20)).repeat(20)),
            None
        );
        // Typing.
        assert_eq!(speech(&"##..".repeat(200)), None);
        // Words have gaps.
        assert!(speech(&format!("{}..", "#".repeat(8)).repeat(5)).is_some());
        assert_eq!(speech(&".".repeat(500)), None);
    }

    #[test]
    fn louder_is_by_a_clear_measure() {
        let start = Instant::now();
        let at = |level| {
            let mut voice = Voice::default();
            for packet in 0..100 {
                voice.note(start + Duration::from_millis(20) * packet, level);
            }
            voice
        };
        assert!(at(20).drowns(&at(27)));
        assert!(!at(20).drowns(&at(25)) && !at(25).drowns(&at(20)));
    }
}
