use crate::process::{incamera, interrupt, stderr};
use incamera_client::{
    Duties, KeyFile, Participant, Secret, ServerAddress, Stage, TalkJoinConfig, TalkView,
};
use incamera_papers::readout::{Readout, ReadoutError};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(60);

/// `incamera demo` at work, with what it printed before it was ready.
struct Demo {
    child: Child,
    links: Vec<String>,
    temporary: TempDir,
}

impl Demo {
    fn start() -> Self {
        let temporary = TempDir::new().unwrap();
        let mut child = incamera()
            .args(["demo", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed: Vec<String> = lines
            .map(Result::unwrap)
            .take_while(|line| !line.starts_with("incamera ready "))
            .collect();
        let links = printed.iter().filter(|line| line.contains("#demo."));
        Self {
            links: links.cloned().collect(),
            child,
            temporary,
        }
    }

    fn kept(&self) -> usize {
        self.temporary.path().read_dir().unwrap().count()
    }

    /// What the owner of a link sees of the talk and of its life.
    async fn look(&self, nth: usize, folder: &Path) -> (TalkView, Value) {
        let (origin, rest) = self.links[nth].split_once("/t/").unwrap();
        let (talk, keys) = rest.split_once("#demo.").unwrap();
        let secret = Secret::from_text(keys).unwrap();
        assert_eq!(secret.talk().to_text(), talk);
        let server = ServerAddress::parse(origin).unwrap();
        let path = folder.join(format!("{nth}.keys"));
        let participant = Participant::start_talk(TalkJoinConfig {
            file: KeyFile::create(&path, &server, &secret).unwrap(),
            secret,
            trust: None,
            duties: Duties::default(),
            camera: None,
            microphone: None,
            force_tcp: false,
            observer: None,
        });
        let participant = participant.unwrap();
        let mut lives = participant.life_view();
        let life = timeout(DEADLINE, lives.wait_for(Option::is_some)).await;
        let life = serde_json::to_value(life.unwrap().unwrap().as_deref()).unwrap();
        let view = participant.talk_view().borrow().clone().unwrap();
        participant.leave().await.unwrap();
        (view, life)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A readout with all its signatures, which are verified again here.
fn verified(view: &TalkView, readout: &Value) -> Result<Readout, ReadoutError> {
    let versions = readout["versions"].as_array().unwrap();
    let mut signed = versions
        .iter()
        .filter(|version| version["entry"] == readout["agreed"]);
    let names: Vec<&str> = view
        .delegations
        .iter()
        .map(|delegation| delegation.name.as_str())
        .collect();
    let content = json!({
        "talk": view.talk,
        "charter": readout["stands"]["charter"],
        "entry": readout["stands"]["entry"],
        "position": readout["agreed"],
        "delegations": names,
        "document": signed.next().unwrap()["document"],
        "signatures": readout["signatures"],
    });
    Readout::from_json(&content.to_string())
}

fn states(life: &Value, list: &str) -> Vec<String> {
    let objects = life[list].as_array().unwrap().iter();
    objects
        .map(|object| object["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_talk_is_there_to_be_looked_at() {
    let mut demo = Demo::start();
    assert_eq!(demo.links.len(), 4);
    assert_eq!(demo.kept(), 1);
    let folder = TempDir::new().unwrap();
    let mut seen = Vec::new();
    for nth in 0..4 {
        let (view, life) = demo.look(nth, folder.path()).await;
        assert_eq!(view.stage, Stage::Founded);
        assert_eq!(view.own.head, nth < 2);
        assert_eq!(view.own.delegation, Some([0, 1, 0, 1][nth]));
        seen.push((view, life));
    }
    let (view, life) = &seen[0];
    assert!(seen.iter().all(|(_, other)| other == life));
    assert_eq!(view.seats.len(), 4);

    assert_eq!(states(life, "meetings"), ["held"]);
    assert_eq!(states(life, "agenda"), ["agreed", "parked"]);
    for item in life["agenda"].as_array().unwrap() {
        for side in item["sides"].as_array().unwrap() {
            assert_eq!(side["position"].as_array().unwrap().len(), 1, "{item}");
            assert_eq!(side["request"].as_array().unwrap().len(), 1, "{item}");
        }
    }
    assert_eq!(states(life, "teams"), ["reported"]);
    let mut commitments = states(life, "commitments");
    commitments.sort();
    assert_eq!(commitments, ["done", "open", "open"]);

    let readout = &life["readouts"][0];
    assert_eq!(readout["versions"].as_array().unwrap().len(), 3);
    assert_eq!(readout["comments"].as_array().unwrap().len(), 2);
    assert_eq!(readout["disputes"], json!([]));
    let signed = verified(view, readout).unwrap();
    assert_eq!(signed.signatures().len(), 2);
    assert!(
        signed
            .text()
            .contains("— an official of Serrod, on condition of anonymity\n")
    );
    // Any other text isn't what they signed.
    let mut changed = readout.clone();
    for version in changed["versions"].as_array_mut().unwrap() {
        version["document"]["headline"] = json!("Ilvarn and Serrod disagree");
    }
    assert!(matches!(
        verified(view, &changed),
        Err(ReadoutError::Signature)
    ));

    // In order, over more than a month, and by now.
    let events = life["timeline"].as_array().unwrap();
    let times: Vec<u64> = events
        .iter()
        .filter_map(|event| event["at"].as_u64())
        .filter(|at| *at != 0)
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let days = (times.last().unwrap() - times[0]) / 86_400_000;
    assert_eq!(days, 37);
    assert!(events.iter().all(|event| event["void"].is_null()));

    interrupt(&demo.child);
    let child = &mut demo.child;
    let status = child.wait().unwrap();
    assert!(status.success());
    assert_eq!(demo.kept(), 0);
}

/// Nothing stays of it either if it is told to stop before it is ready, and a port that is taken is
/// told.
#[test]
fn it_leaves_nothing_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let temporary = TempDir::new().unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let output = incamera()
        .args(["demo", "--listen", &listen])
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(stderr(&output).contains(&listen), "{}", stderr(&output));
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
}
