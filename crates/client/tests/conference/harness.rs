use incamera_client::{
    AudioFile, JoinConfig, MediaKind, Name, Participant, ProposedTalk, Report, SenderReport,
    ServerAddress, VideoFile, propose_talk,
};
use incamera_server::{Config, Running};
use incamera_sfu::Hooks;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

/// Longer than anything takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// One test at a time: gaps are measured, and two conferences would disturb each other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A server with a talk, and what it takes to join.
pub(crate) struct Conference {
    pub(crate) server: Option<Running>,
    pub(crate) address: ServerAddress,
    pub(crate) talk: ProposedTalk,
    http: SocketAddr,
    hooks: Hooks,
    data: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Conference {
    pub(crate) async fn start() -> Self {
        Self::start_with(Hooks::default()).await
    }

    pub(crate) async fn start_with(hooks: Hooks) -> Self {
        let turn = TURN.lock().await;
        let data = TempDir::new().unwrap();
        let server = serve(data.path(), ([127, 0, 0, 1], 0).into(), hooks.clone()).await;
        let http = server.http_addr();
        let address = ServerAddress::parse(&format!("http://{http}")).unwrap();
        let talk = propose_talk(&address, None, None, "Fisheries")
            .await
            .unwrap();
        Self {
            server: Some(server),
            address,
            talk,
            http,
            hooks,
            data,
            _turn: turn,
        }
    }

    pub(crate) fn config(&self, name: &str) -> JoinConfig {
        JoinConfig {
            address: self.address.clone(),
            trust: None,
            link: self.talk.link.clone(),
            name: Name::new(name).unwrap(),
            camera: Some(Arc::new(VideoFile::test_card())),
            microphone: Some(Arc::new(AudioFile::tone())),
            force_tcp: false,
            observer: None,
        }
    }

    pub(crate) fn join(&self, name: &str) -> Participant {
        Participant::start(self.config(name)).unwrap()
    }

    pub(crate) async fn stop(&mut self) {
        self.server.take().unwrap().shutdown().await;
    }

    /// Starts a server again on the same data and the same HTTP port.
    pub(crate) async fn start_again(&mut self) {
        let server = serve(self.data.path(), self.http, self.hooks.clone()).await;
        self.server = Some(server);
    }
}

async fn serve(data: &Path, listen: SocketAddr, hooks: Hooks) -> Running {
    let mut config = Config::new(data.to_owned());
    config.listen = listen;
    config.open = true;
    config.media = ([127, 0, 0, 1], 0).into();
    // A connection that broke as the server stopped may hold the data a moment longer.
    let server = timeout(DEADLINE, async {
        loop {
            match incamera_server::start(config.clone()).await {
                Err(error) if error.to_string().contains("in use") => sleep(LOOK).await,
                started => return started.unwrap(),
            }
        }
    });
    let server = server.await.unwrap();
    server.set_media_hooks(hooks).await;
    server
}

/// Looks at a participant's report until the condition holds; fails after [`DEADLINE`].
#[track_caller]
pub(crate) fn wait_until<'a>(
    participant: &'a Participant,
    what: &'a str,
    condition: impl Fn(&Report) -> bool + 'a,
) -> impl Future<Output = Report> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let mut last = None;
        let reached = timeout(DEADLINE, async {
            loop {
                let report = participant
                    .report()
                    .await
                    .expect("the participant dropped out");
                if condition(&report) {
                    return report;
                }
                last = Some(report);
                sleep(LOOK).await;
            }
        })
        .await;
        reached.unwrap_or_else(|_| panic!("{caller}: never {what}; last: {last:#?}"))
    }
}

/// What came from a sender, if anything.
pub(crate) fn from<'a>(
    report: &'a Report,
    name: &str,
    kind: MediaKind,
) -> Option<&'a SenderReport> {
    let mut senders = report.senders.iter();
    senders.find(|sender| sender.name == name && sender.kind == kind)
}

/// Frames opened of a sender.
pub(crate) fn decrypted(report: &Report, name: &str, kind: MediaKind) -> u64 {
    from(report, name, kind).map_or(0, |sender| sender.decrypted)
}

/// Waits until `frames` more of the person's camera and microphone frames were opened.
#[track_caller]
pub(crate) fn hear_and_see<'a>(
    participant: &'a Participant,
    name: &'a str,
    frames: u64,
) -> impl Future<Output = Report> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let before = participant
            .report()
            .await
            .expect("the participant dropped out");
        let base = |kind| decrypted(&before, name, kind);
        let what = format!("hears and sees {name} ({caller})");
        wait_until(participant, &what, |report| {
            [MediaKind::Camera, MediaKind::Microphone]
                .into_iter()
                .all(|kind| decrypted(report, name, kind) >= base(kind) + frames)
        })
        .await
    }
}

/// Everybody's gaps so far stay under a second.
#[track_caller]
pub(crate) fn check_no_freeze(report: &Report) {
    for sender in &report.senders {
        assert!(sender.longest_gap_ms <= 1000, "a freeze: {report:#?}");
    }
}
