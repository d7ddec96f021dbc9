use crate::process::{Server, incamera, interrupt, propose, run, start, stderr, talk, wait};
use std::io::{BufRead as _, BufReader};

/// Ctrl-C leaves properly: the other one sees it at once, and the report is written.
#[test]
fn interrupted_participant_leaves() {
    let server = Server::start(&[]);
    let link = talk(&server.url, "Talk");
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("link");
    std::fs::write(&file, &link).unwrap();
    let from_file = format!("@{}", file.display());
    let report = folder.path().join("report.json");

    let mut alice = start(incamera().args(["join", "-", "--name", "Alice"]), &link);
    let mut told = BufReader::new(alice.stderr.take().unwrap()).lines();
    let mut wait_for_line = |part: &str| {
        let line = told.find(|line| line.as_ref().is_ok_and(|line| line.contains(part)));
        assert!(line.is_some(), "{part}");
    };
    wait_for_line("In the room: Talk.");
    let bob = start(
        incamera()
            .args(["join", &from_file, "--name", "Bob", "--audio", "synthetic"])
            .arg("--report")
            .arg(&report),
        "",
    );
    wait_for_line("Sound from Bob.");
    interrupt(&bob);
    let output = wait(bob);
    assert!(output.status.success(), "{}", stderr(&output));
    wait_for_line("Bob left.");
    interrupt(&alice);
    assert!(wait(alice).status.success());

    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["self"]["name"], "Bob");
    assert_eq!(report["state"], "left");
    assert!(
        report["words"].is_null() && report["senders"].is_array(),
        "{report}"
    );
}

/// A code leads into the room as its link does; once the proposer has destroyed the talk, neither
/// does, and whoever has one is told why.
#[test]
fn a_code_leads_in_until_the_talk_is_destroyed() {
    let server = Server::start(&[]);
    let proposed = propose(&server.url, "Talk");
    let code = proposed["links"][0]["code"].as_str().unwrap();
    let typed = code.to_lowercase().replace('-', " ");
    let join = || {
        let mut join = incamera();
        join.args(["join", &typed, "--server", &server.url, "--name", "Alice"]);
        join.args(["--seconds", "2"]);
        run(&mut join, "")
    };
    let output = join();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("In the room: Talk."));

    let id = proposed["talk"].as_str().unwrap();
    let destroy = |secret: &str| {
        let mut destroy = incamera();
        destroy.args(["talk", "destroy", "--server", &server.url, "--talk", id]);
        run(destroy.args(["--control", "-"]), secret)
    };
    let wrong = destroy(&"A".repeat(43));
    assert!(!wrong.status.success());
    assert!(join().status.success(), "not by another key");
    let output = destroy(proposed["control_secret"].as_str().unwrap());
    assert!(output.status.success(), "{}", stderr(&output));
    let output = join();
    assert!(!output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("this talk is over"));
}

/// What goes wrong is told in one sentence with what to do, and nothing secret in it.
#[test]
fn mistakes_are_told() {
    let server = Server::start(&[]);
    let link = talk(&server.url, "Talk");
    let secret = link.split_once('#').unwrap().1.to_owned();
    let check = |arguments: &[&str], part: &str| {
        let output = run(incamera().args(arguments), "");
        let told = stderr(&output);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(told.contains(part), "{arguments:?}: {told}");
        assert!(!told.contains(&secret), "{told}");
        assert_eq!(told.trim().lines().count(), 1, "{told}");
    };
    check(&["join", "http://localhost/t/x", "--name", "A"], "the link");
    let cut = &link[..link.len() - 5];
    check(&["join", cut, "--name", "A"], "end of the invitation");
    let code = "000G-40R4-0M30-E209-185G-R38E-1WHQ";
    check(&["join", code, "--name", "A"], "--server");
    let mistyped = code.replace("WHQ", "WQH");
    check(
        &["join", &mistyped, "--server", &server.url, "--name", "A"],
        "a character",
    );
    check(
        &["join", &link, "--name", "\u{202e}"],
        "choose another name",
    );
    check(
        &["join", &link, "--name", "A", "--video", "/nowhere.ivf"],
        "can't be read",
    );
    let no_video = env!("CARGO_MANIFEST_PATH");
    check(
        &["join", &link, "--name", "A", "--video", no_video],
        "no IVF file",
    );
    check(
        &["join", &link, "--name", "A", "--audio", no_video],
        "no Ogg file",
    );
    check(
        &[
            "talk",
            "new",
            "--server",
            "http://127.0.0.1:1",
            "--title",
            "T",
        ],
        "can't be reached",
    );
    check(
        &["talk", "new", "--server", "localhost", "--title", "T"],
        "not a server's address",
    );
    check(
        &["talk", "new", "--server", &server.url, "--title", ""],
        "title",
    );
}
