//! Who asks, who is vouched for, who is seated: what the lobby, the door and the record say together.

use super::TalkSession;
use super::out::Purpose;
use super::scribe::Intent;
use super::sealing::{self, Use};
use super::types::TalkError;
use super::view::was_complete;
use incamera_model::{StreamName, Timestamp};
use incamera_talk::SeatKey;
use incamera_talk::two_keys::{
    Admit, Approval, AskPacket, DelegationIndex, Granted, HeadCert, InviteCert, InvitePacket,
    InviteSecret, InviteTerms, KeptInvitation, LobbyKind, Mail, Record, Refused, Seat, SeatError,
    Secret, Standing, VouchedPacket, Voucher, caucus, plenary,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many people who ask are shown; who asks when there are more has to wait.
const MAX_ASKS: usize = 512;
/// How many seats are known.
const MAX_SEATS: usize = 2048;
/// How many repeated wishes of one person are answered.
const MAX_ANSWERS: u8 = 16;

/// Somebody who asks.
pub(super) struct Ask {
    pub(super) packet: AskPacket,
    /// How often.
    count: u8,
}

/// Somebody vouched for.
pub(super) struct Vouched {
    pub(super) packet: VouchedPacket,
    /// With the approvals that the record has.
    pub(super) seat: Seat,
    approvals: usize,
    /// Whether all who are asked have admitted it.
    pub(super) admitted: Result<(), SeatError>,
}

#[derive(Default)]
pub(super) struct People {
    pub(super) asks: BTreeMap<SeatKey, Ask>,
    pub(super) vouched: BTreeMap<SeatKey, Vouched>,
    /// The invitations that stand in the lobby.
    invites: BTreeSet<[u8; 16]>,
    /// Whether the record or the door changed since the seats were put together.
    pub(super) stale: bool,
}

impl People {
    pub(super) fn seat(&self, key: &SeatKey) -> Option<&Seat> {
        self.vouched.get(key).map(|vouched| &vouched.seat)
    }

    /// Approvals by a revoked head don't count: others may.
    pub(super) fn forget_approvals(&mut self) {
        for vouched in self.vouched.values_mut() {
            vouched.approvals = usize::MAX;
        }
    }

    /// The seat that an automatic invitation has vouched for: there is one at most.
    fn has_used(&self, invite: &[u8; 16]) -> bool {
        self.vouched
            .values()
            .any(|vouched| match vouched.seat.voucher() {
                Voucher::Automatic(cert) => cert.terms.id == *invite,
                Voucher::Head(_) => false,
            })
    }

    /// The head of `delegation` with this key, and their seat.
    pub(super) fn head(
        &self,
        delegation: DelegationIndex,
        key: &[u8; 32],
    ) -> Option<(&HeadCert, &Seat)> {
        let mut heads = self.vouched.values().filter_map(|vouched| {
            let cert = vouched.packet.head()?;
            Some((cert, &vouched.seat))
        });
        heads.find(|(cert, _)| cert.delegation == delegation && cert.key == *key)
    }

    fn refresh(&mut self, record: &Record, standing: &Standing) {
        if !core::mem::take(&mut self.stale) {
            return;
        }
        let charter = standing.charter();
        for vouched in self.vouched.values_mut() {
            let known = record.approvals(&vouched.seat.tbs_hash());
            if known.len() != vouched.approvals {
                vouched.approvals = known.len();
                let approvals = one_of_each(known, vouched.seat.tbs().delegation, standing);
                let seat = vouched.packet.seat().with_approvals(approvals, charter);
                if let Ok(seat) = seat {
                    vouched.seat = seat;
                }
            }
            vouched.admitted = vouched.seat.is_admitted(standing, charter.all());
        }
    }
}

/// The approvals that count: one of each other delegation, by a head that isn't revoked.
fn one_of_each(known: &[Approval], own: DelegationIndex, standing: &Standing) -> Vec<Approval> {
    let mut by = BTreeMap::new();
    for approval in known {
        let delegation = approval.head.delegation;
        if delegation != own && !standing.is_revoked_head(&approval.head) {
            by.entry(delegation).or_insert_with(|| approval.clone());
        }
    }
    by.into_values().collect()
}

impl Vouched {
    /// Whether this is the seat of a head by the charter, who vouched for themselves.
    pub(super) fn is_founder(&self) -> bool {
        let head = self.packet.head();
        head.is_some_and(|head| head.key == self.seat.vouching_head().key)
    }

    /// Whether the voucher is void, and somebody else may vouch anew: its head is revoked, and the
    /// seat itself isn't.
    pub(super) fn is_orphaned(&self, standing: &Standing) -> bool {
        standing.is_revoked_head(self.seat.vouching_head())
            && !standing.is_revoked_seat(&self.seat.tbs().key)
    }
}

impl TalkSession {
    // --- what arrives ---------------------------------------------------------------------------

    /// An entry of one's own delegation's lobby.
    pub(super) fn lobby_entry(&mut self, stream: &StreamName, entry: &[u8]) {
        let Secret::Head(head) = &self.secret else {
            return;
        };
        let vault = head.lobby_group().lobby(self.talk);
        let Ok(content) = vault.open(stream, entry) else {
            self.own_invitation(stream, entry);
            return;
        };
        let own = head.delegation;
        let Some(standing) = self.standing() else {
            return;
        };
        if LobbyKind::of(&content) != Some(LobbyKind::Ask) {
            return;
        }
        let Ok(packet) = AskPacket::verify(&content, standing.charter(), own) else {
            return;
        };
        let key = packet.request().tbs().key;
        let asks = &mut self.people.asks;
        if let Some(ask) = asks.get_mut(&key) {
            ask.count = ask.count.saturating_add(1);
            // Somebody who isn't vouched for yet may ask differently.
            if !self.people.vouched.contains_key(&key) {
                ask.packet = packet;
            }
        } else if asks.len() < MAX_ASKS {
            asks.insert(key, Ask { packet, count: 1 });
        }
    }

    /// An invitation of one's own, so that it isn't left in the lobby twice.
    fn own_invitation(&mut self, stream: &StreamName, entry: &[u8]) {
        let Secret::Head(head) = &self.secret else {
            return;
        };
        for kept in &head.invitations {
            let secret = InviteSecret::new(kept.seed);
            let vault = secret.vault(self.talk);
            if vault.open(stream, entry).is_ok() {
                self.people.invites.insert(secret.id(&self.talk));
                return;
            }
        }
    }

    /// An entry of the plenary's door; requests to be let in are the room's.
    pub(super) fn door_entry(&mut self, entry: &[u8]) {
        let Some(scribe) = &self.scribe else { return };
        let Ok(content) = scribe.vault.open(&self.door(), entry) else {
            return;
        };
        let Some(standing) = scribe.record.standing() else {
            return;
        };
        if !VouchedPacket::is_one(&content) {
            return;
        }
        let Ok(packet) = VouchedPacket::verify(&content, standing.charter()) else {
            return;
        };
        let key = packet.seat().tbs().key;
        let replaces = match self.people.vouched.get(&key) {
            // The first counts, until its head is revoked.
            Some(known) => standing.is_revoked_head(known.seat.vouching_head()),
            None => self.people.vouched.len() < MAX_SEATS,
        };
        if replaces {
            let vouched = Vouched {
                seat: packet.seat().clone(),
                packet,
                approvals: usize::MAX,
                admitted: Err(SeatError::Voucher),
            };
            self.people.vouched.insert(key, vouched);
            self.people.stale = true;
            if let Some(scribe) = &mut self.scribe {
                scribe.life_stale = true;
            }
        }
    }

    /// Reads lobby and door anew, under another charter.
    pub(super) fn forget_people(&mut self) {
        self.people = People::default();
        let door = self.door();
        self.unfollow(&door);
        if let Some(head) = self.head() {
            let lobby = StreamName::lobby(head.delegation.0);
            self.unfollow(&lobby);
        }
    }

    // --- what is due ----------------------------------------------------------------------------

    pub(super) fn advance_people(&mut self, now: Timestamp) {
        let Some(scribe) = &self.scribe else { return };
        let Some(standing) = scribe.record.standing() else {
            return;
        };
        self.people.refresh(&scribe.record, standing);
        self.take_office();
        let may_follow = match &self.secret {
            Secret::Head(_) => true,
            Secret::Guest(_) => self.guest.is_seated(),
            Secret::Code(_) => false,
        };
        if !may_follow {
            return;
        }
        let door = self.door();
        self.follow(door.clone());
        let Some(head) = self.head() else { return };
        let lobby = StreamName::lobby(head.delegation.0);
        self.follow(lobby.clone());
        let record_read = self.is_read(&StreamName::record());
        if !self.out.connected || !record_read || !self.is_read(&door) {
            return;
        }
        self.take_name();
        self.bring_own_seat();
        self.approve_founder();
        if self.is_read(&lobby) {
            self.post_invitations(&lobby);
            self.vouch_automatically(now);
        }
        self.mail_grants(self.is_read(&lobby));
    }

    /// Somebody who is a head again by a backup has the name that they had.
    fn take_name(&mut self) {
        let Secret::Head(head) = &mut self.secret else {
            return;
        };
        let key = SeatKey(head.seat_key().public());
        if head.person.is_none()
            && let Some(seat) = self.people.seat(&key)
        {
            head.person = Some(seat.tbs().name.clone());
            self.out.keep(&self.secret);
        }
    }

    /// A head's own seat stands at the door like everybody's: for the others to see.
    fn bring_own_seat(&mut self) {
        let (Some(head), Some(standing)) = (self.head(), self.standing()) else {
            return;
        };
        let (Some((cert, tbs)), Some(own)) = (head.certified(), &self.seat_box) else {
            return;
        };
        if self.people.vouched.contains_key(&tbs.key) || standing.is_revoked_head(&cert) {
            return;
        }
        let (seat_key, charter) = (head.seat_key(), standing.charter());
        let head_key = head.head_key();
        let voucher = (Voucher::Head(cert.clone()), tbs.vouch(&head_key));
        let office = (&cert, &head_key);
        let packet = Seat::new(&tbs, tbs.consent(&seat_key), voucher, Vec::new(), charter)
            .ok()
            .and_then(|seat| {
                VouchedPacket::own(&seat, &seat_key, office, &own.public, charter).ok()
            });
        if let Some(packet) = packet {
            self.bring(&packet);
        }
    }

    fn bring(&mut self, packet: &VouchedPacket) {
        let Some(scribe) = &self.scribe else { return };
        let (vault, door) = (scribe.vault.clone(), self.door());
        let purpose = Purpose::Vouch(packet.seat().tbs().key);
        self.say(purpose, &vault, &door, &packet.encode());
    }

    /// The founders approved each other's seats before there was a record.
    fn approve_founder(&mut self) {
        let Some(other) = self.other_founder() else {
            return;
        };
        let hash = other.tbs_hash();
        let Some(head) = self.head() else { return };
        let own = head.head_key().public();
        let mut known = self
            .record()
            .into_iter()
            .flat_map(|record| record.approvals(&hash));
        let done = known.any(|approval| approval.head.key == own);
        if let Some(scribe) = self.scribe.as_mut().filter(|_| !done) {
            scribe.want(Intent::ApproveFounder);
        }
    }

    /// The other founder's seat, for a founder.
    pub(super) fn other_founder(&self) -> Option<&Seat> {
        let founders = &self.signed.as_ref()?.founders;
        let proposes = self.head()?.delegation.0 == 0;
        Some(if proposes {
            &founders.claimant
        } else {
            &founders.proposer
        })
    }

    /// One's own seat, once it is complete.
    pub(super) fn own_seat(&self) -> Option<&Seat> {
        match &self.secret {
            Secret::Head(head) => {
                let key = SeatKey(head.seat_key().public());
                let vouched = self.people.vouched.get(&key);
                let ready = vouched.filter(|vouched| was_complete(vouched));
                ready.map(|vouched| &vouched.seat).or_else(|| {
                    let founders = &self.signed.as_ref()?.founders;
                    Some(if head.delegation.0 == 0 {
                        &founders.proposer
                    } else {
                        &founders.claimant
                    })
                })
            }
            // What stands at the door may be newer: vouched for anew.
            Secret::Guest(_) => self.guest.seat().map(|seat| {
                let vouched = self.people.vouched.get(&seat.tbs().key);
                let newer = vouched.filter(|vouched| vouched.admitted.is_ok());
                newer.map_or(seat, |vouched| &vouched.seat)
            }),
            Secret::Code(_) => None,
        }
    }

    pub(super) fn own_seat_key(&self) -> Option<SeatKey> {
        let key = match &self.secret {
            Secret::Head(head) => head.seat_key(),
            Secret::Guest(guest) => guest.seat_key(),
            Secret::Code(_) => return None,
        };
        Some(SeatKey(key.public()))
    }

    fn post_invitations(&mut self, lobby: &StreamName) {
        let Secret::Head(head) = &self.secret else {
            return;
        };
        let missing = head.invitations.iter().find(|kept| {
            let id = InviteSecret::new(kept.seed).id(&self.talk);
            let purpose = Purpose::Invite(id);
            let said =
                self.out.awaits(|awaited| *awaited == purpose) || self.out.was_taken(purpose);
            !said && !self.people.invites.contains(&id)
        });
        let Some(kept) = missing.cloned() else { return };
        let Some(cert) = self.certify(&kept) else {
            return;
        };
        let secret = InviteSecret::new(kept.seed);
        let (purpose, vault) = (Purpose::Invite(cert.terms.id), secret.vault(self.talk));
        self.say(purpose, &vault, lobby, &InvitePacket::encode(&cert));
    }

    fn certify(&self, kept: &KeptInvitation) -> Option<InviteCert> {
        let head = self.head()?;
        let (cert, _) = head.certified()?;
        let secret = InviteSecret::new(kept.seed);
        let terms = InviteTerms {
            id: secret.id(&self.talk),
            role: kept.role,
            rooms: vec![plenary(&self.talk), caucus(&self.talk, head.delegation)],
            hint: kept.hint.clone(),
            expiry: kept.expiry,
            automatic: kept.automatic,
            key: secret.key(&self.talk).public(),
        };
        Some(InviteCert::issue(
            &head.head_key(),
            &cert,
            &self.talk,
            terms,
        ))
    }

    /// An automatic invitation vouches for the first who asks by it, as long as it holds.
    fn vouch_automatically(&mut self, now: Timestamp) {
        let Some(standing) = self.standing() else {
            return;
        };
        let wall = self.wall(now);
        let due = self.people.asks.values().find_map(|ask| {
            let invite = ask.packet.invite()?;
            let key = ask.packet.request().tbs().key;
            let holds = !is_expired(invite, wall)
                && !standing.is_revoked_head(&invite.head)
                && !self.people.vouched.contains_key(&key)
                && !self.people.has_used(&invite.terms.id)
                && !self.is_refused(&key)
                && !self
                    .out
                    .awaits(|purpose| matches!(purpose, Purpose::Vouch(_)));
            let packet = ask.packet.automatic(standing.charter()).filter(|_| holds)?;
            packet.ok()
        });
        if let Some(packet) = due {
            self.bring(&packet);
        }
    }

    /// Whether somebody was refused and hasn't asked again since.
    pub(super) fn is_refused(&self, seat: &SeatKey) -> bool {
        let asked = self.people.asks.get(seat).map_or(0, |ask| ask.count);
        let mut refused = self.head().into_iter().flat_map(|head| &head.refused);
        refused.any(|(refused, answered)| refused == seat && asked <= *answered)
    }

    /// Mails what is complete: each of one's own side's seats once for each wish, others' that one
    /// has approved once. What was mailed already is remembered once the server has it.
    fn mail_grants(&mut self, lobby_read: bool) {
        let Some(head) = self.head() else { return };
        let own = head.delegation;
        let (own_head, own_seat) = (head.head_key().public(), head.seat_key().public());
        let due = self.people.vouched.iter().find_map(|(key, vouched)| {
            let approved = vouched.seat.approvals().iter();
            let wanted = if vouched.seat.tbs().delegation == own {
                let count = self.people.asks.get(key).map_or(1, |ask| ask.count);
                lobby_read.then_some(count.clamp(1, MAX_ANSWERS))?
            } else {
                approved
                    .clone()
                    .any(|approval| approval.head.key == own_head)
                    .then_some(1)?
            };
            let sent = head.mailed.iter().find(|(seat, _)| seat == key);
            let due = vouched.admitted.is_ok()
                && sent.is_none_or(|(_, sent)| *sent < wanted)
                && key.0 != own_seat
                && !vouched.is_founder()
                && !self
                    .out
                    .awaits(|purpose| matches!(purpose, Purpose::Grant(..)));
            due.then_some((*key, wanted))
        });
        if let Some((key, wanted)) = due {
            self.mail_grant(key, wanted);
        }
    }

    fn mail_grant(&mut self, key: SeatKey, asks: u8) {
        let Some(vault) = self.head().and_then(|head| head.vault) else {
            return;
        };
        let Some(vouched) = self.people.vouched.get(&key) else {
            return;
        };
        let mail = Mail::Granted(Granted::new(&vouched.seat, &vault)).encode();
        let boxed = vouched.packet.boxed().clone();
        self.mail(Purpose::Grant(key, asks), &boxed, &mail);
    }

    /// Somebody who waits for the other sides is told so.
    pub(super) fn tell_vouched(&mut self, key: &SeatKey) {
        let each = self
            .standing()
            .is_some_and(|standing| standing.rules().admit == Admit::Each);
        let ask = self.people.asks.get(key).filter(|_| each);
        if let Some(ask) = ask {
            let boxed = ask.packet.request().boxed().clone();
            self.mail(Purpose::Told(*key), &boxed, &Mail::Vouched.encode());
        }
    }

    fn mail(&mut self, purpose: Purpose, boxed: &incamera_talk::two_keys::BoxKey, content: &[u8]) {
        let stream = boxed.mail();
        let context = stream.as_str().as_bytes();
        if !self.out.connected || self.refusals.contains(&purpose.class()) {
            return;
        }
        // A box whose key is none gets nothing; its owner alone suffers.
        match sealing::seal(Use::Mail, &self.talk, context, boxed, content) {
            Some(entry) => self.out.append(purpose, &stream, None, entry),
            None => self.appended(purpose),
        }
    }

    // --- commands -------------------------------------------------------------------------------

    pub(super) fn vouch(&mut self, keys: &[SeatKey]) -> Result<(), TalkError> {
        let standing = self.standing().ok_or(TalkError::NotNow)?;
        let head = self.head().filter(|_| self.out.connected);
        let head = head.ok_or(TalkError::NotHead)?;
        let (cert, _) = head.certified().ok_or(TalkError::NotNow)?;
        let signer = (&cert, &head.head_key());
        let mut packets = Vec::new();
        for key in keys {
            let known = self.people.vouched.get(key);
            if known.is_some_and(|vouched| !vouched.is_orphaned(standing)) {
                continue;
            }
            let ask = self.people.asks.get(key).ok_or(TalkError::Unknown)?;
            let request = ask.packet.request();
            let certified = match request.head_key() {
                Some(key) => Some(self.certify_head(key, &request.tbs().name)?),
                None => None,
            };
            let packet = request.vouched_by(signer, certified.as_ref(), standing.charter());
            packets.push(packet.map_err(|_| TalkError::Internal)?);
        }
        for packet in packets {
            self.bring(&packet);
        }
        Ok(())
    }

    pub(super) fn refuse(&mut self, key: SeatKey, reason: &str) -> Result<(), TalkError> {
        let reason = match reason.trim() {
            "" => None,
            reason => Some(incamera_talk::Title::new(reason).map_err(TalkError::Reason)?),
        };
        let ask = self.people.asks.get(&key).ok_or(TalkError::Unknown)?;
        self.head().ok_or(TalkError::NotHead)?;
        if self.people.vouched.contains_key(&key) || !self.out.connected {
            return Err(TalkError::NotNow);
        }
        let (boxed, asks) = (ask.packet.request().boxed().clone(), ask.count);
        if let Secret::Head(head) = &mut self.secret {
            head.remember_refusal(key, asks);
            self.out.keep(&self.secret);
        }
        let mail = Mail::Refused(Refused { reason }).encode();
        self.mail(Purpose::Refusal(key), &boxed, &mail);
        Ok(())
    }

    pub(super) fn approve(&mut self, keys: &[SeatKey]) -> Result<(), TalkError> {
        let own = self.head().ok_or(TalkError::NotHead)?.delegation;
        for key in keys {
            let seat = self.people.seat(key).ok_or(TalkError::Unknown)?;
            if seat.tbs().delegation == own {
                return Err(TalkError::NotNow);
            }
        }
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        let room = keys.iter().all(|key| scribe.want(Intent::Approve(*key)));
        if room {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }

    pub(super) fn withdraw(&mut self, key: &SeatKey) -> Result<(), TalkError> {
        let seat = self.people.seat(key).or_else(|| self.own_seat());
        let seat = seat.filter(|seat| seat.tbs().key == *key);
        let seat = seat.ok_or(TalkError::Unknown)?;
        let own = self.own_seat().is_some_and(|own| own.tbs().key == *key);
        let side = self.head().map(|head| head.delegation);
        if !own && side != Some(seat.tbs().delegation) {
            return Err(TalkError::NotHead);
        }
        let intent = Intent::Withdraw(Box::new(seat.withdrawal()));
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        if scribe.want(intent) {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }
}

pub(super) fn is_expired(invite: &InviteCert, wall: u64) -> bool {
    invite.terms.expiry != 0 && invite.terms.expiry <= wall
}
