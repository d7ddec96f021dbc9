//! The server learns no name, no title and no chat: they are looked for in everything it stores
//! and logs, and in everything that reaches it over HTTP and WebSocket.

use crate::delegations::{self, Table, succeed};
use crate::process::{Server, incamera, start, stderr, talk, wait};
use crate::proxy::{Proxy, unmask};
use crate::search::find;
use std::io::Write as _;
use std::net::TcpStream;

const TITLE: &str = "Fangstkvoter nord for 62°";
const NAMES: [&str; 2] = ["Ragnhild Østensjø", "Þórunn Árnadóttir"];
/// No word that the server has in another sense.
const ROLE: &str = "note_taker";
const CHATS: [&str; 2] = ["Vi foreslår 7 300 tonn", "Við þurfum frest til þriðjudags"];

#[test]
fn names_title_and_chat_reach_no_server() {
    let (proxy, origin, server) = tapped();
    let link = talk(&origin, TITLE);
    let folder = tempfile::TempDir::new().unwrap();
    let report = |name: &str| folder.path().join(format!("{name}.json"));
    let join = |index: usize| {
        let mut command = incamera();
        command
            .args(["join", "-", "--name", NAMES[index], "--chat", CHATS[index]])
            .args(["--video", "synthetic", "--audio", "synthetic"])
            .args(["--seconds", if index == 0 { "14" } else { "11" }])
            .arg("--report")
            .arg(report(&index.to_string()));
        start(&mut command, &link)
    };
    let people = [join(0), join(1)];
    for person in people {
        let output = wait(person);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    // The run was a real one: both were heard, seen and read.
    for index in 0..2 {
        let text = std::fs::read_to_string(report(&index.to_string())).unwrap();
        assert!(
            text.contains(NAMES[1 - index]) && text.contains(CHATS[1 - index]),
            "{text}"
        );
        assert!(
            text.contains(TITLE) && text.contains("\"camera\""),
            "{text}"
        );
    }

    let everything = [server.written(), proxy.captured()].concat();
    let size: usize = everything.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size > 100_000 && proxy.captured().len() >= 6, "{size} B");
    let texts = [&[TITLE][..], &NAMES, &CHATS].concat();
    check(&texts, &server, &proxy);
}

/// Nor who sits at a talk between delegations and for whom, from the founding to an ejection.
#[test]
fn delegations_reach_no_server() {
    let (proxy, origin, server) = tapped();
    let table = Table::found(&origin);
    let [head, other] = delegations::HEADS;
    let [first, second] = delegations::GUESTS;
    let invitations = [
        table.invite(head, &["--role", ROLE, "--hint", delegations::HINT]),
        table.invite(other, &["--role", ROLE]),
    ];
    let duties = ["--vouch-all", "--approve-all", "--seconds", "16"];
    let heads = [head, other].map(|name| table.join_with(name, None, &duties));
    let link = |index: usize| invitations[index]["url"].as_str();
    let guests = [
        table.join(first, link(0), "9"),
        table.join(second, link(1), "9"),
    ];
    for person in guests.into_iter().chain(heads) {
        succeed(&wait(person));
    }
    let eject = table.talk("act", head, &["eject", second]);
    succeed(&eject);
    let act = String::from_utf8(eject.stdout).unwrap();
    succeed(&table.talk("consent", other, &["--", act.trim()]));
    // The run was a real one.
    let report = table.report(first);
    let senders = report["senders"].to_string();
    assert!(
        senders.contains(second) && senders.contains(other),
        "{report}"
    );
    let view = table.show(head);
    let mut seats = view["seats"].as_array().unwrap().iter();
    let ejected = seats.find(|seat| seat["name"] == second).unwrap();
    assert_eq!(
        (&ejected["revoked"], &ejected["role"]),
        (&true.into(), &ROLE.into())
    );

    let words = view["words"]["words"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
    let words = words.join(" ");
    let mut texts = vec![delegations::TITLE, delegations::HINT, ROLE, &words];
    texts.extend(delegations::SIDES);
    texts.extend(delegations::HEADS);
    texts.extend(delegations::GUESTS);
    check(&texts, &server, &proxy);
}

/// A server that logs everything, behind a tap.
fn tapped() -> (Proxy, String, Server) {
    let proxy = Proxy::bind();
    let origin = format!("http://{}", proxy.address);
    let server = Server::start(&["--origin", &origin]);
    let port = server.url.rsplit(':').next().unwrap();
    proxy.forward_to(format!("127.0.0.1:{port}").parse().unwrap());
    (proxy, origin, server)
}

/// None of the texts is anywhere; and it would have been found.
fn check(texts: &[&str], server: &Server, proxy: &Proxy) {
    let leaks = |places: &[(String, Vec<u8>)]| leaks(texts, places);
    let everything = [server.written(), proxy.captured()].concat();
    assert_eq!(leaks(&everything), Vec::<String>::new());

    // A leak into any of the places is found by the same search.
    let plant = |file: &str, bytes: &[u8]| {
        std::fs::write(server.folder.path().join(file), bytes).unwrap();
        let found = leaks(&server.written());
        assert!(!found.is_empty(), "{file}");
        std::fs::remove_file(server.folder.path().join(file)).unwrap();
    };
    for text in texts {
        plant("data/planted", text.as_bytes());
        plant("planted-log", format!("joined name={text}").as_bytes());
    }
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    let request = format!("GET /{} HTTP/1.1\r\n\r\n", texts[0]);
    stream.write_all(request.as_bytes()).unwrap();
    drop(stream);
    let (mut found, tries) = (Vec::new(), 500);
    for _ in 0..tries {
        found = leaks(&proxy.captured());
        if !found.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!found.is_empty());
}

/// Masks hide nothing from the search.
#[test]
fn masked_frames_are_searched() {
    let mask = [0x5a, 0xc3, 0x11, 0xfe];
    let mut raw = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    for text in [b"first".as_slice(), NAMES[0].as_bytes()] {
        raw.extend([0x81, 0x80 | text.len() as u8]);
        raw.extend(mask);
        raw.extend(
            text.iter()
                .zip(mask.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
    }
    assert!(find(NAMES[0], &raw).is_empty());
    assert_eq!(find(NAMES[0], &unmask(&raw)), ["raw"]);
}

fn leaks(texts: &[&str], places: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut leaks = Vec::new();
    for text in texts {
        for (place, bytes) in places {
            for spelling in find(text, bytes) {
                leaks.push(format!("{text} in {place} as {spelling}"));
            }
        }
    }
    leaks
}
