//! What the log says at its default level of a whole conversation and of all that can go wrong in
//! one: no name, title, address, talk, key or token. In both formats.

use crate::process::{Server, fail, incamera, propose, succeed};
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::path::Path;

const TITLE: &str = "Fangstkvoter";
const NAMES: [&str; 2] = ["Ragnhild", "Þórunn"];

#[test]
fn text_names_nobody() {
    check("text");
}

#[test]
fn json_names_nobody() {
    check("json");
}

fn check(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // The token is printed by the first start, and by that only.
    let said = Server::start(&data, &[]).stop();
    let token = said.split_once("#operator.").unwrap().1.trim().to_owned();
    let how = ["--log-format", format];
    let server = Server::start(&data, &how);
    let port: u16 = server.url.rsplit(':').next().unwrap().parse().unwrap();

    let talk = succeed(&mut propose(&server.url, TITLE, Some(&token)));
    let talk: serde_json::Value = serde_json::from_str(&talk).unwrap();
    let id = talk["talk"].as_str().unwrap().to_owned();
    let link = talk["links"][0]["url"].as_str().unwrap().to_owned();
    let join = |name: &str, seconds: &str| {
        let mut command = incamera();
        command.args(["join", &link, "--name", name, "--seconds", seconds]);
        command.args(["--audio", "synthetic", "--video", "synthetic"]);
        command.spawn().unwrap()
    };
    let (mut first, mut second) = (join(NAMES[0], "8"), join(NAMES[1], "60"));
    assert!(first.wait().unwrap().success());
    // One falls silent without a word.
    second.kill().unwrap();
    second.wait().unwrap();

    let wrong = "A".repeat(43);
    for token in [None, Some(wrong.as_str())] {
        let output = propose(&server.url, TITLE, token).output().unwrap();
        assert!(!output.status.success());
    }
    lose_the_token(&server.url, &data, &token);
    let local = send_rubbish(port, &id, &token);
    let log = server.stop();

    // Something was logged, so that there is something to look through.
    assert!(log.contains("the operator's token can't be read"), "{log}");
    if format == "json" {
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(
                line["level"].is_string() && line["message"].is_string(),
                "{line}"
            );
        }
    }
    let hex: String = decode(&id)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let secret = link.rsplit('.').next().unwrap().to_owned();
    let everything = [
        id,
        hex,
        secret,
        token,
        wrong,
        TITLE.into(),
        NAMES[0].into(),
        NAMES[1].into(),
        "127.0.0.".into(),
        "localhost".into(),
        "evil.example".into(),
        local.to_string(),
    ];
    for one in &everything {
        assert!(!finds(&log, one), "{one} is in the log:\n{log}");
        // Planted, it is found.
        assert!(finds(&format!("{log}WARN a slip {one}\n"), one));
    }
}

fn finds(log: &str, secret: &str) -> bool {
    log.to_lowercase().contains(&secret.to_lowercase())
}

/// A fault of the disk that is logged.
fn lose_the_token(url: &str, data: &Path, token: &str) {
    let (file, elsewhere) = (data.join("operator"), data.join("elsewhere"));
    std::fs::rename(&file, &elsewhere).unwrap();
    let refused = fail(&mut propose(url, TITLE, Some(token)));
    assert!(refused.contains("try again later"), "{refused}");
    std::fs::rename(&elsewhere, &file).unwrap();
    succeed(&mut propose(url, TITLE, Some(token)));
}

/// What doesn't belong on any of the ports; the port that it comes from.
fn send_rubbish(port: u16, talk: &str, token: &str) -> u16 {
    let requests = [
        format!(
            "GET /api/v1/talks/{talk}/socket HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.example\r\n\r\n"
        ),
        format!(
            "POST /api/v1/talks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 1\r\n\r\n{{"
        ),
        format!(
            "POST /api/v1/talks/{talk}/destroy HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}"
        ),
        format!("GET /{talk}?{token} HTTP/9\r\n\r\n"),
        "\x16\x03\x01".into(),
    ];
    for request in requests {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"rubbish", ("127.0.0.1", port)).unwrap();
    socket.local_addr().unwrap().port()
}

fn decode(id: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(id).unwrap()
}
