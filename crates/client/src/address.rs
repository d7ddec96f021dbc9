use incamera_model::TalkId;
use url::Url;

/// A server's address: scheme, host and port of its pages.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    url: Url,
}

/// A text that is no server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a server's address; write it as https://host or http://localhost:8080, without a path"
)]
pub struct AddressError;

impl ServerAddress {
    /// Parses `https://host[:port]` or `http://host[:port]`.
    ///
    /// # Errors
    /// [`AddressError`] for anything else, a path or credentials included.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if plain {
            Ok(Self { url })
        } else {
            Err(AddressError)
        }
    }

    /// The origin as a browser serialises it: the port is left out if it is the scheme's own.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether connections use TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host as the `Host` header has it (RFC 9110 section 7.2).
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Host without the brackets of an IPv6 literal.
    pub(crate) fn host(&self) -> &str {
        let host = self.url.host_str().unwrap_or_default();
        host.strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(host)
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Where a talk's WebSocket is.
    pub(crate) fn socket_url(&self, talk: &TalkId) -> String {
        let scheme = if self.is_tls() { "wss" } else { "ws" };
        let authority = self.authority();
        format!(
            "{scheme}://{authority}/api/v1/talks/{}/socket",
            talk.to_text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str, u16)>) {
        let parsed = ServerAddress::parse(text).ok();
        let parsed = parsed
            .as_ref()
            .map(|address| (address.origin(), address.host(), address.port()));
        let expected = expected.map(|(origin, host, port)| (origin.to_owned(), host, port));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn addresses() {
        check(
            "http://localhost:8080",
            Some(("http://localhost:8080", "localhost", 8080)),
        );
        check(
            "https://Talk.Example:443/",
            Some(("https://talk.example", "talk.example", 443)),
        );
        check("http://[::1]:80", Some(("http://[::1]", "::1", 80)));
        for bad in [
            "",
            "localhost:8080",
            "ftp://host",
            "https://user@host",
            "https://host/path",
            "https://host?x",
            "https://host#x",
        ] {
            check(bad, None);
        }
    }
}
