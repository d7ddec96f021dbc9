//! Times as people and calendars write them, in UTC.

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// The last second of the year 9999, the last that four digits write.
const LAST: u64 = 253_402_300_799;

/// A second in UTC, year 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Utc {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Utc {
    /// From milliseconds since 1970, the fraction cut off. `None` after the year 9999.
    pub(crate) fn from_millis(millis: u64) -> Option<Self> {
        let seconds = millis / 1000;
        if seconds > LAST {
            return None;
        }
        let (days, rest) = (seconds / DAY, seconds % DAY);
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so
        // that the leap day is the last of a year, and eras have 400 of them.
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Some(Self {
            year: era * 400 + year + u64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: rest / (60 * MINUTE),
            minute: rest / MINUTE % 60,
            second: rest % MINUTE,
        })
    }

    /// RFC 5545: `20261125T164205Z`.
    pub(crate) fn basic(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// For people: `2026-11-25 16:42 UTC`.
    pub(crate) fn spoken(self) -> String {
        let Self { year, month, day, hour, minute, .. } = self;
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, basic: &str) {
        assert_eq!(Utc::from_millis(seconds * 1000 + 999).unwrap().basic(), basic);
    }

    #[test]
    fn known_times() {
        // `date -u -d @…`
        check(0, "19700101T000000Z");
        check(951_782_399, "20000228T235959Z");
        check(951_782_400, "20000229T000000Z");
        check(951_868_800, "20000301T000000Z");
        check(1_795_624_925, "20261125T164205Z");
        check(4_107_542_399, "21000228T235959Z");
        check(4_107_542_400, "21000301T000000Z");
        check(LAST, "99991231T235959Z");
        assert_eq!(Utc::from_millis((LAST + 1) * 1000), None);
        assert_eq!(Utc::from_millis(u64::MAX), None);
        assert_eq!(Utc::from_millis(1_795_624_925_000).unwrap().spoken(), "2026-11-25 16:42 UTC");
    }
}
