//! Asking for a seat, and finding the record that it was granted in.

use super::TalkSession;
use super::out::Purpose;
use super::scribe::Scribe;
use super::sealing::Use;
use super::types::{Broken, TalkError};
use incamera_model::StreamName;
use incamera_talk::two_keys::{
    AskPacket, Granted, InvitePacket, Mail, Record, Refused, Role, Seat, SeatError, SeatTbs,
    Secret, caucus, plenary,
};
use incamera_talk::{Name, SeatKey, Vault};
use std::collections::VecDeque;

/// How often somebody asks for the same seat, with each start of a session: a mail may be lost.
const MAX_ASKS: usize = 4;
/// How many grants wait to be looked into; whoever knows the box can write more.
const MAX_GRANTS: usize = 16;

#[derive(Default)]
pub(super) struct GuestDesk {
    pub(super) invite: Option<InvitePacket>,
    /// Whether this session has asked; once is enough, and after a reload a grant that got lost
    /// comes again.
    asked: bool,
    /// How many of one's own wishes stand in the lobby.
    asks: usize,
    refused: Option<Refused>,
    /// Whether the own side vouches, as the mail says: shown, and nothing else.
    vouched: bool,
    grants: VecDeque<Granted>,
    /// The grant whose record is being read.
    trying: Option<Granted>,
    seat: Option<Seat>,
    broken: bool,
}

impl GuestDesk {
    pub(super) fn disconnected(&mut self) {
        if self.seat.is_none() {
            self.asked = false;
        }
    }

    pub(super) fn is_seated(&self) -> bool {
        self.seat.is_some()
    }

    pub(super) fn seat(&self) -> Option<&Seat> {
        self.seat.as_ref()
    }

    pub(super) fn refused(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }

    pub(super) fn is_vouched(&self) -> bool {
        self.vouched
    }

    pub(super) fn broken(&self) -> Option<Broken> {
        self.broken.then_some(Broken::Record)
    }
}

impl TalkSession {
    pub(super) fn is_mail(&self, stream: &StreamName) -> bool {
        let own = self.seat_box.as_ref().map(|own| own.public.mail());
        own.as_ref() == Some(stream)
    }

    /// An entry of the lobby: a guest looks for its own invitation only.
    pub(super) fn guest_entry(&mut self, stream: &StreamName, entry: &[u8]) {
        let Secret::Guest(guest) = &self.secret else {
            return;
        };
        if let Ok(content) = guest.lobby_group().lobby(self.talk).open(stream, entry) {
            let own = AskPacket::tbs_in(&content).is_some_and(|tbs| tbs == guest.tbs);
            self.guest.asks += usize::from(own);
            return;
        }
        let Some(invite) = guest
            .invite_secret()
            .filter(|_| self.guest.invite.is_none())
        else {
            return;
        };
        if let Ok(content) = invite.vault(self.talk).open(stream, entry) {
            let key = invite.key(&self.talk).public();
            self.guest.invite = InvitePacket::read(&content, &self.talk, &key).ok();
        }
    }

    pub(super) fn mail_entry(&mut self, stream: &StreamName, entry: &[u8]) {
        let Some(own) = &self.seat_box else { return };
        let context = stream.as_str().as_bytes();
        let opened = own.open(Use::Mail, &self.talk, context, entry);
        match opened.and_then(|content| Mail::decode(&content).ok()) {
            // One that is known needn't be looked into again.
            Some(Mail::Granted(granted))
                if self.guest.grants.len() < MAX_GRANTS
                    && self.guest.trying.as_ref() != Some(&granted) =>
            {
                self.guest.grants.push_back(granted);
            }
            Some(Mail::Refused(refused)) => {
                self.guest.refused = Some(refused);
                self.guest.vouched = false;
            }
            Some(Mail::Vouched) => {
                self.guest.refused = None;
                self.guest.vouched = true;
            }
            Some(Mail::Granted(_)) | None => {}
        }
    }

    pub(super) fn advance_guest(&mut self) {
        let Secret::Guest(guest) = &self.secret else {
            return;
        };
        let Some(delegation) = guest.delegation else {
            return;
        };
        let lobby = StreamName::lobby(delegation.0);
        if let Some(vault) = guest.vault() {
            if self.scribe.is_none() {
                self.read_record(vault);
            }
            self.check_kept();
            return;
        }
        self.follow(lobby.clone());
        let Some(mail) = self.seat_box.as_ref().map(|own| own.public.mail()) else {
            return;
        };
        let has_asked = self.asked_for().is_some();
        if has_asked {
            self.follow(mail.clone());
        }
        self.try_grants();
        let read = self.is_read(&lobby) && self.is_read(&mail);
        let idle = self.guest.trying.is_none()
            && self.guest.seat.is_none()
            && self.guest.refused.is_none()
            && self.guest.asks < MAX_ASKS;
        if has_asked && read && idle && !self.guest.asked && self.out.connected {
            self.send_ask(&lobby);
        }
    }

    /// The seat asked for.
    pub(super) fn asked_for(&self) -> Option<SeatTbs> {
        match &self.secret {
            Secret::Guest(guest) => guest.asked(),
            Secret::Head(_) | Secret::Code(_) => None,
        }
    }

    fn send_ask(&mut self, lobby: &StreamName) {
        let Secret::Guest(guest) = &self.secret else {
            return;
        };
        let (Some(tbs), Some(own)) = (guest.asked(), &self.seat_box) else {
            return;
        };
        let key = guest.invite_secret().map(|invite| invite.key(&self.talk));
        let invite = self.guest.invite.as_ref().zip(key.as_ref());
        let by_invitation = invite.filter(|(packet, _)| packet.terms.id == tbs.invite);
        let keys = (&guest.seat_key(), &guest.head_key());
        let ask = AskPacket::encode(&tbs, keys, &own.public, by_invitation);
        let vault = guest.lobby_group().lobby(self.talk);
        self.guest.asked = true;
        self.say(Purpose::Ask, &vault, lobby, &ask);
    }

    fn read_record(&mut self, vault: Vault) {
        self.scribe = Some(Scribe::new(vault, Record::new(self.talk, None)));
        self.people.stale = true;
        self.unfollow(&StreamName::record());
        self.follow(StreamName::record());
    }

    /// Reads the record that a grant leads to, and takes the grant if it holds there: the record
    /// knows the seat, and whoever was invited finds that the same delegation invited them.
    fn try_grants(&mut self) {
        if self.guest.seat.is_some() {
            return;
        }
        if self.guest.trying.is_none() {
            let Some(granted) = self.guest.grants.pop_front() else {
                return;
            };
            self.read_record(Vault::new(self.talk, granted.vault().clone()));
            self.guest.trying = Some(granted);
            return;
        }
        if !self.is_read(&StreamName::record()) {
            return;
        }
        let Some(granted) = self.guest.trying.take() else {
            return;
        };
        match self.granted_seat(&granted) {
            Some(seat) => {
                if let Secret::Guest(guest) = &mut self.secret {
                    guest.granted = seat.encode();
                    guest.vault = Some(**granted.vault());
                    self.out.keep(&self.secret);
                }
                self.guest.seat = Some(seat);
                self.leave_lobby();
            }
            // Somebody else wrote it. The record isn't this talk's, or the seat isn't.
            None => {
                self.scribe = None;
                self.compared.clear();
                self.unfollow(&StreamName::record());
                self.try_grants();
            }
        }
    }

    fn granted_seat(&self, granted: &Granted) -> Option<Seat> {
        let (standing, asked) = (self.standing()?, self.asked_for()?);
        let charter = standing.charter();
        let seat = granted.verify(charter, &asked).ok()?;
        let invited = match &self.guest.invite {
            Some(invite) => invite.verify(charter).is_ok(),
            None => true,
        };
        let admitted = seat.is_admitted(standing, charter.all());
        (invited && matches!(admitted, Ok(()) | Err(SeatError::Revoked))).then_some(seat)
    }

    fn leave_lobby(&mut self) {
        if let Some(delegation) = self.own_delegation() {
            self.unfollow(&StreamName::lobby(delegation.0));
        }
        if let Some(own) = &self.seat_box {
            let mail = own.public.mail();
            self.unfollow(&mail);
        }
    }

    /// After a reload: the seat that was kept, under the charter of its record.
    fn check_kept(&mut self) {
        let Secret::Guest(guest) = &self.secret else {
            return;
        };
        if self.guest.seat.is_some() || !self.is_read(&StreamName::record()) {
            return;
        }
        let seat = self
            .standing()
            .and_then(|standing| Seat::verify(&guest.granted, standing.charter()).ok());
        self.guest.broken = seat.is_none();
        self.guest.seat = seat;
    }

    pub(super) fn ask(&mut self, person: &str) -> Result<(), TalkError> {
        let name = Name::new(person).map_err(TalkError::Name)?;
        match &mut self.secret {
            Secret::Head(head) if head.person.is_none() && !head.founds() => {
                head.person = Some(name);
            }
            Secret::Guest(guest) => {
                let delegation = guest.delegation.ok_or(TalkError::NotNow)?;
                let lobby = StreamName::lobby(delegation.0);
                let read = self.reads.get(&lobby).is_some_and(|read| read.caught_up);
                if self.guest.seat.is_some() || !read {
                    return Err(TalkError::NotNow);
                }
                let terms = self.guest.invite.as_ref().map(|invite| &invite.terms);
                let tbs = SeatTbs {
                    talk: self.talk,
                    delegation,
                    role: terms.map_or(Role::Delegate, |terms| terms.role),
                    name,
                    rooms: match terms {
                        Some(terms) => terms.rooms.clone(),
                        None => vec![plenary(&self.talk), caucus(&self.talk, delegation)],
                    },
                    key: SeatKey(guest.seat_key().public()),
                    invite: terms.map_or([0; 16], |terms| terms.id),
                    serial: 0,
                };
                guest.tbs = tbs.encode();
                self.guest.asked = false;
                self.guest.refused = None;
                self.guest.vouched = false;
                self.guest.asks = 0;
                self.out.forget_taken(Purpose::Ask);
            }
            Secret::Head(_) | Secret::Code(_) => return Err(TalkError::NotNow),
        }
        self.out.keep(&self.secret);
        Ok(())
    }
}
