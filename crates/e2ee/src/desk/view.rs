//! What there is to show.

use super::TalkSession;
use super::people::{Vouched, is_expired};
use super::scribe::{Intent, act_choice, act_id, admit_name};
use super::types::{
    ActChoice, ActView, ApproverView, AskState, Broken, DelegationView, FounderView, LobbyView,
    OwnView, RulesView, SeatState, SeatView, Stage, SuspicionName, TalkView, WaitingView,
    WordsView,
};
use incamera_model::{Timestamp, encode_base64url};
use incamera_talk::two_keys::{
    ActBody, DelegationIndex, Delegations, Seat, SeatError, Secret, Suspicion, plenary, suspicions,
};
use incamera_talk::{Name, SeatKey, Title};
use std::collections::BTreeMap;

impl TalkSession {
    /// Where things stand.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> TalkView {
        let standing = self.standing();
        let flags = self.flags();
        let broken = self.broken();
        let title = match standing {
            Some(standing) => Some(&standing.charter().title),
            None => self
                .founding
                .offer
                .as_ref()
                .map(|offer| &offer.offer().title),
        };
        let heads_of = |same: bool| {
            let said = self.compared.iter().filter(move |(_, said)| **said == same);
            said.map(|(delegation, _)| delegation.0)
        };
        TalkView {
            talk: self.talk,
            title: title.map(|title| title.as_str().to_owned()),
            stage: match broken {
                Some(_) => Stage::Broken,
                None => self.stage(),
            },
            broken,
            own: self.own_view(),
            delegations: self.delegations(),
            offer: self.offer_view(),
            claim: self.claim_view(),
            words: standing.map(|standing| {
                let words = standing.ratified().genesis().words();
                WordsView {
                    words: words.words().map(str::to_owned).to_vec(),
                    digits: words.digits().concat(),
                }
            }),
            compared: heads_of(true).collect(),
            mismatch: heads_of(false).next().is_some(),
            lobby: self.lobby_view(now, &flags),
            waiting: self.waiting(&flags),
            seats: self.seats(),
            heads: self.heads(),
            acts: self.acts(),
            rules: standing.map(|standing| RulesView {
                admit: admit_name(standing.rules().admit),
            }),
            rooms: self.room_places(),
            locked: standing.is_some_and(|standing| standing.is_locked(&plenary(&self.talk))),
            ended: standing.is_some_and(|standing| standing.is_ended()),
            server_foreign: None,
        }
    }

    fn broken(&self) -> Option<Broken> {
        let own = self.own_delegation();
        let differ = own.and_then(|own| self.compared.get(&own)) == Some(&false);
        let mismatch = differ.then_some(Broken::Mismatch);
        mismatch
            .or_else(|| self.founding_broken())
            .or_else(|| self.guest.broken())
    }

    fn stage(&self) -> Stage {
        if self.standing().is_some() {
            return match &self.secret {
                // The record of a grant that isn't taken yet.
                Secret::Guest(_) if !self.guest.is_seated() => Stage::Loading,
                _ => Stage::Founded,
            };
        }
        let Some(head) = self.head().filter(|head| head.founds()) else {
            return Stage::Loading;
        };
        if self.signed.is_some() {
            Stage::Founding
        } else if head.delegation.0 == 0 {
            match self.claim_shown() {
                Some(_) => Stage::Claimed,
                None => Stage::Offered,
            }
        } else if !head.claimed.is_empty() {
            Stage::Founding
        } else if self.founding.offer.is_some() {
            Stage::Claiming
        } else {
            Stage::Loading
        }
    }

    fn own_view(&self) -> OwnView {
        let mut own = OwnView {
            delegation: self.own_delegation().map(|delegation| delegation.0),
            role: None,
            name: None,
            head: self.head().is_some(),
            root: self.head().is_some_and(|head| head.root_key().is_some()),
            demoted: self.demoted,
            id: None,
            seat: SeatState::None,
            refused: None,
        };
        match &self.secret {
            Secret::Head(head) => {
                let Some((_, tbs)) = head.certified() else {
                    return own;
                };
                own.role = Some(tbs.role.into());
                own.name = Some(tbs.name.as_str().to_owned());
                own.id = Some(encode_base64url(&tbs.key.0));
                own.seat = match (self.own_seat(), self.people.seat(&tbs.key)) {
                    (Some(_), _) if self.standing().is_some() => SeatState::Ready,
                    (None, Some(_)) => SeatState::Vouched,
                    _ => SeatState::Asked,
                };
            }
            Secret::Guest(_) => {
                let offered = self.guest.invite.as_ref().map(|invite| &invite.terms);
                own.role = offered.map(|terms| terms.role.into());
                let hint = offered.and_then(|terms| terms.hint.as_ref());
                own.name = hint.map(|hint| hint.as_str().to_owned());
                if let Some(tbs) = self.asked_for() {
                    own.role = Some(tbs.role.into());
                    own.name = Some(tbs.name.as_str().to_owned());
                    own.id = Some(encode_base64url(&tbs.key.0));
                    own.seat = match self.guest.is_vouched() {
                        true => SeatState::Vouched,
                        false => SeatState::Asked,
                    };
                }
                if let Some(refused) = self.guest.refused() {
                    own.seat = SeatState::Refused;
                    let reason = refused.reason.as_ref().map(Title::as_str);
                    own.refused = reason.map(str::to_owned);
                }
                if self.guest.is_seated() {
                    own.seat = SeatState::Ready;
                    own.refused = None;
                }
            }
            Secret::Code(_) => {}
        }
        own
    }

    fn delegations(&self) -> Vec<DelegationView> {
        let own = self.own_delegation();
        let parties = self.standing().map(|standing| &standing.charter().parties);
        (0..)
            .zip(parties.into_iter().flatten())
            .map(|(index, party)| DelegationView {
                index,
                name: party.name.as_str().to_owned(),
                neutral: party.neutral,
                own: own == Some(DelegationIndex(index)),
            })
            .collect()
    }

    fn offer_view(&self) -> Option<FounderView> {
        let offer = self.founding.offer.as_ref()?;
        let claims = self.head().is_some_and(|head| head.delegation.0 != 0);
        let (delegation, person) = (&offer.offer().proposer.name, &offer.head().name);
        claims.then(|| founder(&[delegation, person], delegation, person))
    }

    fn claim_view(&self) -> Option<FounderView> {
        let claim = self.claim_shown().filter(|_| self.signed.is_none())?;
        let offer = self.founding.offer.as_ref()?;
        let (delegation, person) = (&claim.claim().party.name, &claim.head().name);
        let names = [
            &offer.offer().proposer.name,
            &offer.head().name,
            delegation,
            person,
        ];
        Some(founder(&names, delegation, person))
    }

    /// What is odd about the names of everybody who asks or is vouched for, beside the others'.
    /// Whoever was there first isn't flagged.
    fn flags(&self) -> BTreeMap<SeatKey, SuspicionName> {
        let vouched = &self.people.vouched;
        let (ready, waiting): (Vec<_>, Vec<_>) = vouched
            .iter()
            .map(|(key, vouched)| (*key, vouched))
            .partition(|(_, vouched)| {
                vouched.admitted != Err(SeatError::Voucher) && was_complete(vouched)
            });
        let seated = ready.iter().chain(&waiting);
        let mut people: Vec<(SeatKey, &Name)> = seated
            .map(|(key, vouched)| (*key, &vouched.seat.tbs().name))
            .collect();
        let asks = self.people.asks.iter();
        people.extend(
            asks.filter(|(key, _)| !vouched.contains_key(key))
                .map(|(key, ask)| (*key, &ask.packet.request().tbs().name)),
        );
        let names: Vec<&Name> = people.iter().map(|(_, name)| *name).collect();
        let flagged = people.iter().zip(suspicions(&names));
        flagged
            .filter_map(|((key, _), flag)| Some((*key, suspicion_name(flag?))))
            .collect()
    }

    fn lobby_view(
        &self,
        now: Timestamp,
        flags: &BTreeMap<SeatKey, SuspicionName>,
    ) -> Vec<LobbyView> {
        let wall = self.wall(now);
        let Some(standing) = self.standing().filter(|_| self.head().is_some()) else {
            return Vec::new();
        };
        let vouched = |key| {
            let vouched = self.people.vouched.get(key);
            vouched.filter(|vouched| !vouched.is_orphaned(standing))
        };
        let asks = self.people.asks.iter();
        asks.map(|(key, ask)| {
            let tbs = ask.packet.request().tbs();
            let invite = ask.packet.invite();
            let hint = invite.and_then(|invite| invite.terms.hint.as_ref());
            LobbyView {
                id: encode_base64url(&key.0),
                name: tbs.name.as_str().to_owned(),
                role: tbs.role.into(),
                hint: hint.map(|hint| hint.as_str().to_owned()),
                invited: invite.is_some(),
                expired: invite.is_some_and(|invite| is_expired(invite, wall)),
                automatic: invite.is_some_and(|invite| invite.terms.automatic),
                suspicions: flags.get(key).copied().into_iter().collect(),
                state: match vouched(key) {
                    Some(vouched) if was_complete(vouched) => AskState::Ready,
                    Some(_) => AskState::Vouched,
                    None if self.is_refused(key) => AskState::Refused,
                    None => AskState::Asks,
                },
            }
        })
        .collect()
    }

    fn waiting(&self, flags: &BTreeMap<SeatKey, SuspicionName>) -> Vec<WaitingView> {
        let (Some(head), Some(scribe)) = (self.head(), &self.scribe) else {
            return Vec::new();
        };
        let own = head.delegation;
        let founder = self.other_founder().map(|seat| seat.tbs().key);
        let waits = |(key, vouched): &(&SeatKey, &Vouched)| {
            vouched.admitted == Err(SeatError::NotApproved(own))
                && !scribe.wants(&Intent::Approve(**key))
                && founder != Some(**key)
        };
        let vouched = self.people.vouched.iter().filter(waits);
        vouched
            .map(|(key, vouched)| {
                let tbs = vouched.seat.tbs();
                WaitingView {
                    id: encode_base64url(&key.0),
                    delegation: tbs.delegation.0,
                    name: tbs.name.as_str().to_owned(),
                    role: tbs.role.into(),
                    vouched_by: voucher_name(&vouched.seat),
                    suspicions: flags.get(key).copied().into_iter().collect(),
                }
            })
            .collect()
    }

    fn seats(&self) -> Vec<SeatView> {
        let vouched = self.people.vouched.iter();
        vouched
            .filter(|(_, vouched)| was_complete(vouched))
            .map(|(key, vouched)| {
                let tbs = vouched.seat.tbs();
                let approved = vouched.seat.approvals().iter();
                SeatView {
                    id: encode_base64url(&key.0),
                    delegation: tbs.delegation.0,
                    name: tbs.name.as_str().to_owned(),
                    role: tbs.role.into(),
                    vouched_by: voucher_name(&vouched.seat),
                    approved_by: approved
                        .map(|approval| ApproverView {
                            delegation: approval.head.delegation.0,
                            name: approval.head.name.as_str().to_owned(),
                        })
                        .collect(),
                    revoked: vouched.admitted == Err(SeatError::Revoked),
                }
            })
            .collect()
    }

    fn acts(&self) -> Vec<ActView> {
        let (Some(standing), Some(record)) = (self.standing(), self.record()) else {
            return Vec::new();
        };
        let next = record.next_place().position;
        let own = self.own_delegation();
        let list = |set: Delegations| set.iter().map(|d| d.0).collect::<Vec<u8>>();
        standing
            .open_acts()
            .map(|(hash, open)| {
                let body = open.act.body();
                let act: ActChoice = act_choice(&self.talk, body);
                let seat = match body {
                    ActBody::Eject { seat } => self.people.seat(seat),
                    _ => None,
                };
                ActView {
                    id: act_id(hash),
                    act,
                    seat_name: seat.map(|seat| seat.tbs().name.as_str().to_owned()),
                    shut_out: match body {
                        ActBody::Lock { room, seats } if *room == plenary(&self.talk) => {
                            self.seated_beside(seats)
                        }
                        _ => Vec::new(),
                    },
                    agreed: list(open.agreed()),
                    asked: list(standing.rules().consent(body.matter())),
                    own: own.is_some_and(|own| open.agreed().has(own)),
                    expires_in: (open.act.last_position + 1).saturating_sub(next),
                }
            })
            .collect()
    }

    /// Names of those who have a seat that stands and isn't one of these.
    fn seated_beside(&self, seats: &[SeatKey]) -> Vec<String> {
        let vouched = self.people.vouched.iter();
        vouched
            .filter(|(key, vouched)| vouched.admitted.is_ok() && !seats.contains(*key))
            .map(|(_, vouched)| vouched.seat.tbs().name.as_str().to_owned())
            .collect()
    }
}

/// Whether everybody who is asked admitted it, even if it was revoked since.
pub(super) fn was_complete(vouched: &Vouched) -> bool {
    matches!(vouched.admitted, Ok(()) | Err(SeatError::Revoked))
}

fn voucher_name(seat: &Seat) -> String {
    seat.vouching_head().name.as_str().to_owned()
}

fn founder(names: &[&Name], delegation: &Name, person: &Name) -> FounderView {
    let flagged = suspicions(names);
    let mut suspicions: Vec<SuspicionName> = flagged
        .into_iter()
        .rev()
        .take(2)
        .flatten()
        .map(suspicion_name)
        .collect();
    suspicions.dedup();
    FounderView {
        delegation: delegation.as_str().to_owned(),
        person: person.as_str().to_owned(),
        suspicions,
    }
}

fn suspicion_name(suspicion: Suspicion) -> SuspicionName {
    match suspicion {
        Suspicion::LooksLike(_) => SuspicionName::LookAlike,
        Suspicion::MixedScripts => SuspicionName::MixedScripts,
    }
}
