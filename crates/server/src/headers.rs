use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// No third-party request of any kind. `wasm-unsafe-eval` lets the worker compile its module. The one
/// policy, `incamera`, makes the worker's address; the page's templates need none.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; \
    img-src 'self' blob: data:; \
    connect-src 'self'; \
    worker-src 'self'; \
    media-src 'self' blob: mediastream:; \
    font-src 'self'; \
    manifest-src 'self'; \
    base-uri 'none'; \
    form-action 'none'; \
    frame-ancestors 'none'; \
    require-trusted-types-for 'script'; \
    trusted-types incamera";

const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(self), display-capture=(self), \
    autoplay=(self), fullscreen=(self), picture-in-picture=(self), screen-wake-lock=(self), \
    accelerometer=(), geolocation=(), gyroscope=(), hid=(), \
    identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), midi=(), \
    payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

const EVERY_REPLY: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS_POLICY,
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Adds what every reply carries, errors included.
pub(crate) async fn protect(tls: bool, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in EVERY_REPLY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}
