use incamera_e2ee::{AskState, LobbyView, RoleName, SeatState, Stage, TalkCommand, TalkView};
use incamera_talk::Name;
use std::collections::BTreeSet;

/// How many things done for somebody are remembered; later ones wait for the next connection.
const MAX_DONE: usize = 4096;

/// What is done in a talk between delegations without asking a person again.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent wishes, as independent switches of a command line"
)]
pub struct Duties {
    /// Ask for a seat in this name, where one has none; for a head that was restored, take one.
    pub ask: Option<Name>,
    /// Enter the plenary as soon as one's seat is complete.
    pub enter: bool,
    /// Sign the charter with the first who claims.
    pub countersign: bool,
    /// Say that the words agree.
    pub agree_words: bool,
    /// Vouch for everybody of one's own side who asks.
    pub vouch_all: bool,
    /// Approve everybody of other sides who is vouched for.
    pub approve_all: bool,
}

/// Duties, and what of them was done on this connection.
#[derive(Debug, Default)]
pub(crate) struct Dutiful {
    duties: Duties,
    done: BTreeSet<(&'static str, String)>,
}

impl Dutiful {
    pub(crate) fn new(duties: Duties) -> Self {
        Self {
            duties,
            done: BTreeSet::new(),
        }
    }

    /// What got lost with a connection is done again; entering isn't, the room sees to itself.
    pub(crate) fn connected(&mut self) {
        self.done.retain(|(what, _)| *what == "enter");
    }

    /// What is due. It is to be remembered by [`Self::done`] if it could be done.
    pub(crate) fn due(&self, view: &TalkView) -> Vec<(Due, TalkCommand)> {
        let mut due = Vec::new();
        let mut want = |what: &'static str, of: String, command: TalkCommand| {
            let key = Due(what, of);
            if !self.done.contains(&(key.0, key.1.clone())) && self.done.len() < MAX_DONE {
                due.push((key, command));
            }
        };
        let duties = &self.duties;
        let (own, once) = (&view.own, String::new);
        if let Some(person) = duties.ask.as_ref().filter(|_| may_ask(view)) {
            let person = person.as_str().to_owned();
            want("ask", once(), TalkCommand::Ask { person });
        }
        if duties.countersign && view.stage == Stage::Claimed {
            want("countersign", once(), TalkCommand::Countersign);
        }
        let founded = view.stage == Stage::Founded;
        if duties.enter && founded && own.seat == SeatState::Ready && !view.ended {
            want("enter", once(), TalkCommand::Enter { room: None });
        }
        if !founded || !own.head {
            return due;
        }
        let compared = own
            .delegation
            .is_some_and(|own| view.compared.contains(&own));
        if duties.agree_words && !compared && !view.mismatch {
            want("words", once(), TalkCommand::Compared { same: true });
        }
        if duties.vouch_all {
            // Nobody becomes a head without being looked at.
            let may =
                |asks: &&LobbyView| asks.state == AskState::Asks && asks.role != RoleName::Head;
            for asks in view.lobby.iter().filter(may) {
                let seats = vec![asks.id.clone()];
                want("vouch", asks.id.clone(), TalkCommand::Vouch { seats });
            }
        }
        if duties.approve_all {
            for waits in &view.waiting {
                let seats = vec![waits.id.clone()];
                want("approve", waits.id.clone(), TalkCommand::Approve { seats });
            }
        }
        due
    }

    pub(crate) fn done(&mut self, due: Due) {
        self.done.insert((due.0, due.1));
    }
}

/// Names something that is due.
#[derive(Debug)]
pub(crate) struct Due(&'static str, String);

/// Whether one has to ask for a seat: a guest who hasn't, or a head who is one again by a backup.
fn may_ask(view: &TalkView) -> bool {
    let own = &view.own;
    let nameless = own.head && view.stage == Stage::Founded && own.name.is_none();
    let guest = !own.head && own.delegation.is_some() && own.seat == SeatState::None;
    nameless || guest
}
