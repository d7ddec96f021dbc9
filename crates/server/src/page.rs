use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use core::fmt;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The built page. `cargo xtask` makes it; without it the crate compiles just as well.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Names the build of the page that this binary embeds. Cargo compiles this crate again when the
/// variable changes, so a new page is never left out.
const STAMP: Option<&str> = option_env!("INCAMERA_PAGE_STAMP");

/// The files of the page, with what is needed to send them well.
#[derive(Clone)]
pub struct Page {
    files: Arc<BTreeMap<String, File>>,
}

struct File {
    content: Bytes,
    content_type: &'static str,
    /// A strong validator (RFC 9110 section 8.8.3), without its quotes.
    etag: String,
    brotli: OnceCell<Bytes>,
    gzip: OnceCell<Bytes>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Brotli,
    Gzip,
}

/// Under this size an encoding saves nothing.
const WORTH_ENCODING: usize = 512;
const INDEX: &str = "index.html";

impl Page {
    /// The page that was built into this binary; empty if none was.
    #[must_use]
    pub fn embedded() -> Self {
        tracing::debug!(stamp = STAMP.unwrap_or("none"), "the embedded page");
        Self::from_files(Dist::iter().filter_map(|path| {
            let file = Dist::get(&path)?;
            Some((path.into_owned(), file.data.into_owned()))
        }))
    }

    /// A page of these files: path without a leading slash, and content. `PATH.br` and `PATH.gz`
    /// are taken as the encoded forms of `PATH`.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut contents: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let plain: Vec<String> = contents
            .keys()
            .filter(|path| !path.ends_with(".br") && !path.ends_with(".gz"))
            .cloned()
            .collect();
        let mut files = BTreeMap::new();
        for path in plain {
            let encoded = |contents: &mut BTreeMap<String, Vec<u8>>, extension: &str| {
                let content = contents.remove(&format!("{path}.{extension}"));
                OnceCell::new_with(content.map(Bytes::from))
            };
            let brotli = encoded(&mut contents, "br");
            let gzip = encoded(&mut contents, "gz");
            let Some(content) = contents.remove(&path) else {
                continue;
            };
            let file = File {
                etag: etag(&content),
                content: content.into(),
                content_type: content_type(&path),
                brotli,
                gzip,
            };
            files.insert(path, file);
        }
        Self {
            files: Arc::new(files),
        }
    }

    /// The page itself, whatever its address within the page.
    pub(crate) async fn index(&self, request: &HeaderMap) -> Response {
        match self.files.get(INDEX) {
            Some(file) => file.reply(request, "no-cache").await,
            None => {
                let sentence = "The page was not built into this server; run `cargo xtask run`.\n";
                let no_store = [(header::CACHE_CONTROL, "no-store")];
                (StatusCode::SERVICE_UNAVAILABLE, no_store, sentence).into_response()
            }
        }
    }

    /// One of the page's other files.
    pub(crate) async fn file(&self, path: &str, request: &HeaderMap) -> Response {
        // The build puts a hash into the name of everything under assets/.
        let cache = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        match self.files.get(path) {
            Some(file) => file.reply(request, cache).await,
            None => {
                let no_store = [(header::CACHE_CONTROL, "no-store")];
                (StatusCode::NOT_FOUND, no_store, "There is nothing here.\n").into_response()
            }
        }
    }
}

impl File {
    async fn reply(&self, request: &HeaderMap, cache: &'static str) -> Response {
        let encoding = if self.content.len() < WORTH_ENCODING || !is_text(self.content_type) {
            Encoding::Identity
        } else {
            accepted(request)
        };
        let content = self.encoded(encoding).await;
        let name = encoding.name();
        let etag = format!("\"{}-{}\"", self.etag, name.unwrap_or("plain"));
        let matches = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().trim_start_matches("W/") == etag);
        let mut response = if matches {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            content.into_response()
        };
        let headers = response.headers_mut();
        let fixed = HeaderValue::from_static;
        if let (Some(name), false) = (name, matches) {
            headers.insert(header::CONTENT_ENCODING, fixed(name));
        }
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CONTENT_TYPE, fixed(self.content_type));
        headers.insert(header::CACHE_CONTROL, fixed(cache));
        headers.insert(header::VARY, fixed("accept-encoding"));
        response
    }

    /// Encodes at the first request for it and keeps the result.
    async fn encoded(&self, encoding: Encoding) -> Bytes {
        let cell = match encoding {
            Encoding::Identity => return self.content.clone(),
            Encoding::Brotli => &self.brotli,
            Encoding::Gzip => &self.gzip,
        };
        let content = self.content.clone();
        let encoded = cell.get_or_try_init(|| async move {
            tokio::task::spawn_blocking(move || encoding.encode(&content).map(Bytes::from))
                .await
                .map_err(std::io::Error::other)?
        });
        match encoded.await {
            Ok(encoded) => encoded.clone(),
            // Writing into memory doesn't fail; a stopping runtime does.
            Err(_) => Bytes::new(),
        }
    }
}

impl Encoding {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
        }
    }

    fn encode(self, content: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(content.to_vec()),
            Self::Brotli => {
                // The build brings its own at 11; this is for what comes without.
                let (buffer, quality, window) = (64 * 1024, 5, 22);
                let mut encoder =
                    brotli::CompressorWriter::new(Vec::new(), buffer, quality, window);
                encoder.write_all(content)?;
                Ok(encoder.into_inner())
            }
            Self::Gzip => {
                let best = flate2::Compression::best();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), best);
                encoder.write_all(content)?;
                encoder.finish()
            }
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} files)", self.files.len())
    }
}

/// The content coding that a request gets; none for the plain content.
pub(crate) fn accepted_name(request: &HeaderMap) -> Option<&'static str> {
    accepted(request).name()
}

/// RFC 9110 section 12.5.3; of what is accepted at all, the smallest.
fn accepted(request: &HeaderMap) -> Encoding {
    let mut best = Encoding::Identity;
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().trim_start_matches("q=");
        if !weight.is_empty() && !weight.parse::<f32>().is_ok_and(|weight| weight > 0.0) {
            continue;
        }
        match coding.trim() {
            "br" => return Encoding::Brotli,
            "gzip" => best = Encoding::Gzip,
            _ => {}
        }
    }
    best
}

fn etag(content: &[u8]) -> String {
    use sha2::Digest as _;
    incamera_model::encode_base64url(&sha2::Sha256::digest(content)[..16])
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What isn't compressed already.
fn is_text(content_type: &str) -> bool {
    !matches!(
        content_type,
        "image/png" | "font/woff2" | "application/octet-stream"
    )
}
