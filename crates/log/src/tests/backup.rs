//! Backups of a log that another process writes to all the while.

use super::{TALK, commits, door, log, new_talk};
use crate::sqlite::FILE;
use crate::{BackupError, Log, OpenError, Options, backup, restore};
use incamera_model::{Position, TalkId};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const FOLDER: &str = "INCAMERA_TEST_BACKUP_FOLDER";

/// Not a test of its own: what the child runs.
#[test]
fn writing_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let log = Log::open(&Options::new(Path::new(&folder))).unwrap();
        log.create_talk(new_talk(TALK)).await.unwrap();
        let append = |log: Log| async move {
            // Bounded, should nobody end it.
            for number in 0..200_000_u64 {
                let entry = number.to_le_bytes().repeat(32);
                let position = log.append((TALK, 0), &door(), None, entry).await.unwrap();
                let line = format!("ack {}\n", position.0);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }
        };
        tokio::join!(append(log.clone()), append(log.clone()), append(log));
    });
}

/// A child that writes, and how many entries it has acknowledged at the least.
struct Writing {
    child: Child,
    acknowledged: Arc<AtomicU64>,
}

impl Writing {
    fn to(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::backup::writing_child", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let acknowledged = Arc::new(AtomicU64::new(0));
        let (count, lines) = (acknowledged.clone(), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                let position = line.split_once("ack ").and_then(|(_, at)| at.parse().ok());
                count.fetch_max(position.map_or(0, |at: u64| at + 1), Ordering::SeqCst);
            }
        });
        Self {
            child,
            acknowledged,
        }
    }

    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    #[expect(clippy::disallowed_methods, reason = "a process writes in real time")]
    fn wait_for(&mut self, entries: u64) {
        let start = std::time::Instant::now();
        while self.acknowledged() < entries {
            assert!(start.elapsed().as_secs() < 60, "the child doesn't write");
            assert!(self.child.try_wait().unwrap().is_none(), "it ended");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn entries(folder: &Path) -> u64 {
    let log = Log::open(&Options::new(folder)).unwrap();
    let mut next = Position(0);
    loop {
        let batch = log.read(TALK, &door(), next, 1000).await.unwrap();
        let Some(last) = batch.entries.last() else {
            assert_eq!(batch.end, next);
            return next.0;
        };
        next = last.position.next();
    }
}

#[tokio::test]
async fn a_backup_under_appends_has_all_that_was_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut writing = Writing::to(&data);
    for round in 0..5_u64 {
        let before = writing.acknowledged() + 200;
        writing.wait_for(before);
        let before = writing.acknowledged();
        let file = folder.path().join(format!("backup{round}"));
        let summary = backup(&data, &file, false).unwrap();
        // It goes on meanwhile: nobody is held up.
        writing.wait_for(writing.acknowledged() + 50);
        let elsewhere = folder.path().join(format!("elsewhere{round}"));
        assert_eq!(
            restore(&file, &elsewhere, false).unwrap().entries,
            summary.entries
        );
        let found = entries(&elsewhere).await;
        assert!(found >= before, "{found} of {before}, round {round}");
        assert_eq!(found + 1, summary.entries, "the record's entry as well");
    }
}

#[tokio::test]
async fn control_a_copy_of_the_file_alone_lacks_entries() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut writing = Writing::to(&data);
    // What the newest checkpoint hasn't reached stands in the write-ahead log alone.
    let lacking = Mutex::new(false);
    for round in 1..=10 {
        writing.wait_for(writing.acknowledged() + 100 * round);
        let before = writing.acknowledged();
        let elsewhere = folder.path().join(format!("copy{round}"));
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::copy(data.join(FILE), elsewhere.join(FILE)).unwrap();
        let found = rusqlite::Connection::open(elsewhere.join(FILE))
            .and_then(|copy| {
                let count = "SELECT count(*) FROM entries";
                copy.query_row(count, [], |row| row.get::<_, i64>(0))
            })
            .unwrap_or(0);
        *lacking.lock().unwrap() |= found.unsigned_abs() < before;
    }
    assert!(*lacking.lock().unwrap());
}

#[tokio::test]
async fn a_stopped_server_s_data_can_be_backed_up_too() {
    let (folder, log) = log().await;
    log.append((TALK, 0), &door(), None, vec![1]).await.unwrap();
    log.append((TALK, 0), &commits(), Some(Position(0)), vec![2])
        .await
        .unwrap();
    let gone = TalkId([8; 16]);
    log.create_talk(new_talk(gone)).await.unwrap();
    log.destroy_talk(gone).await.unwrap();
    log.close().await;
    drop(log);
    let file = folder.path().join("backup");
    let summary = backup(folder.path(), &file, false).unwrap();
    assert_eq!((summary.talks, summary.entries), (2, 3));
    let again = tempfile::tempdir().unwrap();
    restore(&file, again.path(), false).unwrap();
    let log = Log::open(&Options::new(again.path())).unwrap();
    assert!(log.keys(gone).await.unwrap().unwrap().gone);
    let keys = log.keys(TALK).await.unwrap().unwrap();
    assert_eq!(keys.groups[0].access, new_talk(TALK).access[0]);
    log.close().await;
}

#[tokio::test]
async fn what_would_lose_something_is_refused() {
    let (folder, log) = log().await;
    let file = folder.path().join("backup");
    backup(folder.path(), &file, false).unwrap();
    let again = backup(folder.path(), &file, false);
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    backup(folder.path(), &file, true).unwrap();
    // Over a server that runs, whatever is said.
    for replace in [false, true] {
        let over = restore(&file, folder.path(), replace);
        assert!(matches!(
            over,
            Err(BackupError::Open(OpenError::InUse { .. }))
        ));
    }
    log.append((TALK, 0), &door(), None, vec![1]).await.unwrap();
    log.close().await;
    drop(log);
    let over = restore(&file, folder.path(), false);
    assert!(matches!(over, Err(BackupError::NotEmpty { .. })));
    assert_eq!(entries(folder.path()).await, 1, "nothing was lost");
    restore(&file, folder.path(), true).unwrap();
    assert_eq!(entries(folder.path()).await, 0, "the backup's state");

    let nothing = tempfile::tempdir().unwrap();
    let none = backup(nothing.path(), &file, true);
    assert!(matches!(none, Err(BackupError::NoData { .. })));
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_restored() {
    let (folder, log) = log().await;
    for _ in 0..100 {
        log.append((TALK, 0), &door(), None, vec![7; 3000])
            .await
            .unwrap();
    }
    let file = folder.path().join("backup");
    backup(folder.path(), &file, false).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    let check = |content: &[u8]| {
        std::fs::write(&file, content).unwrap();
        let refused = restore(&file, &elsewhere, false);
        assert!(
            matches!(refused, Err(BackupError::Damaged { .. })),
            "{refused:?}"
        );
        assert!(!elsewhere.join(FILE).exists());
    };
    check(b"");
    check(b"nothing of the kind");
    check(&whole[..whole.len() / 2]);
    let mut without = whole.clone();
    without[68..72].fill(0);
    check(&without);
    std::fs::write(&file, &whole).unwrap();
    let database = rusqlite::Connection::open(&file).unwrap();
    database
        .execute("DELETE FROM entries WHERE position = 50", [])
        .unwrap();
    drop(database);
    check(&std::fs::read(&file).unwrap());
    // Control: untouched it is.
    std::fs::write(&file, &whole).unwrap();
    restore(&file, &elsewhere, false).unwrap();
}
