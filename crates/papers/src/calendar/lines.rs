//! The content lines of RFC 5545, section 3.1.
//!
//! Written here, as no crate fits: `icalendar` asks the system for the time and for randomness,
//! and `ics` folds at 76 octets.

/// The longest line in octets, its break aside.
const MAX_OCTETS: usize = 75;

/// Lines of an iCalendar object.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A property whose value stands as it is: a date, a number, a URI.
    pub(super) fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.fold(&format!("{name}:{value}"));
        self
    }

    /// A property of the type TEXT. A control character other than a line break has no form there
    /// and is left out.
    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        let mut escaped = String::with_capacity(value.len());
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => escaped.extend(['\\', character]),
                '\n' => escaped.push_str("\\n"),
                control if control.is_control() => {}
                other => escaped.push(other),
            }
        }
        self.raw(name, &escaped)
    }

    /// The whole, each line closed.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// Breaks a line where it would be too long, never within a character. The space that opens
    /// a continued line counts.
    fn fold(&mut self, line: &str) {
        let mut octets = 0;
        for character in line.chars() {
            if octets + character.len_utf8() > MAX_OCTETS {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(character);
            octets += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut lines = Lines::default();
        lines.text("COMMENT", value);
        lines.into_string()
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            text("a, b; c\\d:\"e\"\nf"),
            "COMMENT:a\\, b\\; c\\\\d:\"e\"\\nf\r\n"
        );
        assert_eq!(
            text("a\r\nBEGIN:VEVENT\u{7}"),
            "COMMENT:a\\nBEGIN:VEVENT\r\n"
        );
    }

    #[test]
    fn lines_have_75_octets_at_most() {
        for step in ["a", "é", "老", "🂡"] {
            for shift in 0..4 {
                let value = "x".repeat(shift) + &step.repeat(200);
                let folded = text(&value);
                assert!(folded.lines().count() > 2);
                for line in folded.split("\r\n") {
                    assert!(line.len() <= 75, "{} octets", line.len());
                }
                assert_eq!(folded.replace("\r\n ", ""), format!("COMMENT:{value}\r\n"));
            }
        }
    }

    #[test]
    fn a_line_of_75_octets_is_whole() {
        assert_eq!(text(&"x".repeat(67)).matches("\r\n").count(), 1);
        assert_eq!(text(&"x".repeat(68)).matches("\r\n").count(), 2);
    }
}
