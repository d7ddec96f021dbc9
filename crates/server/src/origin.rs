use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// The origins of this server's own pages, as browsers serialise them. A challenge is only taken
/// when it was signed for one of these, and only pages of these may open a WebSocket.
#[derive(Debug, Clone)]
pub(crate) struct Origins(BTreeSet<String>);

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin; write it as the browser's address line begins, for example https://talks.example.org"
)]
pub struct OriginError(String);

impl Origins {
    /// Those under which a server that listens at `listen` is reached directly or through the
    /// given names. `interfaces` are the machine's addresses.
    pub(crate) fn new(
        listen: SocketAddr,
        tls: bool,
        interfaces: &[IpAddr],
        domain: Option<&str>,
        given: &[String],
    ) -> Result<Self, OriginError> {
        let scheme = if tls { "https" } else { "http" };
        let mut origins = BTreeSet::new();
        let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".into(), "[::1]".into()];
        if listen.ip().is_unspecified() {
            hosts.extend(interfaces.iter().copied().map(host));
        } else {
            hosts.push(host(listen.ip()));
        }
        for name in hosts.iter().map(String::as_str).chain(domain) {
            let text = format!("{scheme}://{name}:{}", listen.port());
            origins.insert(parse(&text)?);
        }
        if let Some(domain) = domain {
            origins.insert(parse(&format!("https://{domain}"))?);
        }
        for text in given {
            origins.insert(parse(text)?);
        }
        Ok(Self(origins))
    }

    /// One more.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), OriginError> {
        self.0.insert(parse(text)?);
        Ok(())
    }

    /// Whether an `Origin` header names one of them.
    pub(crate) fn contains(&self, header: &str) -> bool {
        self.0.contains(header)
    }
}

/// An origin in the form in which browsers serialise it (HTML, "serialization of an origin").
///
/// # Errors
/// [`OriginError`] for what has a path, a query, a user, another scheme or no host.
pub(crate) fn parse(text: &str) -> Result<String, OriginError> {
    let error = || OriginError(text.chars().take(200).collect());
    let url = Url::parse(text).map_err(|_| error())?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare && matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(error())
    }
}

fn host(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, tls: bool, domain: Option<&str>, origin: &str, known: bool) {
        let interfaces = ["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        let given = ["https://Proxy.example.org/".to_owned()];
        let listen = listen.parse().unwrap();
        let origins = Origins::new(listen, tls, &interfaces, domain, &given).unwrap();
        assert_eq!(origins.contains(origin), known, "{origin}");
    }

    #[test]
    fn known_and_unknown() {
        check("127.0.0.1:8080", false, None, "http://localhost:8080", true);
        check("127.0.0.1:8080", false, None, "http://127.0.0.1:8080", true);
        check("127.0.0.1:8080", false, None, "http://[::1]:8080", true);
        check(
            "127.0.0.1:8080",
            false,
            None,
            "https://localhost:8080",
            false,
        );
        check(
            "127.0.0.1:8080",
            false,
            None,
            "http://localhost:8081",
            false,
        );
        check("127.0.0.1:8080", false, None, "http://localhost", false);
        check(
            "127.0.0.1:8080",
            false,
            None,
            "http://192.0.2.7:8080",
            false,
        );
        check(
            "127.0.0.1:8080",
            false,
            None,
            "https://proxy.example.org",
            true,
        );
        check(
            "127.0.0.1:8080",
            false,
            None,
            "http://proxy.example.org",
            false,
        );
        check("127.0.0.1:8080", false, None, "null", false);
        check("127.0.0.1:8080", false, None, "", false);
        check("0.0.0.0:80", false, None, "http://192.0.2.7", true);
        check("[::]:443", true, None, "https://[2001:db8::7]", true);
        check("[::]:443", true, None, "https://evil.example", false);
        let domain = Some("talks.example");
        check(
            "0.0.0.0:8443",
            true,
            domain,
            "https://talks.example:8443",
            true,
        );
        check("0.0.0.0:8443", true, domain, "https://talks.example", true);
        check("0.0.0.0:8443", true, domain, "http://talks.example", false);
    }

    #[test]
    fn what_is_no_origin() {
        for text in [
            "",
            "a",
            "ftp://a",
            "https://a/b",
            "https://u@a",
            "https://a?b",
            "file:///",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("HTTPS://A:443/").unwrap(), "https://a");
    }
}
