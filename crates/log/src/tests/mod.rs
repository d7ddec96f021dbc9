//! The log as its callers see it. Kills and full disks are in files of their own.

mod backup;
mod crash;
mod destroy;
mod faults;
mod follow;
mod groups;
mod model;
mod readouts;

use crate::{Log, NewTalk, Options};
use incamera_model::{AccessKey, RoomId, StreamName, TalkId};
use tempfile::TempDir;

pub(super) const TALK: TalkId = TalkId([1; 16]);

pub(super) fn new_talk(talk: TalkId) -> NewTalk {
    NewTalk {
        talk,
        access: vec![AccessKey([talk.0[0]; 32])],
        control: None,
        record: vec![0; 16],
    }
}

pub(super) fn commits() -> StreamName {
    StreamName::commits(&RoomId([2; 16]))
}

pub(super) fn door() -> StreamName {
    StreamName::door(&RoomId([2; 16]))
}

/// A log in a folder of its own, with [`TALK`] in it.
pub(super) async fn log() -> (TempDir, Log) {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(&Options::new(folder.path())).unwrap();
    log.create_talk(new_talk(TALK)).await.unwrap();
    (folder, log)
}
