use crate::process::{Server, fail, incamera, propose, succeed};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The token in a link that was printed.
fn token(said: &str) -> String {
    let (_, token) = said.split_once("/#operator.").unwrap();
    token.split_whitespace().next().unwrap().to_owned()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_prints_the_operator_s_link_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let url = server.url.clone();
    let refused = fail(&mut propose(&url, "T", None));
    assert!(refused.contains("operator's token"), "{refused}");
    let said = server.stop();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&format!("{url}/#operator.")), "{said}");
    let first = token(&said);
    assert_eq!(first.len(), 43);
    assert_eq!((mode(&data), mode(&data.join("operator"))), (0o700, 0o600));

    let server = Server::start(&data, &[]);
    succeed(&mut propose(&server.url, "T", Some(&first)));
    // Renewed while it runs: the new one counts, the old one doesn't.
    let said = succeed(
        incamera()
            .args(["token", "--server", &server.url, "--data"])
            .arg(&data),
    );
    assert!(said.starts_with(&format!("{}/#operator.", server.url)));
    let second = token(&said);
    let refused = fail(&mut propose(&server.url, "T", Some(&first)));
    assert!(refused.contains("isn't the operator's token"), "{refused}");
    succeed(&mut propose(&server.url, "T", Some(&second)));
    assert_eq!(server.stop(), "", "it was said once");
}

#[test]
fn an_open_server_makes_no_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--open"]);
    succeed(&mut propose(&server.url, "T", None));
    assert_eq!(server.stop(), "");
    assert!(!data.path().join("operator").exists());
}

#[test]
fn a_token_needs_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let said = fail(incamera().args(["token", "--data"]).arg(nowhere));
    assert!(said.contains("--data"), "{said}");
}
