use serde::{Deserialize, Deserializer};

const MAX_BYTES: usize = 500;

/// An address that can't be a talk's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not https, nor http on this machine; or longer than 500 characters, or not in ASCII.
    #[error("this isn't the address of a talk's page")]
    Address,
    /// It has a fragment, a query or a password: the invitation, which opens the talk, must stay out.
    #[error("this address has more than the talk's page in it; leave out what follows `#` or `?`")]
    Secret,
}

/// The address of a talk's page: origin and path. The secret of an invitation is in the fragment,
/// which a value of this type never has.
#[derive(Clone, PartialEq, Eq)]
pub struct PageUrl(String);

impl PageUrl {
    /// Reads it.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn parse(address: &str) -> Result<Self, PageError> {
        let rest = [
            "https://",
            "http://localhost",
            "http://127.0.0.1",
            "http://[::1]",
        ]
        .iter()
        .find_map(|start| address.strip_prefix(start))
        .ok_or(PageError::Address)?;
        if rest.contains(['#', '?', '@']) {
            return Err(PageError::Secret);
        }
        let printable = address.bytes().all(|byte| byte.is_ascii_graphic());
        let begins = |marks: &[char]| rest.starts_with(marks);
        let host = match address.starts_with("https://") {
            true => !rest.is_empty() && !begins(&['/', ':']),
            false => rest.is_empty() || begins(&['/', ':']),
        };
        if !printable || !host || address.len() > MAX_BYTES {
            return Err(PageError::Address);
        }
        Ok(Self(address.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for PageUrl {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PageUrl(redacted)")
    }
}

impl<'de> Deserialize<'de> for PageUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Result<(), PageError>) {
        assert_eq!(PageUrl::parse(address).map(|_| ()), expected);
    }

    #[test]
    fn addresses() {
        check("https://talks.example/t/AAAA", Ok(()));
        check("https://talks.example:8443/t/AAAA", Ok(()));
        check("http://localhost:8080/t/AAAA", Ok(()));
        check("http://[::1]/t/AAAA", Ok(()));
        check(
            "https://talks.example/t/AAAA#1.secret",
            Err(PageError::Secret),
        );
        check(
            "https://talks.example/t/AAAA?k=secret",
            Err(PageError::Secret),
        );
        check("https://me:secret@talks.example/", Err(PageError::Secret));
        check("http://talks.example/t/AAAA", Err(PageError::Address));
        check("http://localhost.example/", Err(PageError::Address));
        check("https:///t/AAAA", Err(PageError::Address));
        check(
            "https://talks.example/\r\nATTENDEE:x",
            Err(PageError::Address),
        );
        check("javascript:alert(1)", Err(PageError::Address));
        let long = format!("https://talks.example/{}", "a".repeat(500));
        check(&long, Err(PageError::Address));
        let page = PageUrl::parse("https://talks.example/t/AAAA").unwrap();
        assert!(!format!("{page:?}").contains("AAAA"));
    }
}
