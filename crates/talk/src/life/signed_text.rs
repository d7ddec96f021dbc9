//! What a readout's signatures are over: a text that any program can make, keep and verify.

use super::document::{Attribution, Document};
use crate::text::Name;
use crate::two_keys::{Charter, DelegationIndex, Place};
use core::fmt::Write as _;
use incamera_model::{TalkId, encode_base64url};

/// What stands above a readout, and the delegations that it can quote: all that its signed text has of
/// the talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The talk.
    pub talk: TalkId,
    /// `H(charter)` of the charter in force where the version stands.
    pub charter: [u8; 32],
    /// The version's position in the record.
    pub position: u64,
    /// SHA-256 of its sealed entry: the record's head there.
    pub entry: [u8; 32],
    /// The delegations' names, in the order of their places.
    pub delegations: Vec<Name>,
}

impl Heading {
    /// Of a version. `charter`: the one in force where it stands; `after`: the place after it, whose
    /// `prev` is the record's head there.
    #[must_use]
    pub fn of(charter: &Charter, after: Place) -> Self {
        let parties = charter.parties.iter();
        Self {
            talk: charter.talk,
            charter: charter.hash(),
            position: after.position.saturating_sub(1),
            entry: after.prev,
            delegations: parties.map(|party| party.name.clone()).collect(),
        }
    }

    /// The text of a version of a readout.
    ///
    /// UTF-8 in normal form C, lines end with a line feed, the last one too:
    ///
    /// ```text
    /// InCamera 1 readout
    /// Talk: <talk id, base64url>
    /// Charter: <H(charter), hex>
    /// Record: <the version's position> <SHA-256 of its sealed entry, hex>
    /// Embargo: <RFC 3339 in UTC, to the second, or none>
    ///
    /// <headline>
    /// <place>, <date>
    ///
    /// - <point>
    ///
    /// <paragraph>
    /// — <name>, <role>, <delegation>
    /// ```
    #[must_use]
    pub fn signed_text(&self, document: &Document) -> String {
        let mut text = String::from("InCamera 1 readout\n");
        let embargo = match document.embargo {
            0 => "none".to_owned(),
            time => rfc3339(time),
        };
        let record = format!("{} {}", self.position, hex(&self.entry));
        line(&mut text, "Talk: ", &encode_base64url(&self.talk.0));
        line(&mut text, "Charter: ", &hex(&self.charter));
        line(&mut text, "Record: ", &record);
        line(&mut text, "Embargo: ", &embargo);
        line(&mut text, "\n", &document.headline);
        line(&mut text, "", &joined(&[&document.place, &document.date]));
        text.push('\n');
        for point in &document.points {
            line(&mut text, "- ", point);
        }
        for paragraph in &document.paragraphs {
            line(&mut text, "\n", &paragraph.text);
            if let Some(attribution) = self.attribution_line(&paragraph.attribution) {
                line(&mut text, "", &attribution);
            }
        }
        text
    }

    /// The line under a paragraph that says who is quoted, as it is signed; nothing for nobody.
    #[must_use]
    pub fn attribution_line(&self, attribution: &Attribution) -> Option<String> {
        attributed(attribution, |delegation| {
            self.delegations.get(delegation.get())
        })
    }
}

/// The text of a version of a readout, see [`Heading::signed_text`]. `charter`: the one in force where
/// the version stands; `after`: the place after it, whose `prev` is the record's head there.
#[must_use]
pub fn signed_text(charter: &Charter, after: Place, document: &Document) -> String {
    Heading::of(charter, after).signed_text(document)
}

/// The line under a paragraph that says who is quoted, as it is signed; nothing for nobody.
#[must_use]
pub fn attribution_line(charter: &Charter, attribution: &Attribution) -> Option<String> {
    attributed(attribution, |delegation| {
        charter.party(delegation).map(|party| &party.name)
    })
}

fn attributed<'a>(
    attribution: &Attribution,
    name_of: impl Fn(DelegationIndex) -> Option<&'a Name>,
) -> Option<String> {
    // A version that quotes a delegation that there isn't is void: it has no text.
    let party = |delegation: &DelegationIndex| name_of(*delegation).map_or("", Name::as_str);
    Some(match attribution {
        Attribution::None => return None,
        Attribution::Name {
            delegation,
            name,
            role,
        } => format!("— {}", joined(&[name, role, party(delegation)])),
        Attribution::Role { delegation, role } => {
            format!("— {}", joined(&[role, party(delegation)]))
        }
        Attribution::Anonymous { delegation } => format!(
            "— an official of {}, on condition of anonymity",
            party(delegation)
        ),
    })
}

fn line(text: &mut String, before: &str, rest: &str) {
    for part in [before, rest, "\n"] {
        text.push_str(part);
    }
}

/// Those that aren't empty, with commas.
fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string doesn't fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A time in milliseconds since 1970 as RFC 3339 has it, in UTC, to the second.
#[must_use]
pub fn rfc3339(time: u64) -> String {
    let seconds = time / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    let second = seconds % 60;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar: counted in eras of
/// 400 years that begin on the first of March, so that a leap day is a year's last.
#[must_use]
pub fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (next, month) = if month < 10 {
        (0, month + 3)
    } else {
        (1, month - 9)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::super::document::Paragraph;
    use super::super::text::Line;
    use super::*;
    use crate::two_keys::sample;

    fn text<const MAX: usize>(typed: &str) -> Line<MAX> {
        Line::new(typed).unwrap()
    }

    fn said(words: &str, attribution: Attribution) -> Paragraph {
        Paragraph {
            text: text(words),
            attribution,
        }
    }

    #[test]
    fn times() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_399_999), "2000-02-28T23:59:59Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(4_107_542_400_000), "2100-03-01T00:00:00Z");
        assert_eq!(rfc3339(crate::life::MAX_TIME), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_readout_has_one_text() {
        let charter = sample::charter(&sample::two());
        let (north, south) = (DelegationIndex(0), DelegationIndex(1));
        let mut document = Document {
            headline: text("Quotas agreed"),
            place: text("Geneva"),
            date: text("3 May 2026"),
            embargo: 1_777_800_600_000,
            points: vec![text("Cod: 40 000 t"), text("Herring: none")],
            paragraphs: vec![
                said("Both sides met.", Attribution::None),
                said(
                    "We are content.",
                    Attribution::Name {
                        delegation: north,
                        name: text("Ada"),
                        role: text("head"),
                    },
                ),
                said(
                    "So are we.",
                    Attribution::Role {
                        delegation: south,
                        role: text("Minister"),
                    },
                ),
                said(
                    "Up to a point.",
                    Attribution::Anonymous { delegation: south },
                ),
            ],
        };
        let after = Place {
            position: 12,
            prev: [0xab; 32],
        };
        let expected = format!(
            "InCamera 1 readout\nTalk: BwcHBwcHBwcHBwcHBwcHBw\nCharter: {}\nRecord: 11 {}\n\
             Embargo: 2026-05-03T09:30:00Z\n\nQuotas agreed\nGeneva, 3 May 2026\n\n\
             - Cod: 40 000 t\n- Herring: none\n\nBoth sides met.\n\nWe are content.\n\
             — Ada, head, Delegation 0\n\nSo are we.\n— Minister, Delegation 1\n\nUp to a point.\n\
             — an official of Delegation 1, on condition of anonymity\n",
            hex(&charter.hash()),
            "ab".repeat(32)
        );
        assert_eq!(signed_text(&charter, after, &document), expected);
        assert_eq!(Document::decode(&document.encode()).as_ref(), Ok(&document));
        assert!(document.fits(&charter));
        // A point and a paragraph that looks like one are told apart.
        document.paragraphs.clear();
        let point = signed_text(&charter, after, &document);
        document.paragraphs = document
            .points
            .drain(..)
            .map(|point| said(&format!("- {}", &*point), Attribution::None))
            .collect();
        assert_ne!(signed_text(&charter, after, &document), point);
        document.paragraphs[0].attribution = Attribution::Anonymous {
            delegation: DelegationIndex(2),
        };
        assert!(!document.fits(&charter));
    }

    #[test]
    fn a_document_that_misses_something_is_none() {
        let sound = Document {
            headline: text("Quotas"),
            place: text(""),
            date: text(""),
            embargo: 0,
            points: vec![],
            paragraphs: vec![said("[40 000 t]", Attribution::None)],
        };
        assert_eq!(sound.brackets(), 2);
        assert!(Document::decode(&sound.encode()).is_ok());
        let wrong = |change: fn(&mut Document)| {
            let mut document = sound.clone();
            change(&mut document);
            assert!(Document::decode(&document.encode()).is_err());
        };
        wrong(|document| document.headline = text(""));
        wrong(|document| document.embargo = u64::MAX);
        wrong(|document| document.points = vec![text("a"); 6]);
        wrong(|document| document.points = vec![text("")]);
        wrong(|document| document.paragraphs = vec![said("a", Attribution::None); 201]);
        wrong(|document| document.paragraphs[0].text = text(""));
        wrong(|document| {
            document.paragraphs[0].attribution = Attribution::Role {
                delegation: DelegationIndex(0),
                role: text(""),
            };
        });
        wrong(|document| {
            document.paragraphs = vec![said(&"a".repeat(4000), Attribution::None); 100];
        });
        let mut quoted = sound.clone();
        quoted.paragraphs[0].attribution = Attribution::Role {
            delegation: DelegationIndex(0),
            role: text("[Minister]"),
        };
        assert_eq!(quoted.brackets(), 4);
        let json = serde_json::to_string(&quoted).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), quoted);
    }
}
