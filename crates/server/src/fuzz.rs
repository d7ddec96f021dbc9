//! Fuzz bodies over what the server parses itself; messages are `incamera_wire`'s. Each takes any
//! bytes and panics only if the server has a bug.

use crate::{origin, page};

/// An origin: what is read is in its final form.
pub fn origin(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(origin) = origin::parse(text)
    {
        assert_eq!(origin::parse(&origin), Ok(origin));
    }
}

/// An `Accept-Encoding` header: what is chosen was named.
pub fn accept_encoding(data: &[u8]) {
    let Ok(value) = axum::http::HeaderValue::from_bytes(data) else {
        return;
    };
    let named = value
        .to_str()
        .is_ok_and(|value| value.contains("br") || value.contains("gzip"));
    let headers = [(axum::http::header::ACCEPT_ENCODING, value)];
    let chosen = page::accepted_name(&headers.into_iter().collect());
    assert!(chosen.is_none() || named);
}
