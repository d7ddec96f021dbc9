//! The page: where it is served, how it is protected, cached and compressed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Reply, Server, server, server_with};
use incamera_server::Page;
use std::io::Read as _;

const SCRIPT: &str = "assets/index-B4dC0ffe.js";

fn files() -> Vec<(String, Vec<u8>)> {
    let wasm = b"\0asm".repeat(5000);
    vec![
        ("index.html".into(), "<!doctype html>".repeat(100).into()),
        (SCRIPT.into(), "console.log('hello');".repeat(500).into()),
        ("assets/e2ee-abc.wasm".into(), wasm),
        ("assets/icon-abc.png".into(), vec![9; 5000]),
        ("assets/ready-abc.css".into(), b"body{}".repeat(200)),
        ("assets/ready-abc.css.br".into(), b"encoded before".to_vec()),
        (
            "robots.txt".into(),
            b"User-agent: *\nDisallow: /\n".to_vec(),
        ),
    ]
}

async fn with_page() -> Server {
    server_with(|config| config.page = Page::from_files(files())).await
}

#[track_caller]
fn check_protected(reply: &Reply) {
    let policy = reply.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval';",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{part} is missing in {policy}");
    }
    for never in ["unsafe-inline", "'unsafe-eval'", "http:", "https:", "*"] {
        assert!(!policy.contains(never), "{never} is in {policy}");
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    let features = reply.header("permissions-policy").unwrap();
    assert!(features.contains("camera=(self)") && features.contains("usb=()"));
    assert_eq!(
        reply.header("strict-transport-security"),
        None,
        "only under tls"
    );
}

#[tokio::test]
async fn the_page_is_at_its_addresses() {
    let server = with_page().await;
    for path in [
        "/",
        "/t/AAAAAAAAAAAAAAAAAAAAAA",
        "/t/AAAAAAAAAAAAAAAAAAAAAA?x=1",
    ] {
        let reply = server.get(path, "").await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        assert!(reply.text().starts_with("<!doctype html>"));
        check_protected(&reply);
    }
    let health = server.get("/healthz", "").await;
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    check_protected(&health);
}

#[tokio::test]
async fn what_isn_t_there_is_protected_too() {
    let server = with_page().await;
    for (path, status) in [
        ("/assets/none.js", 404),
        ("/../Cargo.toml", 404),
        ("/%2e%2e/Cargo.toml", 404),
        ("//etc/passwd", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/talks", 405),
        ("/api/v1/talks/short/socket", 400),
    ] {
        let reply = server.get(path, "").await;
        assert_eq!(reply.status, status, "{path}");
        check_protected(&reply);
    }
    let delete = server.request("DELETE / HTTP/1.1\r\n", &[]).await;
    assert_eq!(delete.status, 405);
    // Not HTTP at all: answered or closed, and the server goes on.
    let garbage = server.request("\u{1}\u{2}garbage\r\n", &[]).await;
    assert_eq!(garbage.status, 400);
    assert_eq!(server.get("/", "").await.status, 200);
}

#[tokio::test]
async fn hashed_files_are_kept_and_others_asked_for_again() {
    let server = with_page().await;
    let script = server.get(&format!("/{SCRIPT}"), "").await;
    let immutable = Some("public, max-age=31536000, immutable");
    assert_eq!(script.header("cache-control"), immutable);
    let type_ = script.header("content-type");
    assert_eq!(type_, Some("text/javascript; charset=utf-8"));
    let wasm = server.get("/assets/e2ee-abc.wasm", "").await;
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    let robots = server.get("/robots.txt", "").await;
    assert_eq!(robots.header("cache-control"), Some("no-cache"));

    let first = server.get("/", "").await;
    let etag = first.header("etag").unwrap();
    let again = server.get("/", &format!("If-None-Match: {etag}\r\n")).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    check_protected(&again);
    let other = server.get("/", "If-None-Match: \"other\"\r\n").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn text_and_wasm_are_compressed() {
    let server = with_page().await;
    for path in [
        "/".to_owned(),
        format!("/{SCRIPT}"),
        "/assets/e2ee-abc.wasm".into(),
    ] {
        let plain = server.get(&path, "").await;
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(plain.header("vary"), Some("accept-encoding"));
        for accept in ["gzip, deflate, br, zstd", "gzip", "br;q=0, gzip;q=0.5"] {
            let reply = server
                .get(&path, &format!("Accept-Encoding: {accept}\r\n"))
                .await;
            let brotli = accept.contains("br,");
            let expected = if brotli { "br" } else { "gzip" };
            assert_eq!(
                reply.header("content-encoding"),
                Some(expected),
                "{path} {accept}"
            );
            assert!(reply.body.len() < plain.body.len() / 4);
            assert_eq!(decoded(&reply.body, brotli), plain.body);
            assert_ne!(reply.header("etag"), plain.header("etag"));
        }
        let none = server
            .get(&path, "Accept-Encoding: identity, zstd\r\n")
            .await;
        assert_eq!(none.header("content-encoding"), None);
    }
    let accept = "Accept-Encoding: br\r\n";
    let image = server.get("/assets/icon-abc.png", accept).await;
    assert_eq!(image.header("content-encoding"), None);
    // The build's own encoded form is preferred, and isn't a file of its own.
    let ready = server.get("/assets/ready-abc.css", accept).await;
    assert_eq!(ready.body, b"encoded before");
    assert_eq!(server.get("/assets/ready-abc.css.br", "").await.status, 404);
}

#[tokio::test]
async fn without_a_built_page_it_says_what_to_do() {
    let server = server().await;
    for path in ["/", "/t/AAAAAAAAAAAAAAAAAAAAAA"] {
        let reply = server.get(path, "").await;
        assert_eq!(reply.status, 503);
        assert!(reply.text().contains("cargo xtask run"), "{}", reply.text());
        check_protected(&reply);
    }
    assert_eq!(server.get("/healthz", "").await.status, 200);
}

fn decoded(body: &[u8], brotli: bool) -> Vec<u8> {
    let mut plain = Vec::new();
    if brotli {
        brotli::Decompressor::new(body, 4096)
            .read_to_end(&mut plain)
            .unwrap();
    } else {
        flate2::read::GzDecoder::new(body)
            .read_to_end(&mut plain)
            .unwrap();
    }
    plain
}
