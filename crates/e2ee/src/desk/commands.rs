//! What a person decides.

use super::TalkSession;
use super::scribe::Intent;
use super::types::{ActChoice, AdmitName, RoleName, TalkCommand, TalkError, TalkEvent};
use crate::session::{RoomSession, TalkRoomConfig};
use crate::types::State;
use incamera_model::decode_base64url;
use incamera_model::{RoomId, Timestamp, encode_base64url};
use incamera_talk::two_keys::{
    ActBody, ActHash, Admit, InviteSecret, KeptInvitation, Role, SeatLink, Secret, plenary,
};
use incamera_talk::{Name, SeatKey};

impl TalkSession {
    /// Does what a person decided. What comes of it shows in the view.
    ///
    /// # Errors
    /// [`TalkError`]; nothing was changed then.
    pub fn command(&mut self, now: Timestamp, command: TalkCommand) -> Result<(), TalkError> {
        let result = match command {
            TalkCommand::Claim { delegation, person } => self.claim(&delegation, &person),
            TalkCommand::Countersign => self.countersign(),
            TalkCommand::RefuseClaim => self.refuse_claim(),
            TalkCommand::Compared { same } => self.compare(same),
            TalkCommand::Ask { person } => self.ask(&person),
            TalkCommand::Invite {
                role,
                hint,
                expiry,
                automatic,
            } => self.invite(role, hint.as_deref(), expiry, automatic),
            TalkCommand::Vouch { seats } => read_seats(&seats).and_then(|seats| self.vouch(&seats)),
            TalkCommand::Refuse { seat, reason } => {
                read_seat(&seat).and_then(|seat| self.refuse(seat, &reason))
            }
            TalkCommand::Approve { seats } => {
                read_seats(&seats).and_then(|seats| self.approve(&seats))
            }
            TalkCommand::Withdraw { seat } => {
                read_seat(&seat).and_then(|seat| self.withdraw(&seat))
            }
            TalkCommand::RevokeHead { head } => read_id(&head)
                .ok_or(TalkError::Unknown)
                .and_then(|key| self.revoke_head(&key)),
            TalkCommand::ProposeAct { act } => self.propose_act(&act),
            TalkCommand::Consent { act } => self.on_act(&act, Intent::Consent),
            TalkCommand::Retract { act } => self.on_act(&act, Intent::Retract),
            TalkCommand::Enter { room } => self.enter(now, room.as_deref()),
            TalkCommand::Life { step, seen } => self.live(*step, seen),
            TalkCommand::LeaveRoom => {
                if let Some(room) = &mut self.room {
                    room.leave(now);
                }
                Ok(())
            }
            TalkCommand::Registered => self.registered(),
        };
        self.settle(now);
        result
    }

    fn compare(&mut self, same: bool) -> Result<(), TalkError> {
        let founded = self.standing().is_some();
        self.head().ok_or(TalkError::NotHead)?;
        let scribe = self.scribe.as_mut().filter(|_| founded);
        scribe
            .ok_or(TalkError::NotNow)?
            .want(Intent::Compared(same));
        Ok(())
    }

    fn invite(
        &mut self,
        role: RoleName,
        hint: Option<&str>,
        expiry: u64,
        automatic: bool,
    ) -> Result<(), TalkError> {
        let hint = match hint.map(str::trim) {
            None | Some("") => None,
            Some(hint) => Some(Name::new(hint).map_err(TalkError::Name)?),
        };
        let standing = self.standing().ok_or(TalkError::NotNow)?;
        let head = self.head().ok_or(TalkError::NotHead)?;
        let neutral = standing
            .charter()
            .party(head.delegation)
            .is_some_and(|party| party.neutral);
        // R-T3, R-T4.
        let by_itself = automatic && role == RoleName::Head;
        if by_itself || (role == RoleName::Mediator && !neutral) {
            return Err(TalkError::NotNow);
        }
        // Who comes by it is to be certified.
        if role == RoleName::Head && head.root_key().is_none() {
            return Err(TalkError::NoRoot);
        }
        let seed = self.out.entropy().draw16();
        let Secret::Head(head) = &mut self.secret else {
            return Err(TalkError::NotHead);
        };
        head.remember_invitation(KeptInvitation {
            seed,
            role: role.into(),
            hint: hint.clone(),
            expiry,
            automatic,
        });
        let link = SeatLink {
            talk: self.talk,
            group: head.lobby_group(),
            invite: InviteSecret::new(seed),
        };
        self.out.keep(&self.secret);
        self.out.event(TalkEvent::Invited {
            id: encode_base64url(&link.invite.id(&self.talk)),
            fragment: link.fragment(),
            code: link.group.code(),
            role,
            hint: hint.map(|hint| hint.as_str().to_owned()),
        });
        Ok(())
    }

    fn propose_act(&mut self, choice: &ActChoice) -> Result<(), TalkError> {
        self.head().ok_or(TalkError::NotHead)?;
        let standing = self.standing().ok_or(TalkError::NotNow)?;
        if standing.is_ended() {
            return Err(TalkError::NotNow);
        }
        let room = plenary(&self.talk);
        let body = match choice {
            ActChoice::Eject { seat } => {
                let seat = read_seat(seat)?;
                self.people.seat(&seat).ok_or(TalkError::Unknown)?;
                ActBody::Eject { seat }
            }
            // Sorted, as an act lists them.
            ActChoice::Lock => ActBody::Lock {
                room,
                seats: self
                    .people
                    .vouched
                    .iter()
                    .filter(|(_, vouched)| vouched.admitted.is_ok())
                    .map(|(key, _)| *key)
                    .take(incamera_talk::two_keys::MAX_LOCK_SEATS)
                    .collect(),
            },
            ActChoice::Unlock => ActBody::Unlock { room },
            ActChoice::BeginRoom { room, seats } => self.room_for(room, seats)?,
            ActChoice::EndRoom { room } => {
                let room = read_room(room)?;
                if !standing.is_team_room(&room) {
                    return Err(TalkError::Unknown);
                }
                ActBody::Unlock { room }
            }
            ActChoice::End => ActBody::End,
            ActChoice::Rules { admit } => {
                let mut rules = *standing.rules();
                rules.admit = match admit {
                    AdmitName::Each => Admit::Each,
                    AdmitName::Roster => Admit::Roster,
                };
                ActBody::Rules(rules)
            }
            ActChoice::Publish { hash } => ActBody::Publish {
                readout: self.agreed_readout(hash).ok_or(TalkError::Unknown)?,
            },
        };
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        if scribe.want(Intent::Propose(body)) {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }

    fn on_act(&mut self, id: &str, intent: fn(ActHash) -> Intent) -> Result<(), TalkError> {
        self.head().ok_or(TalkError::NotHead)?;
        let hash = read_id(id).map(ActHash).ok_or(TalkError::Unknown)?;
        self.open_act(&hash).ok_or(TalkError::Unknown)?;
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        if scribe.want(intent(hash)) {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }

    /// A room for people who have a seat, sorted as an act lists them.
    fn room_for(&self, room: &str, seats: &[String]) -> Result<ActBody, TalkError> {
        let mut seats = read_seats(seats)?;
        seats.sort_unstable();
        seats.dedup();
        let admitted = |seat: &SeatKey| {
            let vouched = self.people.vouched.get(seat);
            vouched.is_some_and(|vouched| vouched.admitted.is_ok())
        };
        if seats.is_empty() || !seats.iter().all(admitted) {
            return Err(TalkError::Unknown);
        }
        if seats.len() > incamera_talk::two_keys::MAX_LOCK_SEATS {
            return Err(TalkError::TooMany);
        }
        let room = read_room(room)?;
        let standing = self.standing().ok_or(TalkError::NotNow)?;
        // The plenary and the caucuses are there anyway: to lock them is another decision.
        if standing.parties(&room).is_some() && !standing.is_team_room(&room) {
            return Err(TalkError::Unknown);
        }
        Ok(ActBody::Lock { room, seats })
    }

    fn enter(&mut self, now: Timestamp, team: Option<&str>) -> Result<(), TalkError> {
        let over = |state| matches!(state, State::Left | State::Stopped { .. });
        let inside = self.room.as_ref().map(|room| room.view(now).state);
        if inside.is_some_and(|state| !over(state)) {
            return Ok(());
        }
        let place = team.map_or_else(|| Ok(plenary(&self.talk)), read_room)?;
        let mut room = self.open_room(now, place)?;
        self.wishes.tell(&mut room, now);
        if self.out.connected {
            room.handle_connected(now);
        }
        self.room = Some(Box::new(room));
        Ok(())
    }

    fn open_room(&mut self, now: Timestamp, room: RoomId) -> Result<RoomSession, TalkError> {
        let key = match &self.secret {
            Secret::Head(head) => head.seat_key(),
            Secret::Guest(guest) => guest.seat_key(),
            Secret::Code(_) => return Err(TalkError::NotNow),
        };
        let seat = self.own_seat().ok_or(TalkError::NotNow)?.clone();
        let seed = *self.out.entropy().draw();
        let scribe = self.scribe.as_ref().ok_or(TalkError::NotNow)?;
        let vault = match room == plenary(&self.talk) {
            true => &scribe.vault,
            false => self.rooms.vault(&room).ok_or(TalkError::NotNow)?,
        };
        Ok(RoomSession::in_talk(TalkRoomConfig {
            room,
            vault: vault.clone(),
            seat,
            key,
            standings: scribe.record.standings().clone(),
            now,
            seed,
        }))
    }
}

fn read_id(id: &str) -> Option<[u8; 32]> {
    decode_base64url(id).ok()?.try_into().ok()
}

fn read_room(id: &str) -> Result<RoomId, TalkError> {
    let bytes = decode_base64url(id).ok();
    let room = bytes.and_then(|bytes| bytes.try_into().ok());
    room.map(RoomId).ok_or(TalkError::Unknown)
}

fn read_seat(id: &str) -> Result<SeatKey, TalkError> {
    read_id(id).map(SeatKey).ok_or(TalkError::Unknown)
}

fn read_seats(ids: &[String]) -> Result<Vec<SeatKey>, TalkError> {
    ids.iter().map(|id| read_seat(id)).collect()
}

macro_rules! roles {
    ($($role:ident),*) => {
        impl From<Role> for RoleName {
            fn from(role: Role) -> Self {
                match role {
                    $(Role::$role => Self::$role),*
                }
            }
        }

        impl From<RoleName> for Role {
            fn from(role: RoleName) -> Self {
                match role {
                    $(RoleName::$role => Self::$role),*
                }
            }
        }
    };
}
roles!(
    Head,
    Delegate,
    Expert,
    Interpreter,
    NoteTaker,
    Observer,
    Mediator
);
