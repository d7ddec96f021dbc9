use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The longest name of a person, in characters (Unicode scalar values).
pub const MAX_NAME_CHARS: usize = 80;
/// The longest title of a talk, in characters.
pub const MAX_TITLE_CHARS: usize = 200;

/// A text that can't be a name or a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("the text is empty; enter at least one character")]
    Empty,
    /// Over the limit.
    #[error("the text is longer than {max} characters; shorten it")]
    TooLong {
        /// The limit, in characters.
        max: usize,
    },
    /// A control character, or one that changes the direction of the text around it.
    #[error("the text has an invisible control character; remove it")]
    Control,
    /// Not in normal form C, or blank at an end; only in what others sent.
    #[error("the text isn't in normal form")]
    NotNormal,
}

/// A person's name: 1 to 80 characters in normal form C, without control or direction characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// A talk's title: 1 to 200 characters, otherwise as [`Name`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Title(String);

macro_rules! text {
    ($name:ident, $max:expr) => {
        impl $name {
            /// Takes what a person typed: trims it and brings it into normal form C.
            ///
            /// # Errors
            /// [`TextError`].
            pub fn new(typed: &str) -> Result<Self, TextError> {
                let normal: String = typed.trim().nfc().collect();
                Self::parse(&normal)
            }

            /// Takes what somebody sent, which must be in normal form already.
            ///
            /// # Errors
            /// [`TextError`].
            pub fn parse(sent: &str) -> Result<Self, TextError> {
                check(sent, $max).map(|()| Self(sent.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

text!(Name, MAX_NAME_CHARS);
text!(Title, MAX_TITLE_CHARS);

fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    // Before counting: a text of a megabyte needn't be walked to its end.
    if text.len() > max * 4 || text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(is_control) {
        return Err(TextError::Control);
    }
    if !is_nfc(text) || text.trim() != text {
        return Err(TextError::NotNormal);
    }
    Ok(())
}

/// Controls (Unicode category Cc), line and paragraph separators, and every character that steers
/// direction or is invisible without being a joiner that scripts need.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}'
            | '\u{00ad}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(typed: &str, expected: Result<&str, TextError>) {
        assert_eq!(
            Name::new(typed).as_ref().map(Name::as_str).map_err(|e| *e),
            expected
        );
    }

    #[test]
    fn names() {
        check_name("  Ada Lovelace ", Ok("Ada Lovelace"));
        check_name("e\u{301}", Ok("\u{e9}"));
        check_name("نازنین", Ok("نازنین"));
        check_name(" ", Err(TextError::Empty));
        check_name("a\nb", Err(TextError::Control));
        check_name("a\u{202e}b", Err(TextError::Control));
        check_name("a\u{200b}b", Err(TextError::Control));
        check_name(&"é".repeat(80), Ok(&"é".repeat(80)));
        check_name(&"é".repeat(81), Err(TextError::TooLong { max: 80 }));
        assert_eq!(Name::parse("e\u{301}"), Err(TextError::NotNormal));
        assert_eq!(Name::parse(" a"), Err(TextError::NotNormal));
        assert!(!format!("{:?}", Name::new("Ada")).contains("Ada"));
    }
}
