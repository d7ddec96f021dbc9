use crate::process::{Server, fail, incamera, propose, stderr, succeed};
use std::process::Command;

fn command(name: &str, file: &std::path::Path, data: &std::path::Path) -> Command {
    let mut command = incamera();
    command.arg(name).arg(file).arg("--data").arg(data);
    command
}

#[test]
fn a_running_server_is_backed_up_and_restored_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup"));
    let server = Server::start(&data, &["--open"]);
    for _ in 0..3 {
        succeed(&mut propose(&server.url, "T", None));
    }
    let output = command("backup", &file, &data).output().unwrap();
    assert!(
        stderr(&output).contains("3 talks with 3 entries"),
        "{}",
        stderr(&output)
    );
    let again = fail(&mut command("backup", &file, &data));
    assert!(again.contains("--replace"), "{again}");
    let over = fail(&mut command("restore", &file, &data));
    assert!(over.contains("in use by another server"), "{over}");
    succeed(&mut propose(&server.url, "T", None));
    assert_eq!(server.stop(), "");

    let refused = fail(&mut command("restore", &file, &data));
    assert!(refused.contains("has talks in it already"), "{refused}");
    let elsewhere = folder.path().join("elsewhere");
    let output = command("restore", &file, &elsewhere).output().unwrap();
    assert!(stderr(&output).contains("3 talks"), "{}", stderr(&output));
    let server = Server::start(&elsewhere, &["--open", "--limit", "talks=4"]);
    succeed(&mut propose(&server.url, "T", None));
    fail(&mut propose(&server.url, "T", None));
    server.stop();

    let nothing = fail(&mut command(
        "backup",
        &folder.path().join("b"),
        folder.path(),
    ));
    assert!(nothing.contains("--data"), "{nothing}");
    std::fs::write(&file, "x").unwrap();
    let damaged = fail(&mut command("restore", &file, &folder.path().join("third")));
    assert!(damaged.contains("not a whole backup"), "{damaged}");
}
