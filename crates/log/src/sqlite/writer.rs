use super::erase::{self, Erasing};
use super::groups::{self, Share};
use super::readouts;
use crate::error::{
    AppendError, CreateTalkError, DestroyError, OpenError, PublishError, RegisterError,
};
use crate::limits::{GROUP_COMMIT, WRITER_QUEUE};
#[cfg(test)]
use crate::log::Fault;
use crate::log::{Created, Entry, HandedOver, Handover, NewTalk, Registration};
use crate::tail::Tails;
use incamera_model::{Position, StreamName, TalkId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The one writer: a thread that takes jobs from a bounded queue and commits as many as wait in
/// one transaction, so that a sync of the disk is shared.
pub(crate) struct Writer {
    /// Gone once the writer was told to close.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Job {
    Create(NewTalk, oneshot::Sender<Result<Created, CreateTalkError>>),
    Append(Append, oneshot::Sender<Result<Position, AppendError>>),
    Register(Registration, oneshot::Sender<Result<(), RegisterError>>),
    HandOver(Handover, oneshot::Sender<Result<HandedOver, PublishError>>),
    Destroy(TalkId, erase::Reply),
}

struct Append {
    talk: TalkId,
    /// Whose share it takes from.
    group: u8,
    stream: StreamName,
    expected: Option<Position>,
    entry: Vec<u8>,
}

/// What a job came to inside a transaction that isn't committed yet.
enum Outcome {
    Create(Result<Created, CreateTalkError>),
    Append(Result<Position, AppendError>),
    Register(Result<(), RegisterError>),
    HandOver(Result<HandedOver, PublishError>),
    Destroy(Result<(), DestroyError>),
}

struct Thread {
    connection: Connection,
    erasing: Erasing,
    max_talks: Option<u64>,
    /// The last transaction failed; said once.
    failing: bool,
    tails: Arc<Tails>,
    #[cfg(test)]
    fault: Option<Fault>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        max_talks: Option<u64>,
        tails: Arc<Tails>,
        #[cfg(test)] fault: Option<Fault>,
    ) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::channel(WRITER_QUEUE);
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests plant faults"))]
        let mut erasing = Erasing::unfinished(&connection)?;
        #[cfg(test)]
        if fault == Some(Fault::EraseCarelessly) {
            connection.pragma_update(None, "secure_delete", "off")?;
            erasing.careless = true;
        }
        let mut thread = Thread {
            erasing,
            max_talks,
            failing: false,
            connection,
            tails,
            #[cfg(test)]
            fault,
        };
        let handle = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || thread.run(queue))
            .map_err(|source| OpenError::Thread { source })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(handle)),
        })
    }

    pub(crate) async fn create_talk(&self, new: NewTalk) -> Result<Created, CreateTalkError> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Create(new, reply)).await;
        result.await.unwrap_or(Err(CreateTalkError::Unavailable))
    }

    pub(crate) async fn append(
        &self,
        (talk, group): (TalkId, u8),
        stream: StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) -> Result<Position, AppendError> {
        let append = Append {
            talk,
            group,
            stream,
            expected,
            entry,
        };
        let (reply, result) = oneshot::channel();
        self.send(Job::Append(append, reply)).await;
        result.await.unwrap_or(Err(AppendError::Unavailable))
    }

    pub(crate) async fn register_group(
        &self,
        registration: Registration,
    ) -> Result<(), RegisterError> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Register(registration, reply)).await;
        result.await.unwrap_or(Err(RegisterError::Unavailable))
    }

    pub(crate) async fn hand_over(&self, handover: Handover) -> Result<HandedOver, PublishError> {
        let (reply, result) = oneshot::channel();
        self.send(Job::HandOver(handover, reply)).await;
        result.await.unwrap_or(Err(PublishError::Unavailable))
    }

    pub(crate) async fn destroy_talk(&self, talk: TalkId) -> Result<(), DestroyError> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Destroy(talk, reply)).await;
        result.await.unwrap_or(Err(DestroyError::Unavailable))
    }

    pub(crate) async fn close(&self) {
        drop(take(&self.jobs));
        let Some(thread) = take(&self.thread) else {
            return;
        };
        // A writer that panicked has answered nobody it shouldn't have; there is nothing to add.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }

    /// A job that can't be sent is dropped with its reply, which tells the caller.
    async fn send(&self, job: Job) {
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(jobs) = jobs {
            let _ = jobs.send(job).await;
        }
    }
}

impl Thread {
    fn run(&mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(jobs) = self.next(&mut queue) {
            if !jobs.is_empty() {
                self.work(jobs);
            }
            self.erasing.step(&mut self.connection);
        }
        if let Err(error) = self
            .connection
            .pragma_update(None, "wal_checkpoint", "truncate")
        {
            tracing::warn!(%error, "the write-ahead log stays; the next start takes it up");
        }
    }

    /// Waits for jobs, unless there is something to erase meanwhile. None at the end.
    fn next(&mut self, queue: &mut mpsc::Receiver<Job>) -> Option<Vec<Job>> {
        let mut jobs = Vec::with_capacity(GROUP_COMMIT);
        if self.erasing.is_empty() {
            return (queue.blocking_recv_many(&mut jobs, GROUP_COMMIT) > 0).then_some(jobs);
        }
        while jobs.len() < GROUP_COMMIT {
            match queue.try_recv() {
                Ok(job) => jobs.push(job),
                Err(mpsc::error::TryRecvError::Empty) => break,
                // What is left to erase is left to the next start.
                Err(mpsc::error::TryRecvError::Disconnected) if jobs.is_empty() => return None,
                Err(mpsc::error::TryRecvError::Disconnected) => break,
            }
        }
        Some(jobs)
    }

    fn work(&mut self, jobs: Vec<Job>) {
        #[cfg(test)]
        if self.fault == Some(Fault::AcknowledgeEarly) {
            return self.acknowledge_early(jobs);
        }
        match self.commit(&jobs) {
            Ok(outcomes) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the log can be written again");
                }
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    job.answer(outcome, &self.tails, &mut self.erasing);
                }
            }
            // What fits alone isn't refused because of what doesn't.
            Err(_) if jobs.len() > 1 => {
                for job in jobs {
                    self.work(vec![job]);
                }
            }
            Err(error) => {
                // Small entries may fit where large ones don't: at most once until one does.
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(
                        %error,
                        "the log can't be written: entries are refused, what was acknowledged is kept"
                    );
                }
                for job in jobs {
                    job.refuse();
                }
            }
        }
    }

    /// Carries out jobs in one transaction: either all are durable when this returns, or none is
    /// stored.
    fn commit(&mut self, jobs: &[Job]) -> rusqlite::Result<Vec<Outcome>> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcomes = jobs
            .iter()
            .map(|job| job.carry_out(&transaction, self.max_talks))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        transaction.commit()?;
        Ok(outcomes)
    }

    /// The planted fault: answers before the commit.
    #[cfg(test)]
    fn acknowledge_early(&mut self, jobs: Vec<Job>) {
        let transaction = self.connection.transaction().unwrap();
        for job in jobs {
            let outcome = job.carry_out(&transaction, self.max_talks).unwrap();
            job.answer(outcome, &self.tails, &mut self.erasing);
        }
        transaction.commit().unwrap();
    }
}

impl Job {
    fn carry_out(
        &self,
        transaction: &Transaction<'_>,
        max_talks: Option<u64>,
    ) -> rusqlite::Result<Outcome> {
        match self {
            Self::Create(new, _) => create_talk(transaction, new, max_talks).map(Outcome::Create),
            Self::Append(job, _) => append(transaction, job).map(Outcome::Append),
            Self::Register(new, _) => groups::register(transaction, new).map(Outcome::Register),
            Self::HandOver(new, _) => readouts::hand_over(transaction, new).map(Outcome::HandOver),
            Self::Destroy(talk, _) => erase::mark(transaction, talk).map(Outcome::Destroy),
        }
    }

    /// Tells the caller and the followers.
    fn answer(self, outcome: Outcome, tails: &Tails, erasing: &mut Erasing) {
        match (self, outcome) {
            (Self::Create(new, reply), Outcome::Create(result)) => {
                // A caller that stopped waiting misses its reply, here and below.
                let _ = reply.send(result);
                if result == Ok(Created::New) {
                    publish(
                        tails,
                        new.talk,
                        &StreamName::record(),
                        Position(0),
                        new.record,
                    );
                }
            }
            (Self::Append(append, reply), Outcome::Append(result)) => {
                let _ = reply.send(result);
                if let Ok(position) = result {
                    publish(tails, append.talk, &append.stream, position, append.entry);
                }
            }
            (Self::Register(_, reply), Outcome::Register(result)) => drop(reply.send(result)),
            (Self::HandOver(_, reply), Outcome::HandOver(result)) => drop(reply.send(result)),
            // Answered when nothing is left.
            (Self::Destroy(talk, reply), Outcome::Destroy(Ok(()))) => erasing.add(talk, reply),
            (Self::Destroy(_, reply), Outcome::Destroy(refused)) => drop(reply.send(refused)),
            _ => unreachable!("each job makes an outcome of its own kind"),
        }
    }

    fn refuse(self) {
        match self {
            Self::Create(_, reply) => drop(reply.send(Err(CreateTalkError::Unavailable))),
            Self::Append(_, reply) => drop(reply.send(Err(AppendError::Unavailable))),
            Self::Register(_, reply) => drop(reply.send(Err(RegisterError::Unavailable))),
            Self::HandOver(_, reply) => drop(reply.send(Err(PublishError::Unavailable))),
            Self::Destroy(_, reply) => drop(reply.send(Err(DestroyError::Unavailable))),
        }
    }
}

fn publish(tails: &Tails, talk: TalkId, stream: &StreamName, position: Position, bytes: Vec<u8>) {
    let bytes = bytes.into();
    tails.publish(talk, stream, Entry { position, bytes });
}

fn create_talk(
    transaction: &Transaction<'_>,
    new: &NewTalk,
    max_talks: Option<u64>,
) -> rusqlite::Result<Result<Created, CreateTalkError>> {
    let talks: i64 = transaction
        .prepare_cached("SELECT count(*) FROM talks WHERE gone = 0")?
        .query_row([], |row| row.get(0))?;
    let inserted = transaction
        .prepare_cached("INSERT OR IGNORE INTO talks (id) VALUES (?1)")?
        .execute(params![new.talk.0])?;
    if inserted == 0 {
        return same_talk(transaction, new).map(|same| {
            same.then_some(Created::Already)
                .ok_or(CreateTalkError::Conflict)
        });
    }
    let full = max_talks.is_some_and(|most| talks.unsigned_abs() >= most);
    if full || groups::any_taken(transaction, &new.access)? {
        transaction
            .prepare_cached("DELETE FROM talks WHERE id = ?1")?
            .execute(params![new.talk.0])?;
        return Ok(Err(match full {
            true => CreateTalkError::Full,
            false => CreateTalkError::Conflict,
        }));
    }
    groups::create(transaction, new)?;
    let record = Append {
        talk: new.talk,
        group: 0,
        stream: StreamName::record(),
        expected: Some(Position(0)),
        entry: new.record.clone(),
    };
    // A new talk has no entry to conflict with and no quota to exceed.
    Ok(append(transaction, &record)?
        .map(|_| Created::New)
        .map_err(|_| CreateTalkError::Unavailable))
}

fn same_talk(transaction: &Transaction<'_>, new: &NewTalk) -> rusqlite::Result<bool> {
    let same_groups = super::reader::groups(transaction, &new.talk)? == groups::of(new);
    let record: Option<Vec<u8>> = transaction
        .prepare_cached(
            "SELECT bytes FROM entries WHERE position = 0 AND stream =
                 (SELECT id FROM streams WHERE talk = ?1 AND name = 'record')",
        )?
        .query_row(params![new.talk.0], |row| row.get(0))
        .optional()?;
    Ok(same_groups && record.as_ref() == Some(&new.record))
}

fn append(
    transaction: &Transaction<'_>,
    job: &Append,
) -> rusqlite::Result<Result<Position, AppendError>> {
    let Some(share) = Share::of(transaction, &job.talk, job.group)? else {
        return Ok(Err(AppendError::UnknownTalk));
    };
    let stream: Option<(i64, i64)> = transaction
        .prepare_cached("SELECT id, next FROM streams WHERE talk = ?1 AND name = ?2")?
        .query_row(params![job.talk.0, job.stream.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let next = Position(stream.map_or(0, |(_, next)| next.unsigned_abs()));
    if job.expected.is_some_and(|expected| expected != next) {
        return Ok(Err(AppendError::Conflict { next }));
    }
    if !share.has_room(job.entry.len(), stream.is_none()) {
        return Ok(Err(AppendError::Quota));
    }
    share.take(transaction, job.entry.len(), stream.is_none())?;
    let stream = match stream {
        Some((id, _)) => id,
        None => create_stream(transaction, job)?,
    };
    transaction
        .prepare_cached("INSERT INTO entries (stream, position, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![stream, next.0, job.entry])?;
    transaction
        .prepare_cached("UPDATE streams SET next = ?2 WHERE id = ?1")?
        .execute(params![stream, next.next().0])?;
    Ok(Ok(next))
}

fn create_stream(transaction: &Transaction<'_>, job: &Append) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO streams (talk, name, next) VALUES (?1, ?2, 0)")?
        .execute(params![job.talk.0, job.stream.as_str()])?;
    Ok(transaction.last_insert_rowid())
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
