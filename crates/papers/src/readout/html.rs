//! The readout as one page that needs nothing else: no script, nothing from elsewhere.

use core::fmt::Write as _;

use super::pem::{base64, fingerprint};
use super::{Readout, Words};
use incamera_talk::crypto::hash;
use incamera_talk::life::rfc3339;

const STYLE: &str = include_str!("readout.css");

impl Readout {
    /// A page for people: points first, then the statement, who signed, and how to verify it. The files
    /// that the commands need are in it as links.
    #[must_use]
    pub fn to_html(&self, words: &Words) -> String {
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            base64(&hash(&[STYLE.as_bytes()]))
        );
        let direction = if words.rtl { "rtl" } else { "ltr" };
        let mut page = Page::default();
        page.put("<!doctype html>\n");
        page.open("html", &[("lang", &words.lang), ("dir", direction)]);
        page.put("\n<head>\n<meta charset=\"utf-8\">\n");
        page.open(
            "meta",
            &[
                ("http-equiv", "Content-Security-Policy"),
                ("content", &policy),
            ],
        );
        page.put("\n<meta name=\"referrer\" content=\"no-referrer\">\n");
        page.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.element("title", &self.document.headline);
        page.put("<style>")
            .put(STYLE)
            .put("</style>\n</head>\n<body>\n<main>\n");
        self.statement(&mut page, words);
        self.signed(&mut page, words);
        page.put("</main>\n</body>\n</html>\n");
        page.0
    }

    fn statement(&self, page: &mut Page, words: &Words) {
        let document = &self.document;
        if document.embargo > 0 {
            let time = rfc3339(document.embargo);
            page.put("<p class=\"embargo\">")
                .text(&words.embargo)
                .put(" ");
            page.open("time", &[("datetime", &time), ("dir", "ltr")]);
            page.text(&time).put("</time></p>\n");
        }
        page.element("h1", &document.headline);
        let where_and_when = [&*document.place, &*document.date];
        let known = where_and_when.iter().filter(|part| !part.is_empty());
        let parts: Vec<&str> = known.copied().collect();
        if !parts.is_empty() {
            page.open("p", &[("class", "where"), ("dir", "auto")]);
            page.text(&parts.join(", ")).put("</p>\n");
        }
        if !document.points.is_empty() {
            page.put("<section class=\"points\">\n");
            page.element("h2", &words.points).put("<ul>\n");
            for point in &document.points {
                page.element("li", point);
            }
            page.put("</ul>\n</section>\n");
        }
        for paragraph in &document.paragraphs {
            let Some(by) = self.heading.attribution_line(&paragraph.attribution) else {
                page.element("p", &paragraph.text);
                continue;
            };
            page.put("<figure>\n");
            page.element("blockquote", &paragraph.text);
            page.element("figcaption", &by).put("</figure>\n");
        }
    }

    fn signed(&self, page: &mut Page, words: &Words) {
        page.put("<section class=\"signatures\">\n");
        page.element("h2", &words.signatures).put("<dl>\n");
        for signature in &self.signatures {
            let name = self.heading.delegations.get(signature.delegation.get());
            page.element("dt", name.map_or("", |name| name.as_str()));
            page.put("<dd>").text(&words.fingerprint).put(" ");
            page.open("code", &[("dir", "ltr")]);
            page.text(&fingerprint(&signature.key))
                .put("</code></dd>\n");
        }
        page.put("</dl>\n");
        page.element("p", &words.meaning);
        page.put("</section>\n<section class=\"verify\">\n");
        page.element("h2", &words.verify);
        page.element("p", &words.how);
        page.put("<ul>\n");
        for (name, content) in self.files() {
            let link = format!("data:application/octet-stream;base64,{}", base64(&content));
            page.put("<li>");
            page.open("a", &[("download", &name), ("href", &link), ("dir", "ltr")]);
            page.text(&name).put("</a></li>\n");
        }
        page.put("</ul>\n<pre dir=\"ltr\">");
        for index in 0..self.signatures.len() {
            page.text(&self.command(index)).put("\n");
        }
        page.put("</pre>\n</section>\n");
    }
}

/// A page so far. Texts and attributes are escaped; [`Self::put`] takes what is written in this file.
#[derive(Default)]
struct Page(String);

impl Page {
    fn put(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.put("<").put(name);
        for (attribute, value) in attributes {
            self.put(" ")
                .put(attribute)
                .put("=\"")
                .text(value)
                .put("\"");
        }
        self.put(">");
    }

    /// An element with a text that has its own direction.
    fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.open(name, &[("dir", "auto")]);
        self.text(text);
        // Writing to a string doesn't fail.
        let _ = writeln!(self.0, "</{name}>");
        self
    }
}
