use crate::harness::{Conference, DEADLINE, wait_until};
use incamera_client::{JoinError, Participant, ServerAddress, SocketError, read_invitation};
use tokio::time::timeout;

#[track_caller]
fn check_sentence(error: &JoinError, part: &str) {
    let text = error.to_string();
    assert!(text.contains(part), "{text}");
    // One sentence, and what to do after a semicolon.
    assert!(text.contains(';') && !text.contains('\n'), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_talks_link() {
    let conference = Conference::start().await;
    let mut config = conference.config("Alice");
    // A code as well made as any, of a talk that the server doesn't have.
    let elsewhere = "000G-40R4-0M30-E209-185G-R38E-1WHQ";
    let server = Some(config.address.clone());
    (_, config.link) = read_invitation(elsewhere, server).unwrap();
    let participant = Participant::start(config).unwrap();
    let error = timeout(DEADLINE, participant.finish()).await.unwrap();
    let error = error.unwrap_err();
    assert!(matches!(error, JoinError::Socket(SocketError::Access)));
    check_sentence(&error, "no such talk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there() {
    let mut conference = Conference::start().await;
    conference.stop().await;
    let participant = conference.join("Alice");
    let error = timeout(DEADLINE, participant.finish()).await.unwrap();
    check_sentence(&error.unwrap_err(), "can't be reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_in_camera_server() {
    let conference = Conference::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        let reply = b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(reply).await.unwrap();
    });
    let mut config = conference.config("Alice");
    config.address = ServerAddress::parse(&address).unwrap();
    let participant = Participant::start(config).unwrap();
    let error = timeout(DEADLINE, participant.finish()).await.unwrap();
    check_sentence(&error.unwrap_err(), "not as an In Camera server");
    answer.await.unwrap();
}

/// What participants do wrong harms nobody: chat before being seated is refused in words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_too_early_or_too_long() {
    let conference = Conference::start().await;
    let alice = conference.join("Alice");
    assert!(alice.chat("Hello").await.is_err());
    wait_until(&alice, "is seated", |report| report.state == "seated").await;
    assert!(alice.chat(&"x".repeat(1 << 20)).await.is_err());
    assert!(alice.chat("Hello").await.is_ok());
}
