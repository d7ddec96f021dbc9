//! A talk between delegations, by the command line alone.

use crate::process::{Server, incamera, run, start, stderr, wait};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use tempfile::TempDir;

pub(crate) const TITLE: &str = "Torskekvoter øst for 30°";
pub(crate) const SIDES: [&str; 2] = ["Kystfiskarlaget på Værøy", "Félag útgerðarmanna á Húsavík"];
pub(crate) const HEADS: [&str; 2] = ["Sigrunn Bjørvik", "Þorgerður Ævarsdóttir"];
pub(crate) const GUESTS: [&str; 2] = ["Øyvind Håkstad", "Ásgrímur Pálsson"];
pub(crate) const HINT: &str = "Kvotesakkyndig nr. 4711";

/// Everybody's keys in one folder.
pub(crate) struct Table {
    pub(crate) folder: TempDir,
}

impl Table {
    pub(crate) fn keys(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.keys"))
    }

    /// `incamera talk COMMAND --keys NAME.keys …`
    pub(crate) fn talk(&self, command: &str, name: &str, more: &[&str]) -> Output {
        run(self.command(command, name).args(more), "")
    }

    pub(crate) fn command(&self, command: &str, name: &str) -> Command {
        let mut talk = incamera();
        talk.args(["talk", command, "--keys"]).arg(self.keys(name));
        talk
    }

    pub(crate) fn show(&self, name: &str) -> Value {
        json(&self.talk("show", name, &["--json"]))
    }

    pub(crate) fn join(&self, name: &str, link: Option<&str>, seconds: &str) -> Child {
        self.join_with(name, link, &["--seconds", seconds])
    }

    pub(crate) fn join_with(&self, name: &str, link: Option<&str>, more: &[&str]) -> Child {
        let mut join = incamera();
        join.arg("join");
        if link.is_some() {
            join.arg("-").args(["--name", name]);
        }
        join.arg("--keys").arg(self.keys(name));
        join.args(["--audio", "synthetic", "--video", "synthetic"]);
        join.args(more).arg("--report").arg(self.report_file(name));
        start(&mut join, link.unwrap_or_default())
    }

    pub(crate) fn report(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.report_file(name)).unwrap()).unwrap()
    }

    fn report_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.json"))
    }

    /// Proposes a talk at a server, claims and countersigns it, and says that the words agree.
    pub(crate) fn found(url: &str) -> Self {
        let table = Self {
            folder: TempDir::new().unwrap(),
        };
        let mut new = incamera();
        new.args(["talk", "new", "--server", url, "--title", TITLE, "--json"]);
        new.args(["--delegation", SIDES[0], "--name", HEADS[0], "--keys"]);
        let proposed = json(&run(new.arg(table.keys(HEADS[0])), ""));
        let links = &proposed["links"];
        assert_eq!(links[0]["kind"], "seat", "{proposed}");
        assert_eq!(links[1]["kind"], "claim", "{proposed}");
        assert!(links[1]["delegation"].is_null(), "{proposed}");

        let mut claim = incamera();
        claim.args(["talk", "claim", "-", "--delegation", SIDES[1]]);
        claim.args(["--name", HEADS[1], "--keys"]);
        let link = links[1]["url"].as_str().unwrap();
        succeed(&run(claim.arg(table.keys(HEADS[1])), link));
        let signed = table.talk("countersign", HEADS[0], &["--yes"]);
        succeed(&signed);
        assert!(stderr(&signed).contains(HEADS[1]) && stderr(&signed).contains(SIDES[1]));
        let read = |head: &str| {
            let output = table.talk("words", head, &["--agree"]);
            succeed(&output);
            String::from_utf8(output.stdout).unwrap()
        };
        // The claimant's next command founds the talk; the proposer's would wait for it.
        let words = read(HEADS[1]);
        assert_eq!(read(HEADS[0]), words);
        table
    }

    /// Makes an invitation; returns what `talk invite --json` says of it.
    pub(crate) fn invite(&self, head: &str, more: &[&str]) -> Value {
        let output = self.talk("invite", head, &[more, &["--json"]].concat());
        json(&output)["invitations"][0].clone()
    }
}

#[track_caller]
pub(crate) fn succeed(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
}

#[track_caller]
fn json(output: &Output) -> Value {
    succeed(output);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Waits until `talk lobby` of a head lists somebody in one of its lists.
fn wait_for(table: &Table, head: &str, list: &str, name: &str) {
    for _ in 0..60 {
        let lobby = json(&table.talk("lobby", head, &["--json"]));
        let mut people = lobby[list].as_array().unwrap().iter();
        if people.any(|person| person["name"] == name) {
            return;
        }
    }
    panic!("{name} never is in {list}");
}

fn mode(file: &Path) -> u32 {
    file.metadata().unwrap().permissions().mode() & 0o777
}

/// The whole way: founding, a seat for one guest, everybody in the room, an ejection by both.
#[test]
fn a_talk_by_the_command_line() {
    let server = Server::start(&[]);
    let table = Table::found(&server.url);
    for head in HEADS {
        assert_eq!(mode(&table.keys(head)), 0o600);
    }
    let made = table.invite(HEADS[0], &["--hint", HINT, "--expires", "7d"]);
    assert_eq!(made["hint"], HINT);

    let heads = HEADS.map(|head| table.join(head, None, "25"));
    let guest = table.join(GUESTS[0], made["url"].as_str(), "60");
    wait_for(&table, HEADS[0], "lobby", GUESTS[0]);
    succeed(&table.talk("vouch", HEADS[0], &["--all"]));
    wait_for(&table, HEADS[1], "waiting", GUESTS[0]);
    succeed(&table.talk("approve", HEADS[1], &[GUESTS[0]]));

    // Everybody in the room for a while; then one head proposes, and the other consents.
    for head in heads {
        succeed(&wait(head));
    }
    let proposed = table.talk("act", HEADS[1], &["eject", GUESTS[0]]);
    succeed(&proposed);
    let act = String::from_utf8(proposed.stdout).unwrap();
    let view = table.show(HEADS[0]);
    assert_eq!(view["acts"][0]["id"], act.trim(), "{view}");
    assert_eq!(view["acts"][0]["seat_name"], GUESTS[0], "{view}");
    succeed(&table.talk("consent", HEADS[0], &["--", act.trim()]));
    let output = wait(guest);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("ejected"), "{}", stderr(&output));

    let report = table.report(GUESTS[0]);
    assert_eq!(report["state"], "stopped", "{report}");
    assert_eq!(mode(&table.keys(GUESTS[0])), 0o600);
    let mut words = Vec::new();
    for (own, side) in [(HEADS[0], 0), (HEADS[1], 1), (GUESTS[0], 0)] {
        let report = table.report(own);
        assert_eq!(report["self"]["name"], own, "{report}");
        assert_eq!(report["self"]["delegation"], SIDES[side], "{report}");
        for (other, side) in [(HEADS[0], 0), (HEADS[1], 1), (GUESTS[0], 0)] {
            let senders = report["senders"].as_array().unwrap().iter();
            let mut sent = senders.filter(|sender| sender["name"] == other);
            let heard = sent.any(|sender| {
                sender["kind"] == "microphone"
                    && sender["delegation"] == SIDES[side]
                    && sender["decrypted"].as_u64().unwrap() > 30
            });
            assert_eq!(heard, own != other, "{own} of {other}: {report}");
        }
        words.push(report["words"].clone());
    }
    assert!(words[0].is_string() && words.iter().all(|of| *of == words[0]));
}

/// A head's keys are backed up, lost and restored; keys that others can read are refused.
#[test]
fn keys_are_kept() {
    let server = Server::start(&[]);
    let table = Table::found(&server.url);
    let backup = table.folder.path().join("backup");
    let passphrase = table.folder.path().join("passphrase");
    let from_file = format!("@{}", passphrase.display());
    std::fs::write(&passphrase, "too short\n").unwrap();
    let back_up = || {
        let mut command = table.command("backup", HEADS[0]);
        run(command.arg(&backup).args(["--passphrase", &from_file]), "")
    };
    assert!(stderr(&back_up()).contains("too short"));
    std::fs::write(&passphrase, "four words or more\n").unwrap();
    succeed(&back_up());
    assert_eq!(mode(&backup), 0o600);

    let keys = table.keys(HEADS[0]);
    let restore = || {
        let mut command = incamera();
        command.args(["talk", "restore"]).arg(&backup);
        command.args(["--passphrase", &from_file, "--keys"]);
        run(command.arg(&keys), "")
    };
    let output = restore();
    assert!(
        stderr(&output).contains("never overwritten"),
        "{}",
        stderr(&output)
    );
    std::fs::remove_file(&keys).unwrap();
    std::fs::write(&passphrase, "four other words\n").unwrap();
    assert!(stderr(&restore()).contains("passphrase"));
    std::fs::write(&passphrase, "four words or more\n").unwrap();
    succeed(&restore());
    assert_eq!(mode(&keys), 0o600);
    let view = table.show(HEADS[0]);
    assert_eq!(view["stage"], "founded", "{view}");
    assert_eq!(view["title"], TITLE, "{view}");

    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = table.talk("show", HEADS[0], &[]);
    assert!(!output.status.success());
    let told = stderr(&output);
    assert!(told.contains("chmod 600"), "{told}");
    assert_eq!(told.trim().lines().count(), 1, "{told}");
}

/// The first head makes a second one and takes that back; in between, the second seats somebody.
#[test]
fn a_second_head() {
    let server = Server::start(&[]);
    let table = Table::found(&server.url);
    let (second, guest) = (GUESTS[0], GUESTS[1]);
    let output = table.talk("invite", HEADS[0], &["--role", "head", "--automatic"]);
    let told = stderr(&output);
    assert!(told.contains("without being looked at"), "{told}");
    let made = table.invite(HEADS[0], &["--role", "head"]);
    let joined = table.join(second, made["url"].as_str(), "10");
    wait_for(&table, HEADS[0], "lobby", second);
    succeed(&table.talk("vouch", HEADS[0], &["--all"]));
    let asks = &table.show(HEADS[0])["lobby"][0];
    assert_eq!(asks["state"], "asks", "{asks}");
    succeed(&table.talk("vouch", HEADS[0], &[second]));
    wait_for(&table, HEADS[1], "waiting", second);
    succeed(&table.talk("approve", HEADS[1], &[second]));
    succeed(&wait(joined));
    let own = &table.show(second)["own"];
    assert!(own["head"] == true && own["root"] == false, "{own}");

    let output = table.talk("invite", second, &["--role", "head"]);
    let told = stderr(&output);
    assert!(told.contains("founded the talk"), "{told}");
    let backup = table.folder.path().join("backup");
    let passphrase = table.folder.path().join("passphrase");
    std::fs::write(&passphrase, "four words or more\n").unwrap();
    let mut command = table.command("backup", second);
    let from_file = format!("@{}", passphrase.display());
    let output = run(command.arg(&backup).args(["--passphrase", &from_file]), "");
    assert!(!output.status.success() && !backup.exists());

    let made = table.invite(second, &[]);
    let joined = table.join(guest, made["url"].as_str(), "10");
    wait_for(&table, second, "lobby", guest);
    succeed(&table.talk("vouch", second, &["--all"]));
    wait_for(&table, HEADS[1], "waiting", guest);
    succeed(&table.talk("approve", HEADS[1], &["--all"]));
    succeed(&wait(joined));

    succeed(&table.talk("revoke-head", HEADS[0], &[second]));
    let own = &table.show(second)["own"];
    assert!(own["head"] == false && own["demoted"] == true, "{own}");
    let output = table.talk("invite", second, &[]);
    assert!(
        stderr(&output).contains("only a head"),
        "{}",
        stderr(&output)
    );
}
