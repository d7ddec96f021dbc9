use crate::failure::Failure;
use crate::serve::default_data;
use crate::server::TrustArgs;
use incamera_client::{
    DeskNotice, Duties, KeyFile, LifeView, Participant, ParticipantEvent, Secret, TalkCommand,
    TalkJoinConfig, TalkView, Trust,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// What one does stands in the talk within moments, or something is wrong.
const DEADLINE: Duration = Duration::from_secs(60);

/// Whose keys.
#[derive(clap::Args)]
pub(super) struct KeysArgs {
    /// Your keys in the talk.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
}

impl KeysArgs {
    /// Reads the keys.
    pub(super) fn read(&self) -> Result<(KeyFile, Secret), Failure> {
        Ok(KeyFile::open(&self.keys)?)
    }

    /// Connects with the keys.
    pub(super) fn start(&self, duties: Duties) -> Result<AtDesk, Failure> {
        let (file, secret) = self.read()?;
        let trust = self.trust.resolve(file.server())?;
        AtDesk::start(file, secret, trust, duties)
    }
}

/// Where a talk's keys are kept by default.
pub(crate) fn talk_folder(talk: &str) -> Result<PathBuf, Failure> {
    Ok(default_data()?.join("talks").join(talk))
}

/// Where a head's keys are kept by default.
pub(super) fn head_file(talk: &str) -> Result<PathBuf, Failure> {
    Ok(talk_folder(talk)?.join("head.keys"))
}

/// Somebody at a talk's desk, for one command.
pub(crate) struct AtDesk {
    participant: Option<Participant>,
    views: watch::Receiver<Option<TalkView>>,
    lives: watch::Receiver<Option<Arc<LifeView>>>,
    /// What was told while something was waited for.
    pub(crate) told: Vec<ParticipantEvent>,
}

impl AtDesk {
    /// Connects.
    pub(crate) fn start(
        file: KeyFile,
        secret: Secret,
        trust: Option<Trust>,
        duties: Duties,
    ) -> Result<Self, Failure> {
        let participant = Participant::start_talk(TalkJoinConfig {
            file,
            secret,
            trust,
            duties,
            camera: None,
            microphone: None,
            force_tcp: false,
            observer: None,
        })?;
        Ok(Self {
            views: participant.talk_view(),
            lives: participant.life_view(),
            participant: Some(participant),
            told: Vec::new(),
        })
    }

    /// How things stand, once all that the talk has was read.
    pub(crate) async fn view(&mut self) -> Result<TalkView, Failure> {
        if let Some(participant) = &self.participant {
            participant.settle().await;
        }
        self.wait(|_| true).await
    }

    /// Waits until things stand as wanted, for as long as it takes.
    pub(crate) async fn wait(
        &mut self,
        wanted: impl Fn(&TalkView) -> bool,
    ) -> Result<TalkView, Failure> {
        loop {
            if let Some(view) = self.views.borrow_and_update().as_ref()
                && wanted(view)
            {
                return Ok(view.clone());
            }
            self.turn().await?;
        }
    }

    /// Waits until the talk's life is as wanted, for as long as it takes.
    pub(crate) async fn wait_life(
        &mut self,
        wanted: impl Fn(&LifeView) -> bool,
    ) -> Result<Arc<LifeView>, Failure> {
        loop {
            if let Some(life) = self.lives.borrow_and_update().as_ref()
                && wanted(life)
            {
                return Ok(Arc::clone(life));
            }
            self.turn().await?;
        }
    }

    /// Waits until something may have changed.
    async fn turn(&mut self) -> Result<(), Failure> {
        let Some(participant) = self.participant.as_mut() else {
            return Err(Failure::new("the talk was left"));
        };
        let changed = tokio::select! {
            event = participant.next_event() => match event {
                Some(ParticipantEvent::Desk(notice)) => return fail(&notice),
                Some(ParticipantEvent::Notice(notice)) => return Err(Failure::new(notice)),
                Some(event) => {
                    self.told.push(event);
                    return Ok(());
                }
                None => false,
            },
            changed = self.views.changed() => changed.is_ok(),
            changed = self.lives.changed() => changed.is_ok(),
        };
        if changed {
            Ok(())
        } else {
            Err(self.over().await)
        }
    }

    /// Has what is written from now on claim another time than the system's, in milliseconds since
    /// 1970.
    pub(crate) async fn set_wall(&self, wall: u64) {
        if let Some(participant) = &self.participant {
            participant.set_wall(wall).await;
        }
    }

    /// Does something, and waits until it stands in the talk.
    pub(crate) async fn carry_out(
        &mut self,
        command: TalkCommand,
        stands: impl Fn(&TalkView) -> bool,
    ) -> Result<TalkView, Failure> {
        if let Some(participant) = &self.participant {
            participant.command(command).await.map_err(Failure::new)?;
        }
        let late = |_| Failure::new("the server doesn't write it down; see `talk show`, try again");
        timeout(DEADLINE, async {
            self.wait(stands).await?;
            self.view().await
        })
        .await
        .map_err(late)?
    }

    /// Leaves once everything was said.
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
        if let Some(participant) = self.participant.take() {
            participant.settle().await;
            participant.leave().await?;
        }
        Ok(())
    }

    /// What was told since.
    pub(crate) async fn next_event(&mut self) -> Result<ParticipantEvent, Failure> {
        let Some(participant) = self.participant.as_mut() else {
            return Err(Failure::new("the talk was left"));
        };
        match participant.next_event().await {
            Some(event) => Ok(event),
            None => Err(self.over().await),
        }
    }

    /// Why the connection is over.
    async fn over(&mut self) -> Failure {
        match self.participant.take() {
            Some(participant) => match participant.finish().await {
                Ok(_) => Failure::new("the talk was left"),
                Err(error) => error.into(),
            },
            None => Failure::new("the talk was left"),
        }
    }
}

fn fail(notice: &DeskNotice) -> Result<(), Failure> {
    match notice {
        DeskNotice::Void { reason } => Err(Failure::new(format!(
            "it stands in the record, and is void there ({reason}); see `talk show`"
        ))),
        DeskNotice::ServerRefuses => Err(Failure::new(
            "the server refuses it; ask whoever runs the server",
        )),
        DeskNotice::ActInForce { .. }
        | DeskNotice::ActExpired { .. }
        | DeskNotice::ActSuperseded { .. } => Ok(()),
    }
}
