use crate::failure::Failure;
use incamera_client::MAX_MEDIA_FILE_BYTES;
use serde::Serialize;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Reads a media file, up to the largest that is taken.
pub(crate) fn read_media(file: &Path) -> Result<Vec<u8>, Failure> {
    let name = file.display();
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(MAX_MEDIA_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            Failure::new(format!(
                "{name} can't be read ({error}); check the path, or say \"synthetic\""
            ))
        })?;
    if bytes.len() as u64 > MAX_MEDIA_FILE_BYTES {
        return Err(Failure::new(format!(
            "{name} is larger than 256 MiB; use a shorter file, it is sent over and over"
        )));
    }
    Ok(bytes)
}

/// Writes a report.
pub(crate) fn write_json(file: &Path, report: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(file, text + "\n").map_err(|error| {
        let name = file.display();
        Failure::new(format!(
            "the report can't be written to {name} ({error}); check the path"
        ))
    })
}
