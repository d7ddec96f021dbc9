use crate::process::{Server, fail, incamera, propose, succeed};

#[test]
fn a_file_and_flags_set_limits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("incamera.toml");
    std::fs::write(&file, "open = true\n[limits]\ntalks = 1\n").unwrap();
    let path = file.to_str().unwrap();
    let refused_second = |more: &[&str], data: &str| {
        let server = Server::start(
            &folder.path().join(data),
            &[&["--config", path], more].concat(),
        );
        succeed(&mut propose(&server.url, "T", None));
        let output = propose(&server.url, "T", None).output().unwrap();
        assert_eq!(server.stop(), "");
        !output.status.success()
    };
    assert!(refused_second(&[], "a"));
    // The control, and a flag goes before the file.
    assert!(!refused_second(&["--limit", "talks=2"], "b"));
}

#[test]
fn the_defaults_can_be_printed_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let printed = succeed(incamera().args(["serve", "--print-config"]));
    assert!(
        printed.contains(
            "\n# people with sound or picture in one room (2 to 4000)\npeople_per_room = "
        )
    );
    let file = folder.path().join("incamera.toml");
    std::fs::write(&file, printed).unwrap();
    let config = ["--config", file.to_str().unwrap(), "--open"];
    Server::start(&folder.path().join("data"), &config).stop();
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("incamera.toml");
    let check = |content: &str, names: &[&str]| {
        std::fs::write(&file, content).unwrap();
        let said = fail(incamera().args(["serve", "--config"]).arg(&file));
        for name in names {
            assert!(said.contains(name), "{said}");
        }
    };
    check(
        "[limits]\npeople_per_room = 1",
        &["limits.people_per_room", "from 2 to 4000"],
    );
    check(
        "[limits]\npeople = \"all\"",
        &["limits.people", "all", "whole number"],
    );
    check("liste = 1", &["line 1", "liste", "--print-config"]);
    check("cert = \"a\"", &["cert", "key"]);
    std::fs::remove_file(&file).unwrap();
    let said = fail(incamera().args(["serve", "--config"]).arg(&file));
    assert!(said.contains("--config"), "{said}");
    let said = fail(incamera().args(["serve", "--limit", "people=0"]));
    assert!(said.contains("--limit people"), "{said}");
}
