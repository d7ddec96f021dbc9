//! What leaves a talk as a file. The shapes of the JSON are in `types.d.ts`.

use crate::{ShimError, time};
use incamera_model::decode_base64url;
use incamera_papers::calendar::Meeting;
use incamera_papers::readout::{self, PublishedReadout, Readout, Words};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;

/// The iCalendar file of a meeting as it stands now; `meeting`: JSON `CalendarMeeting`; `stamp`:
/// milliseconds since 1970.
///
/// # Errors
/// A meeting that has no time.
#[wasm_bindgen(js_name = calendarFile)]
pub fn calendar_file(meeting: &str, stamp: f64) -> Result<String, ShimError> {
    let meeting: Meeting = parse(meeting)?;
    Ok(meeting.file(time(stamp).0)?)
}

/// The text of a signed readout, as it was signed: `readout.txt`. `readout`: JSON `ReadoutExport`.
///
/// # Errors
/// A readout with a wrong signature, or none.
#[wasm_bindgen(js_name = readoutText)]
pub fn readout_text(readout: &str) -> Result<String, ShimError> {
    Ok(Readout::from_json(readout)?.text().to_owned())
}

/// A signed readout for programs: `readout.json`.
///
/// # Errors
/// As [`readout_text`].
#[wasm_bindgen(js_name = readoutJson)]
pub fn readout_json(readout: &str) -> Result<String, ShimError> {
    Ok(Readout::from_json(readout)?.to_json())
}

/// A signed readout for people: `readout.html`, with all its files as links. `words`: JSON
/// `ReadoutWords`, English where one is missing.
///
/// # Errors
/// As [`readout_text`].
#[wasm_bindgen(js_name = readoutHtml)]
pub fn readout_html(readout: &str, words: &str) -> Result<String, ShimError> {
    let words: Words = parse(words)?;
    Ok(Readout::from_json(readout)?.to_html(&words))
}

/// A public key in base64url as OpenSSL reads it.
///
/// # Errors
/// A key that isn't 32 bytes.
#[wasm_bindgen(js_name = publicKeyPem)]
pub fn public_key_pem(key: &str) -> Result<String, ShimError> {
    let key = decode_base64url(key).map_err(|_| ShimError::Key)?;
    let key = key.try_into().map_err(|_| ShimError::Key)?;
    Ok(readout::public_key_pem(&key))
}

/// The identifier in the address that a signed readout is published at, `content` being what
/// [`readout_json`] makes.
#[must_use]
#[wasm_bindgen(js_name = readoutId)]
pub fn readout_id(content: &str) -> String {
    readout::readout_id(content).to_text()
}

/// Verifies what a server gave for the address of a readout: JSON `PublishedReadout`, or nothing if it
/// isn't what was signed and published there; none of it may be shown then.
#[must_use]
#[wasm_bindgen(js_name = verifyPublished)]
pub fn verify_published(content: &str, id: &str) -> Option<String> {
    let verified = PublishedReadout::verify(content, id.parse().ok()?).ok()?;
    serde_json::to_string(&verified).ok()
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, ShimError> {
    serde_json::from_str(json).map_err(|_| ShimError::Json)
}
