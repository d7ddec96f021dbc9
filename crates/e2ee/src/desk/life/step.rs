use super::super::types::TalkError;
use incamera_model::decode_base64url;
use incamera_talk::SeatKey;
use incamera_talk::life::{
    AgendaStep, CommitmentStep, Deed, Document, LifeVoid, Line, Lines, Mark, MeetingStep, Mode,
    ObjectId, Plan, Pledge, ReadoutStep, Reason, Step, TeamStep, Terms, Zone,
};
use incamera_talk::two_keys::{DelegationIndex, MAX_DELEGATIONS};
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::Arc;

/// An object's id in JSON: base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdText(pub ObjectId);

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = read_object(&text).ok_or_else(|| serde::de::Error::custom("this isn't an id"))?;
        Ok(Self(id))
    }
}

pub(super) fn read_object(text: &str) -> Option<ObjectId> {
    let id = decode_base64url(text).ok()?.try_into().ok()?;
    Some(ObjectId(id))
}

/// How far an agenda item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; see the talk crate's Mark")]
pub enum MarkName {
    Open,
    Agreed,
    Parked,
}

/// What a person does in the life of a talk. In JSON an object with `is`. Without its object's id
/// a step makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names say it; see the talk crate's steps of the same names"
)]
pub enum LifeStep {
    MeetingPropose {
        #[serde(default)]
        meeting: Option<IdText>,
        plan: Plan,
    },
    MeetingAccept {
        meeting: IdText,
        #[serde(default)]
        zone: Zone,
    },
    MeetingDecline {
        meeting: IdText,
        #[serde(default)]
        reason: Reason,
    },
    MeetingPostpone {
        meeting: IdText,
        #[serde(default)]
        reason: Reason,
        #[serde(default)]
        plan: Option<Plan>,
    },
    MeetingCancel {
        meeting: IdText,
        #[serde(default)]
        reason: Reason,
    },
    MeetingBegin {
        meeting: IdText,
    },
    MeetingAdjourn {
        meeting: IdText,
        #[serde(default)]
        reason: Reason,
        #[serde(default)]
        plan: Option<Plan>,
    },
    MeetingResume {
        meeting: IdText,
    },
    MeetingEnd {
        meeting: IdText,
    },
    AgendaPut {
        #[serde(default)]
        item: Option<IdText>,
        title: Line<200>,
        #[serde(default)]
        order: u16,
        #[serde(default)]
        minutes: u16,
    },
    AgendaPosition {
        item: IdText,
        text: Lines<8000>,
        #[serde(default)]
        parents: Vec<u64>,
    },
    AgendaRequest {
        item: IdText,
        text: Lines<4000>,
        #[serde(default)]
        parents: Vec<u64>,
    },
    AgendaMark {
        item: IdText,
        state: MarkName,
    },
    AgendaCall {
        item: IdText,
    },
    AgendaRest {
        item: IdText,
    },
    AgendaTime {
        item: IdText,
        minutes: u16,
    },
    TeamPropose {
        #[serde(default)]
        team: Option<IdText>,
        name: Line<120>,
        #[serde(default)]
        mandate: Lines<4000>,
        mode: Mode,
        #[serde(default)]
        place: Line<300>,
        #[serde(default)]
        start: u64,
        #[serde(default)]
        due: u64,
        #[serde(default)]
        members: Vec<String>,
    },
    TeamAgree {
        team: IdText,
    },
    TeamRefuse {
        team: IdText,
        #[serde(default)]
        reason: Reason,
    },
    TeamReport {
        team: IdText,
        text: Lines<20_000>,
    },
    TeamClose {
        team: IdText,
    },
    CommitmentPropose {
        #[serde(default)]
        commitment: Option<IdText>,
        text: Lines<1000>,
        owner: u8,
        #[serde(default)]
        who: Line<120>,
        #[serde(default)]
        due: u64,
        #[serde(default)]
        team: Option<IdText>,
    },
    CommitmentAgree {
        commitment: IdText,
    },
    CommitmentDone {
        commitment: IdText,
    },
    CommitmentDrop {
        commitment: IdText,
        #[serde(default)]
        reason: Reason,
    },
    CommitmentReopen {
        commitment: IdText,
    },
    ReadoutDraft {
        #[serde(default)]
        readout: Option<IdText>,
        #[serde(default)]
        parents: Vec<u64>,
        document: Document,
    },
    ReadoutComment {
        readout: IdText,
        on: u64,
        /// The paragraph, from 0; none for the whole.
        #[serde(default)]
        paragraph: Option<u16>,
        text: Lines<2000>,
    },
    ReadoutDispute {
        readout: IdText,
        on: u64,
        text: Lines<2000>,
    },
    ReadoutUndispute {
        readout: IdText,
    },
    ReadoutSign {
        readout: IdText,
        on: u64,
    },
    ReadoutUnsign {
        readout: IdText,
        on: u64,
    },
}

impl LifeStep {
    /// As it is written. `fresh`: the id of a new object; `sign`: the head's signature under a
    /// readout's version.
    pub(super) fn into_step(
        self,
        seen: Option<u64>,
        fresh: ObjectId,
        sign: impl Fn(&ObjectId, u64) -> Option<[u8; 64]>,
    ) -> Result<Step, TalkError> {
        let latest: Vec<u64> = seen.into_iter().collect();
        let new = |id: Option<IdText>| id.map_or(fresh, |id| id.0);
        let (object, seen, deed) = match self {
            Self::AgendaPosition {
                item,
                text,
                parents,
            } => (item.0, parents, Deed::Agenda(AgendaStep::Position(text))),
            Self::AgendaRequest {
                item,
                text,
                parents,
            } => (item.0, parents, Deed::Agenda(AgendaStep::Request(text))),
            Self::ReadoutDraft {
                readout,
                parents,
                document,
            } => {
                let draft = ReadoutStep::Draft(Arc::new(document));
                (new(readout), parents, Deed::Readout(draft))
            }
            Self::TeamReport { team, text } => {
                (team.0, Vec::new(), Deed::Team(TeamStep::Report(text)))
            }
            Self::ReadoutSign { readout, on } => {
                let signature = sign(&readout.0, on).ok_or(TalkError::NotNow)?;
                let deed = ReadoutStep::Sign { on, signature };
                (readout.0, Vec::new(), Deed::Readout(deed))
            }
            step => match step.on_readout() {
                Some((object, deed)) => (object, Vec::new(), Deed::Readout(deed)),
                None => {
                    let (id, deed) = step.on_latest()?;
                    (new(id), latest, deed)
                }
            },
        };
        let mut seen = seen;
        seen.sort_unstable();
        seen.dedup();
        Ok(Step { object, seen, deed })
    }

    /// What is said about a readout without going on from anything.
    fn on_readout(&self) -> Option<(ObjectId, ReadoutStep)> {
        Some(match self {
            Self::ReadoutComment {
                readout,
                on,
                paragraph,
                text,
            } => {
                let comment = ReadoutStep::Comment {
                    on: *on,
                    paragraph: *paragraph,
                    text: text.clone(),
                };
                (readout.0, comment)
            }
            Self::ReadoutDispute { readout, on, text } => {
                let (on, text) = (*on, text.clone());
                (readout.0, ReadoutStep::Dispute { on, text })
            }
            Self::ReadoutUndispute { readout } => (readout.0, ReadoutStep::Undispute),
            Self::ReadoutUnsign { readout, on } => (readout.0, ReadoutStep::Unsign { on: *on }),
            _ => return None,
        })
    }

    /// What goes on from an object's latest entry.
    fn on_latest(self) -> Result<(Option<IdText>, Deed), TalkError> {
        let meeting = |id, step| (Some(id), Deed::Meeting(step));
        let team = |id, step| (Some(id), Deed::Team(step));
        let commitment = |id, step| (Some(id), Deed::Commitment(step));
        Ok(match self {
            Self::MeetingPropose { meeting, plan } => {
                (meeting, Deed::Meeting(MeetingStep::Propose(plan)))
            }
            Self::MeetingAccept { meeting: id, zone } => meeting(id, MeetingStep::Accept(zone)),
            Self::MeetingDecline {
                meeting: id,
                reason,
            } => meeting(id, MeetingStep::Decline(reason)),
            Self::MeetingPostpone {
                meeting: id,
                reason,
                plan,
            } => meeting(id, MeetingStep::Postpone(reason, plan)),
            Self::MeetingCancel {
                meeting: id,
                reason,
            } => meeting(id, MeetingStep::Cancel(reason)),
            Self::MeetingBegin { meeting: id } => meeting(id, MeetingStep::Begin),
            Self::MeetingAdjourn {
                meeting: id,
                reason,
                plan,
            } => meeting(id, MeetingStep::Adjourn(reason, plan)),
            Self::MeetingResume { meeting: id } => meeting(id, MeetingStep::Resume),
            Self::MeetingEnd { meeting: id } => meeting(id, MeetingStep::End),
            Self::AgendaPut {
                item,
                title,
                order,
                minutes,
            } => {
                let put = AgendaStep::Put {
                    title,
                    order,
                    minutes,
                };
                (item, Deed::Agenda(put))
            }
            Self::AgendaMark { item, state } => {
                let mark = AgendaStep::Mark(state.into());
                (Some(item), Deed::Agenda(mark))
            }
            Self::AgendaCall { item } => (Some(item), Deed::Agenda(AgendaStep::Call)),
            Self::AgendaRest { item } => (Some(item), Deed::Agenda(AgendaStep::Rest)),
            Self::AgendaTime { item, minutes } => {
                (Some(item), Deed::Agenda(AgendaStep::Time(minutes)))
            }
            Self::TeamAgree { team: id } => team(id, TeamStep::Agree),
            Self::TeamRefuse { team: id, reason } => team(id, TeamStep::Refuse(reason)),
            Self::TeamClose { team: id } => team(id, TeamStep::Close),
            Self::CommitmentAgree { commitment: id } => commitment(id, CommitmentStep::Agree),
            Self::CommitmentDone { commitment: id } => commitment(id, CommitmentStep::Done),
            Self::CommitmentDrop {
                commitment: id,
                reason,
            } => commitment(id, CommitmentStep::Drop(reason)),
            Self::CommitmentReopen { commitment: id } => commitment(id, CommitmentStep::Reopen),
            other => return other.terms(),
        })
    }

    /// A team's or a commitment's terms.
    fn terms(self) -> Result<(Option<IdText>, Deed), TalkError> {
        match self {
            Self::TeamPropose {
                team,
                name,
                mandate,
                mode,
                place,
                start,
                due,
                members,
            } => {
                let members: Option<Vec<_>> = members.iter().map(|seat| read_seat(seat)).collect();
                let mut members = members.ok_or(TalkError::Unknown)?;
                members.sort_unstable();
                members.dedup();
                let terms = Terms {
                    name,
                    mandate,
                    mode,
                    place,
                    start,
                    due,
                    members,
                };
                Ok((team, Deed::Team(TeamStep::Propose(Arc::new(terms)))))
            }
            Self::CommitmentPropose {
                commitment,
                text,
                owner,
                who,
                due,
                team,
            } => {
                if usize::from(owner) >= MAX_DELEGATIONS {
                    return Err(TalkError::Life(LifeVoid::Unknown));
                }
                let pledge = Pledge {
                    text,
                    owner: DelegationIndex(owner),
                    who,
                    due,
                    team: team.map(|team| team.0),
                };
                let propose = CommitmentStep::Propose(Arc::new(pledge));
                Ok((commitment, Deed::Commitment(propose)))
            }
            _ => Err(TalkError::Internal),
        }
    }
}

fn read_seat(text: &str) -> Option<SeatKey> {
    let key = decode_base64url(text).ok()?.try_into().ok()?;
    Some(SeatKey(key))
}

macro_rules! marks {
    ($($mark:ident),*) => {
        impl From<Mark> for MarkName {
            fn from(mark: Mark) -> Self {
                match mark {
                    $(Mark::$mark => Self::$mark),*
                }
            }
        }

        impl From<MarkName> for Mark {
            fn from(mark: MarkName) -> Self {
                match mark {
                    $(MarkName::$mark => Self::$mark),*
                }
            }
        }
    };
}
marks!(Open, Agreed, Parked);
