//! A server of each test's own, and clients that speak to it over real sockets.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::{SinkExt as _, StreamExt as _};
use incamera_model::{AccessKey, Bytes, Position, RoomId, StreamName, TalkId};
use incamera_server::{Config, Counters, Limits, Page, Running};
use incamera_wire::{
    ClientMessage, LogEntry, NewTalk, PROTOCOL_VERSION, Refusal, ServerMessage, access_challenge,
};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};
use tracing_subscriber::fmt::MakeWriter;

/// For anything that should happen at once.
pub const SOON: Duration = Duration::from_secs(20);

pub struct Server {
    pub running: Running,
    pub folder: TempDir,
}

#[derive(Clone)]
pub struct Talk {
    pub id: TalkId,
    pub key: SigningKey,
}

pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
    requests: u32,
}

pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

pub fn config(folder: &Path) -> Config {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        listen: any,
        media: any,
        open: true,
        page: Page::from_files([]),
        ..Config::new(folder.into())
    }
}

pub async fn server() -> Server {
    server_with(|_| {}).await
}

pub async fn server_with(change: impl FnOnce(&mut Config)) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    change(&mut config);
    let running = incamera_server::start(config).await.unwrap();
    Server { running, folder }
}

pub async fn server_with_limits(change: impl FnOnce(&mut Limits)) -> Server {
    server_with(|config| change(&mut config.limits)).await
}

/// A server in another process.
pub struct Remote(pub SocketAddr);

impl Remote {
    pub async fn post(&self, body: &[u8], headers: &str) -> Option<Reply> {
        let length = body.len();
        let head = format!("POST /api/v1/talks HTTP/1.1\r\nContent-Length: {length}\r\n{headers}");
        request(self.0, &head, body).await
    }

    pub async fn get(&self, path: &str) -> Option<Reply> {
        request(self.0, &format!("GET {path} HTTP/1.1\r\n"), &[]).await
    }

    pub async fn join(&self, talk: &Talk) -> Client {
        let origin = format!("http://localhost:{}", self.0.port());
        let mut client = connect(self.0, talk.id, Some(&origin), |_| {}).await;
        client.prove(talk, &origin).await;
        let ready = client.hear().await;
        assert!(matches!(ready, ServerMessage::Ready { .. }), "{ready:?}");
        client
    }
}

/// `head` without its last empty line. None if the server said nothing.
pub async fn request(address: SocketAddr, head: &str, body: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!("{head}Host: localhost\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    // A server that refuses early doesn't read all of it.
    let _ = stream.write_all(body).await;
    let mut reply = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut reply)).await.unwrap();
    (!reply.is_empty()).then(|| Reply::parse(&reply))
}

/// What a server says to a connection that said nothing, if it does within a moment.
pub async fn at_once(stream: &mut TcpStream) -> Option<Reply> {
    let mut reply = Vec::new();
    let moment = Duration::from_secs(2);
    let read = timeout(moment, stream.read_to_end(&mut reply)).await;
    (read.is_ok() && !reply.is_empty()).then(|| Reply::parse(&reply))
}

async fn connect(
    address: SocketAddr,
    talk: TalkId,
    origin: Option<&str>,
    tune: impl FnOnce(&TcpStream),
) -> Client {
    let stream = TcpStream::connect(address).await.unwrap();
    tune(&stream);
    open(stream, talk, origin).await
}

async fn open(stream: TcpStream, talk: TalkId, origin: Option<&str>) -> Client {
    let address = stream.peer_addr().unwrap();
    let url = format!("ws://{address}/api/v1/talks/{}/socket", talk.to_text());
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        let origin = HeaderValue::from_str(origin).unwrap();
        request.headers_mut().insert("origin", origin);
    }
    let connecting = tokio_tungstenite::client_async(request, stream);
    let (socket, _) = timeout(SOON, connecting).await.unwrap().unwrap();
    Client {
        socket,
        requests: 0,
    }
}

/// What is logged.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Server {
    pub fn address(&self) -> SocketAddr {
        self.running.http_addr()
    }

    pub fn origin(&self) -> String {
        self.running.url()
    }

    pub fn counters(&self) -> Arc<Counters> {
        self.running.counters()
    }

    /// Proposes a talk.
    pub async fn talk(&self, number: u8) -> Talk {
        let talk = Talk::new(number);
        let reply = self.propose(&talk.proposal()).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.head);
        talk
    }

    pub async fn propose(&self, new: &NewTalk) -> Reply {
        let body = serde_json::to_vec(new).unwrap();
        self.post(&body, "Content-Type: application/json\r\n").await
    }

    pub async fn post(&self, body: &[u8], headers: &str) -> Reply {
        let length = body.len();
        let head = format!("POST /api/v1/talks HTTP/1.1\r\nContent-Length: {length}\r\n{headers}");
        self.request(&head, body).await
    }

    pub async fn get(&self, path: &str, headers: &str) -> Reply {
        self.request(&format!("GET {path} HTTP/1.1\r\n{headers}"), &[])
            .await
    }

    /// `head` without its last empty line.
    pub async fn request(&self, head: &str, body: &[u8]) -> Reply {
        request(self.address(), head, body)
            .await
            .expect("an answer")
    }

    /// A socket on which nothing was said yet.
    pub async fn connect(&self, talk: TalkId, origin: Option<&str>) -> Client {
        self.connect_with(talk, origin, |_| {}).await
    }

    pub async fn connect_with(
        &self,
        talk: TalkId,
        origin: Option<&str>,
        tune: impl FnOnce(&TcpStream),
    ) -> Client {
        connect(self.address(), talk, origin, tune).await
    }

    /// A socket that has proven its key.
    pub async fn join(&self, talk: &Talk) -> Client {
        self.join_with(talk, |_| {}).await
    }

    /// As [`Server::join`]; nothing if the server refuses, whatever was said by then.
    pub async fn try_join(&self, talk: &Talk) -> Option<Client> {
        let origin = self.origin();
        let mut client = self.connect(talk.id, Some(&origin)).await;
        let version = PROTOCOL_VERSION;
        client.say(&ClientMessage::Hello { version }).await;
        match client.hear_or_close().await.ok()? {
            ServerMessage::Challenge { nonce, .. } => {
                client.say(&talk.proof(&origin, &nonce)).await;
            }
            _ => return None,
        }
        let reply = client.hear_or_close().await.ok()?;
        matches!(reply, ServerMessage::Ready { .. }).then_some(client)
    }

    /// As [`Server::join`], from another address of this machine.
    pub async fn join_from(&self, address: &str, talk: &Talk) -> Client {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        let from = format!("{address}:0").parse().unwrap();
        socket.bind(from).unwrap();
        let stream = socket.connect(self.address()).await.unwrap();
        let origin = self.origin();
        let mut client = open(stream, talk.id, Some(&origin)).await;
        client.prove(talk, &origin).await;
        let ready = client.hear().await;
        assert!(matches!(ready, ServerMessage::Ready { .. }), "{ready:?}");
        client
    }

    pub async fn join_with(&self, talk: &Talk, tune: impl FnOnce(&TcpStream)) -> Client {
        let origin = self.origin();
        let mut client = self.connect_with(talk.id, Some(&origin), tune).await;
        client.prove(talk, &origin).await;
        let ready = client.hear().await;
        assert!(matches!(ready, ServerMessage::Ready { .. }), "{ready:?}");
        client
    }
}

impl Talk {
    pub fn new(number: u8) -> Self {
        Self {
            id: TalkId([number; 16]),
            key: SigningKey::from_bytes(&[number; 32]),
        }
    }

    pub fn control(&self) -> SigningKey {
        SigningKey::from_bytes(&[self.id.0[0] ^ 0xff; 32])
    }

    pub fn access(&self) -> AccessKey {
        AccessKey(self.key.verifying_key().to_bytes())
    }

    pub fn proposal(&self) -> NewTalk {
        NewTalk {
            talk: self.id,
            access: vec![self.access()],
            control: AccessKey(self.control().verifying_key().to_bytes()),
            record: Bytes(vec![self.id.0[0]; 64]),
        }
    }

    pub fn proof(&self, origin: &str, nonce: &Bytes) -> ClientMessage {
        let nonce: [u8; 32] = nonce.as_slice().try_into().unwrap();
        let signed = access_challenge(origin, &self.id, &nonce);
        ClientMessage::Prove {
            key: self.access(),
            signature: self.key.sign(&signed).to_bytes().to_vec().into(),
            resume: None,
        }
    }
}

impl Client {
    pub async fn challenge(&mut self) -> Bytes {
        let version = PROTOCOL_VERSION;
        self.say(&ClientMessage::Hello { version }).await;
        match self.hear().await {
            ServerMessage::Challenge { nonce, .. } => nonce,
            other => panic!("{other:?}"),
        }
    }

    pub async fn prove(&mut self, talk: &Talk, origin: &str) {
        let nonce = self.challenge().await;
        self.say(&talk.proof(origin, &nonce)).await;
    }

    pub async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub async fn say_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message; panics if the connection ends or nothing comes.
    pub async fn hear(&mut self) -> ServerMessage {
        match timeout(SOON, self.hear_or_close()).await.unwrap() {
            Ok(message) => message,
            Err(code) => panic!("the connection ended ({code:?})"),
        }
    }

    pub async fn hear_or_close(&mut self) -> Result<ServerMessage, Option<CloseCode>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed)) | None => return Err(None),
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// What the server refuses next, whatever it says before.
    pub async fn refused(&mut self) -> (Option<u32>, Refusal) {
        loop {
            if let ServerMessage::Refused {
                request,
                reason,
                detail,
            } = self.hear().await
            {
                assert!(detail.ends_with('.'), "a sentence: {detail}");
                return (request, reason);
            }
        }
    }

    /// Refused, and then closed.
    pub async fn refused_for_good(mut self) -> (Refusal, Option<CloseCode>) {
        let (_, reason) = self.refused().await;
        match timeout(SOON, self.hear_or_close()).await.unwrap() {
            Ok(message) => panic!("after the last word: {message:?}"),
            Err(code) => (reason, code),
        }
    }

    pub async fn append(
        &mut self,
        stream: &StreamName,
        expected: Option<u64>,
        entry: &[u8],
    ) -> ServerMessage {
        self.requests += 1;
        let request = self.requests;
        self.say(&ClientMessage::Append {
            request,
            stream: stream.clone(),
            expected: expected.map(Position),
            entry: entry.to_vec().into(),
        })
        .await;
        loop {
            let reply = self.hear().await;
            let number = match &reply {
                ServerMessage::Appended { request, .. }
                | ServerMessage::Conflict { request, .. } => Some(*request),
                ServerMessage::Refused { request, .. } => *request,
                _ => None,
            };
            if number == Some(request) {
                return reply;
            }
        }
    }

    pub async fn subscribe(&mut self, stream: &StreamName, from: u64) {
        self.say(&ClientMessage::Subscribe {
            stream: stream.clone(),
            from: Position(from),
        })
        .await;
    }

    pub async fn publish(&mut self, stream: &StreamName, entry: &[u8]) {
        self.say(&ClientMessage::Publish {
            stream: stream.clone(),
            entry: entry.to_vec().into(),
        })
        .await;
    }

    /// Everything said before this was carried out.
    pub async fn ping(&mut self) {
        self.say(&ClientMessage::Ping).await;
        while self.hear().await != ServerMessage::Pong {}
    }

    /// Entries until the stream's end, from one message or more.
    pub async fn catch_up(&mut self, stream: &StreamName) -> Vec<LogEntry> {
        let mut all = Vec::new();
        loop {
            if let ServerMessage::Entries {
                stream: of,
                entries,
                caught_up,
            } = self.hear().await
                && of == *stream
            {
                all.extend(entries);
                if caught_up {
                    return all;
                }
            }
        }
    }

    /// Entries of a followed stream, until there are as many as wanted.
    pub async fn entries(&mut self, stream: &StreamName, wanted: usize) -> Vec<LogEntry> {
        let mut all = Vec::new();
        while all.len() < wanted {
            if let ServerMessage::Entries {
                stream: of,
                entries,
                ..
            } = self.hear().await
                && of == *stream
            {
                all.extend(entries);
            }
        }
        all
    }
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.expect("a head") + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head,
            body: bytes[end..].to_vec(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub fn room() -> RoomId {
    RoomId([9; 16])
}

pub fn commits() -> StreamName {
    StreamName::commits(&room())
}

pub fn door() -> StreamName {
    StreamName::door(&room())
}

pub fn beats() -> StreamName {
    StreamName::beats(&room())
}

/// Waits for a state that needs no message to come about.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(SOON, waiting).await.is_ok(), "never: {what}");
}
