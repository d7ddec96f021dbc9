use incamera_server::Lan;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::fmt::Write as _;

/// What people on the local network need to come in: the address, also as a QR code, and the
/// fingerprint to compare when their browser warns.
pub(crate) fn introduction(lan: &Lan) -> String {
    let mut text = String::from("\nOn this network:\n");
    for url in &lan.urls {
        let _ = writeln!(text, "  {url}");
    }
    let fingerprint = &lan.fingerprint;
    let _ = writeln!(
        text,
        "\nBrowsers warn once, since nobody vouches for this certificate. Compare its SHA-256 fingerprint:\n  {fingerprint}\n"
    );
    // An address always fits.
    if let Some(code) = lan.urls.first().and_then(|url| code(url)) {
        text.push_str(&code);
        text.push('\n');
    }
    text
}

/// Dark on light whatever the terminal's colours, since many readers need it so.
fn code(url: &str) -> Option<String> {
    let code = QrCode::new(url).ok()?;
    let lines = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build();
    Some(lines + "\n")
}
