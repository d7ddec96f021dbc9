//! SQLite behind the port: one writer on a thread of its own, a few readers apart.

mod erase;
mod folder;
mod groups;
mod reader;
mod readouts;
pub(crate) mod schema;
mod writer;

use crate::error::{
    AppendError, CreateTalkError, DestroyError, OpenError, PublishError, ReadError, RegisterError,
};
use crate::log::{
    Batch, Created, HandedOver, Handover, Keys, NewTalk, Options, Readout, Registration,
};
use crate::tail::Tails;
pub(crate) use folder::Folder;
use incamera_model::{AccessKey, Position, ReadoutId, StreamName, TalkId};
use reader::Readers;
use std::sync::Arc;
use writer::Writer;

/// The database's file name in its folder.
pub(crate) const FILE: &str = "incamera.sqlite3";

pub(crate) struct Store {
    writer: Writer,
    readers: Readers,
    /// Held as long as the store is open.
    _folder: Folder,
}

impl Store {
    pub(crate) fn open(options: &Options, tails: Arc<Tails>) -> Result<Self, OpenError> {
        let folder = Folder::hold(&options.folder)?;
        let path = options.folder.join(FILE);
        let connection = schema::open_for_writing(&path, options.max_bytes)?;
        let writer = Writer::start(
            connection,
            options.max_talks,
            tails,
            #[cfg(test)]
            options.fault,
        )?;
        Ok(Self {
            writer,
            readers: Readers::open(path)?,
            _folder: folder,
        })
    }

    pub(crate) async fn create_talk(&self, new: NewTalk) -> Result<Created, CreateTalkError> {
        self.writer.create_talk(new).await
    }

    pub(crate) async fn append(
        &self,
        group: (TalkId, u8),
        stream: StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) -> Result<Position, AppendError> {
        self.writer.append(group, stream, expected, entry).await
    }

    pub(crate) async fn register_group(
        &self,
        registration: Registration,
    ) -> Result<(), RegisterError> {
        self.writer.register_group(registration).await
    }

    pub(crate) async fn destroy_talk(&self, talk: TalkId) -> Result<(), DestroyError> {
        self.writer.destroy_talk(talk).await
    }

    pub(crate) async fn hand_over(&self, handover: Handover) -> Result<HandedOver, PublishError> {
        self.writer.hand_over(handover).await
    }

    pub(crate) async fn readout(&self, id: ReadoutId) -> Result<Option<Readout>, ReadError> {
        self.readers
            .run(move |connection| readouts::find(connection, &id))
            .await
    }

    pub(crate) async fn keys(&self, talk: TalkId) -> Result<Option<Keys>, ReadError> {
        self.readers
            .run(move |connection| reader::keys(connection, &talk))
            .await
    }

    pub(crate) async fn find_group(
        &self,
        access: AccessKey,
    ) -> Result<Option<(TalkId, u8)>, ReadError> {
        self.readers
            .run(move |connection| reader::find_group(connection, &access))
            .await
    }

    pub(crate) async fn read(
        &self,
        talk: TalkId,
        stream: StreamName,
        from: Position,
        limit: usize,
    ) -> Result<Batch, ReadError> {
        self.readers
            .run(move |connection| reader::read(connection, &talk, &stream, from, limit))
            .await
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
    }
}
