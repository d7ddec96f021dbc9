//! The days of the talk, counted from the Monday on which the delegations met.

const DAY: u64 = 86_400_000;
/// The talk was over so many days before today, at least.
const SINCE: u64 = 8;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days around a Monday that isn't long ago.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    /// In days since 1970.
    monday: u64,
}

impl Days {
    /// Around the last Monday that is at least eight days before `now`, in milliseconds since 1970.
    pub(super) fn before(now: u64) -> Self {
        let day = (now / DAY).saturating_sub(SINCE);
        // The first of January 1970 was a Thursday.
        let monday = day.saturating_sub((day + 3) % 7);
        Self { monday }
    }

    /// A time of a day, in milliseconds since 1970.
    pub(super) fn at(self, day: i64, hour: u64, minute: u64) -> u64 {
        u64::from(self.date(day)) * DAY + (hour * 60 + minute) * 60_000
    }

    /// A day, in days since 1970.
    pub(super) fn date(self, day: i64) -> u32 {
        let date = self.monday.saturating_add_signed(day);
        u32::try_from(date).unwrap_or(u32::MAX)
    }

    /// A day as people write it: `9 November 2026`.
    pub(super) fn written(self, day: i64) -> String {
        let (year, month, day) = civil(self.date(day).into());
        format!("{day} {} {year}", MONTHS[month])
    }
}

/// Year, month from 0, and day of the month of a day since 1970 (Gregorian): years begin in March, so
/// that a leap day is the last of its year.
fn civil(days: u64) -> (u64, usize, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12;
    let year = year + era * 400 + u64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monday_and_the_days_around_it() {
        // 25 November 2026, a Wednesday, at noon.
        let days = Days::before(1_795_608_000_000);
        assert_eq!(days.written(0), "16 November 2026");
        assert_eq!(days.written(-16), "31 October 2026");
        assert_eq!(days.written(45), "31 December 2026");
        assert_eq!(days.written(46), "1 January 2027");
        // 29 February 2028.
        assert_eq!(civil(21_243), (2028, 1, 29));
        assert_eq!(civil(21_244), (2028, 2, 1));
        for later in 0..14 {
            let now = 1_795_608_000_000 + later * DAY;
            let monday = Days::before(now).at(0, 0, 0);
            assert_eq!((monday / DAY + 3) % 7, 0);
            let ago = now / DAY - monday / DAY;
            assert!((8..15).contains(&ago), "{ago}");
        }
    }
}
