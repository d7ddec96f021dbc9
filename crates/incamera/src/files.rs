use crate::failure::Failure;
use incamera_client::MAX_MEDIA_FILE_BYTES;
use serde::Serialize;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// A link is a few hundred bytes.
const MAX_INVITATION_BYTES: u64 = 16 * 1024;
/// A key has 43 letters, a passphrase a few words.
const MAX_SECRET_BYTES: u64 = 1024;

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

/// Reads a text file, up to a size.
pub(crate) fn read_text(file: &Path, most: u64) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(most).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) => {
            let name = file.display();
            Err(Failure::new(format!(
                "{name} can't be read ({error}); check the path"
            )))
        }
    }
}

/// Reads a secret that isn't to stand among the arguments, where other users can see it: `@FILE`, or
/// `-` for standard input. `what` and `option` name it in errors.
pub(crate) fn read_secret(argument: &str, what: &str, option: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match argument.strip_prefix('@') {
        Some(file) => File::open(file)
            .and_then(|opened| opened.take(MAX_SECRET_BYTES).read_to_string(&mut text)),
        None if argument == "-" => std::io::stdin()
            .take(MAX_SECRET_BYTES)
            .read_to_string(&mut text),
        None => {
            return Err(Failure::new(format!(
                "give {what} as {option} @FILE, or as {option} - on standard input"
            )));
        }
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::new(format!(
            "{what} can't be read ({error}); check {option}"
        ))),
    }
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

/// The invitation as given, or from standard input or a file.
pub(crate) fn invitation_text(argument: &str) -> Result<String, Failure> {
    let unreadable = |from: &str, error: std::io::Error| {
        Failure::new(format!(
            "the invitation can't be read from {from} ({error}); check that it is there as text"
        ))
    };
    let mut text = String::new();
    if argument == "-" {
        std::io::stdin()
            .take(MAX_INVITATION_BYTES)
            .read_to_string(&mut text)
            .map_err(|error| unreadable("standard input", error))?;
    } else if let Some(file) = argument.strip_prefix('@') {
        File::open(file)
            .and_then(|opened| opened.take(MAX_INVITATION_BYTES).read_to_string(&mut text))
            .map_err(|error| unreadable(file, error))?;
    } else {
        argument.clone_into(&mut text);
    }
    Ok(text)
}
