//! Random operations against a model that is a map of vectors.

use super::{TALK, new_talk};
use crate::{AppendError, CreateTalkError, Created, Log, NewTalk, Options};
use incamera_model::{AccessKey, Position, RoomId, StreamClass, StreamName, TalkId};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    Create {
        talk: u8,
        record: u8,
    },
    Append {
        talk: u8,
        stream: usize,
        expected: Option<i8>,
        size: usize,
    },
    Read {
        talk: u8,
        stream: usize,
        from: u64,
        limit: usize,
    },
    Reopen,
}

#[derive(Default)]
struct Model {
    talks: BTreeMap<TalkId, NewTalk>,
    streams: BTreeMap<(TalkId, StreamName), Vec<Vec<u8>>>,
    written: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0..3u8, 0..2u8).prop_map(|(talk, record)| Step::Create { talk, record }),
        12 => (0..3u8, 0..5usize, prop::option::of(-1..2i8), prop_oneof![0..40usize, Just(200_000)])
            .prop_map(|(talk, stream, expected, size)| Step::Append { talk, stream, expected, size }),
        8 => (0..3u8, 0..5usize, 0..6u64, 1..5usize)
            .prop_map(|(talk, stream, from, limit)| Step::Read { talk, stream, from, limit }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn does_what_the_model_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(&Options::new(folder.path())).unwrap();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Create { talk, record } => model.create(&log, talk, record).await,
            Step::Append {
                talk,
                stream,
                expected,
                size,
            } => {
                model.append(&log, talk, stream, expected, size).await;
            }
            Step::Read {
                talk,
                stream,
                from,
                limit,
            } => {
                model.read(&log, talk, stream, from, limit).await;
            }
            Step::Reopen => {
                log.close().await;
                drop(log);
                log = Log::open(&Options::new(folder.path())).unwrap();
            }
        }
    }
    for talk in model.talks.values() {
        let keys = log.keys(talk.talk).await.unwrap().unwrap();
        let access: Vec<_> = keys.groups.iter().map(|group| group.access).collect();
        assert_eq!(access, talk.access);
    }
    assert!(log.keys(TalkId([99; 16])).await.unwrap().is_none());
}

impl Model {
    async fn create(&mut self, log: &Log, talk: u8, record: u8) {
        let new = NewTalk {
            record: vec![record; 8],
            access: vec![
                AccessKey([talk; 32]),
                AccessKey([8 * (talk + 1) + record; 32]),
            ],
            control: None,
            ..new_talk(TalkId([talk; 16]))
        };
        let expected = match self.talks.get(&new.talk) {
            None => Ok(Created::New),
            Some(old) if old.record == new.record => Ok(Created::Already),
            Some(_) => Err(CreateTalkError::Conflict),
        };
        assert_eq!(log.create_talk(new.clone()).await, expected);
        if expected == Ok(Created::New) {
            let key = (new.talk, StreamName::record());
            self.streams.insert(key, vec![new.record.clone()]);
            self.talks.insert(new.talk, new);
        }
    }

    async fn append(&mut self, log: &Log, talk: u8, stream: usize, off: Option<i8>, size: usize) {
        self.written = self.written.wrapping_add(1);
        let (talk, stream, entry) = (TalkId([talk; 16]), name(stream), vec![self.written; size]);
        let key = (talk, stream.clone());
        let next = self.streams.get(&key).map_or(0, Vec::len) as u64;
        let wanted = off.map(|off| Position(next.saturating_add_signed(off.into())));
        let expected = match (stream.class(), wanted) {
            (StreamClass::AppendAny, Some(_)) | (StreamClass::CompareAndAppend, None) => {
                Err(AppendError::WrongStream)
            }
            (StreamClass::Ephemeral, _) => Err(AppendError::WrongStream),
            _ if !self.talks.contains_key(&talk) => Err(AppendError::UnknownTalk),
            (_, Some(wanted)) if wanted.0 != next => Err(AppendError::Conflict {
                next: Position(next),
            }),
            _ => Ok(Position(next)),
        };
        assert_eq!(
            log.append((talk, 0), &stream, wanted, entry.clone()).await,
            expected
        );
        if expected.is_ok() {
            self.streams.entry(key).or_default().push(entry);
        }
    }

    async fn read(&self, log: &Log, talk: u8, stream: usize, from: u64, limit: usize) {
        let (talk, stream) = (TalkId([talk; 16]), name(stream));
        let batch = log
            .read(talk, &stream, Position(from), limit)
            .await
            .unwrap();
        let stored = self
            .streams
            .get(&(talk, stream))
            .map_or(&[][..], Vec::as_slice);
        assert_eq!(batch.end.0 as usize, stored.len());
        let rest = stored.get(from as usize..).unwrap_or_default();
        // Large entries may end a batch early, but never before the first.
        assert_eq!(batch.entries.is_empty(), rest.is_empty());
        assert!(batch.entries.len() <= limit);
        for (entry, (offset, bytes)) in batch.entries.iter().zip(rest.iter().enumerate()) {
            assert_eq!(entry.position.0, from + offset as u64);
            assert_eq!(&*entry.bytes, bytes.as_slice());
        }
    }
}

fn name(number: usize) -> StreamName {
    let room = RoomId(TALK.0);
    match number {
        0 => StreamName::record(),
        1 => StreamName::commits(&room),
        2 => StreamName::door(&room),
        3 => StreamName::messages(&room),
        _ => StreamName::beats(&room),
    }
}
