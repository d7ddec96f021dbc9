//! The founding, from either side: what goes through the lobby of the place to claim.

use super::out::Purpose;
use super::scribe::{Intent, Scribe};
use super::sealing::{self, Use};
use super::types::{Broken, TalkError, TalkEvent};
use super::{TalkSession, group_keys};
use incamera_model::{AccessKey, StreamName};
use incamera_talk::Name;
use incamera_talk::two_keys::{
    Claim, ClaimPacket, CounterPacket, DeclinePacket, DelegationIndex, FoundingError, HeadSecret,
    LobbyFault, LobbyKind, OfferPacket, Record, Secret, WIRE_VERSION,
};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// How many claims are remembered; later ones have to wait for a reload.
const MAX_CLAIMS: usize = 16;
/// How many refusals of claims are remembered.
const MAX_DECLINED: usize = 64;
/// The place to claim, in a talk of two.
const SLOT: DelegationIndex = DelegationIndex(1);

/// What was read in the lobby of the place to claim.
#[derive(Default)]
pub(super) struct Founding {
    /// The proposer's own, or the one that a claimant found.
    pub(super) offer: Option<OfferPacket>,
    /// Whether there was an offer that isn't the link's.
    other_offer: bool,
    offer_seen: bool,
    claims: Vec<ClaimPacket>,
    claim_seen: bool,
    declined: BTreeSet<[u8; 32]>,
    counter_seen: bool,
    /// Whether the proposer answered somebody else.
    taken: bool,
    register_told: bool,
    /// Whether the talk was founded, and the lobby left.
    done: bool,
}

impl Founding {
    pub(super) fn disconnected(&mut self) {
        self.register_told = false;
    }
}

impl TalkSession {
    pub(super) fn load_founding(&mut self) {
        let Secret::Head(head) = &self.secret else {
            return;
        };
        self.founding.offer = head.offer_packet();
        let offer = self.founding.offer.as_ref();
        self.signed = offer.zip(head.claim_packet()).and_then(|(offer, claim)| {
            let counter = head.counter_packet()?;
            counter.accept(offer, &claim).ok()
        });
    }

    /// An entry of the place's lobby, sealed with the claim link's vault.
    pub(super) fn founding_entry(&mut self, stream: &StreamName, entry: &[u8]) {
        let Secret::Head(head) = &self.secret else {
            return;
        };
        let vault = head.claim_group().lobby(self.talk);
        let Ok(content) = vault.open(stream, entry) else {
            return;
        };
        let head = head.clone();
        match LobbyKind::of(&content) {
            Some(LobbyKind::Offer) => self.offer_entry(&head, &content),
            Some(LobbyKind::Claim) => self.claim_entry(&head, &content),
            Some(LobbyKind::Counter) => self.counter_entry(&head, &content),
            Some(LobbyKind::Decline) => {
                let offer = self.founding.offer.as_ref();
                let decline = offer.map(|offer| DeclinePacket::verify(&content, offer));
                if let Some(Ok(decline)) = decline
                    && self.founding.declined.len() < MAX_DECLINED
                {
                    self.founding.declined.insert(*decline.claim_hash());
                }
            }
            Some(LobbyKind::Ask | LobbyKind::Invite) | None => {}
        }
    }

    fn offer_entry(&mut self, head: &HeadSecret, content: &[u8]) {
        self.founding.offer_seen |= content == head.offer;
        if self.founding.offer.is_some() {
            return;
        }
        match OfferPacket::verify(content, &self.talk, head.offer_hash.as_ref()) {
            Ok(offer) => self.founding.offer = Some(offer),
            Err(LobbyFault::Founding(FoundingError::OtherOffer)) => {
                self.founding.other_offer = true;
            }
            Err(_) => {}
        }
    }

    fn claim_entry(&mut self, head: &HeadSecret, content: &[u8]) {
        self.founding.claim_seen |= content == head.claimed;
        let Some(offer) = &self.founding.offer else {
            return;
        };
        if head.delegation == SLOT || self.founding.claims.len() == MAX_CLAIMS {
            return;
        }
        let secret = head.claim_group().claim_secret(&self.talk);
        let claim = ClaimPacket::verify(content, offer, &secret)
            // All of it, the approval included: whoever is shown can be countersigned.
            .and_then(|claim| {
                claim
                    .founders(offer, head.nonce, WIRE_VERSION)
                    .map(|_| claim)
            });
        if let Ok(claim) = claim
            && !self.founding.claims.contains(&claim)
        {
            self.founding.claims.push(claim);
        }
    }

    /// The first that the proposer's head signed for a claim counts.
    fn counter_entry(&mut self, head: &HeadSecret, content: &[u8]) {
        self.founding.counter_seen |= content == head.counter;
        let Some(offer) = self.founding.offer.clone() else {
            return;
        };
        if self.signed.is_some() || self.founding.taken || head.delegation != SLOT {
            return;
        }
        let Ok(counter) = CounterPacket::verify(content, &offer) else {
            return;
        };
        let Some(claim) = head.claim_packet() else {
            self.founding.taken = true;
            return;
        };
        match counter.accept(&offer, &claim) {
            Ok(signed) => {
                let vault = self.open_vault(&claim, &counter);
                // A vault that can't be opened, or is none: the proposer's fault, and nothing to
                // go on with.
                if let (Some(vault), Secret::Head(head)) = (vault, &mut self.secret) {
                    head.vault = Some(*vault);
                    head.counter = content.to_vec();
                    self.signed = Some(signed);
                    self.out.keep(&self.secret);
                }
            }
            Err(LobbyFault::OtherClaim) => self.founding.taken = true,
            Err(_) => {}
        }
    }

    fn open_vault(
        &self,
        claim: &ClaimPacket,
        counter: &CounterPacket,
    ) -> Option<Zeroizing<[u8; 32]>> {
        let own = self.seat_box.as_ref()?;
        let opened = own.open(Use::Counter, &self.talk, &claim.hash(), counter.vault())?;
        Some(Zeroizing::new(<[u8; 32]>::try_from(&opened[..]).ok()?))
    }

    /// What a founder does without being asked, until the talk is founded.
    pub(super) fn advance_founding(&mut self) {
        self.open_record();
        let Some(head) = self.head() else { return };
        let (founds, claims) = (head.founds(), head.delegation == SLOT);
        let lobby = StreamName::lobby(SLOT.0);
        if self.standing().is_some() {
            // From here on it is the claimant's own, with another vault.
            if founds && !core::mem::replace(&mut self.founding.done, true) {
                self.unfollow(&lobby);
            }
            return;
        }
        if !founds {
            return;
        }
        let claimed = self.group.is_some_and(|(_, claimed)| claimed);
        if claims && claimed {
            self.unfollow(&lobby);
            self.ratify();
            return;
        }
        self.follow(lobby.clone());
        if claims && self.signed.is_some() {
            self.tell_register();
        }
        if !self.is_read(&lobby) || !self.out.connected {
            return;
        }
        let Some(head) = self.head() else { return };
        let due = if claims {
            let due = !head.claimed.is_empty() && !self.founding.claim_seen;
            due.then(|| (Purpose::Claim, head.claimed.clone()))
        } else if !self.founding.offer_seen {
            Some((Purpose::Offer, head.offer.clone()))
        } else {
            let due = !head.counter.is_empty() && !self.founding.counter_seen;
            due.then(|| (Purpose::Counter, head.counter.clone()))
        };
        if let Some((purpose, content)) = due {
            self.say_in_founding(purpose, &content);
        }
    }

    fn say_in_founding(&mut self, purpose: Purpose, content: &[u8]) {
        let Some(head) = self.head() else { return };
        let lobby = StreamName::lobby(SLOT.0);
        let vault = head.claim_group().lobby(self.talk);
        self.say(purpose, &vault, &lobby, content);
    }

    /// The record is read once there is a vault for it, and, for founders, an agreed founding.
    fn open_record(&mut self) {
        let Some(head) = self.head() else { return };
        if self.scribe.is_some() {
            return;
        }
        let genesis = if head.founds() {
            let may = head.delegation != SLOT || self.group.is_some_and(|(_, claimed)| claimed);
            match self.signed.as_ref().filter(|_| may) {
                Some(signed) => Some(signed.founders.genesis.hash()),
                None => return,
            }
        } else {
            None
        };
        let Some(vault) = head.vault() else { return };
        self.scribe = Some(Scribe::new(vault, Record::new(self.talk, genesis)));
        self.follow(StreamName::record());
    }

    fn ratify(&mut self) {
        let read = self.is_read(&StreamName::record());
        let signed = self.signed.is_some();
        if let Some(scribe) = self.scribe.as_mut().filter(|_| read && signed) {
            scribe.want(Intent::Ratify);
        }
    }

    fn tell_register(&mut self) {
        let Some(head) = self.head().filter(|_| self.out.connected) else {
            return;
        };
        let Some((access, control)): Option<(AccessKey, AccessKey)> = group_keys(head) else {
            return;
        };
        let group = head.delegation.0;
        if !core::mem::replace(&mut self.founding.register_told, true) {
            self.out.event(TalkEvent::Register {
                group,
                access,
                control,
            });
        }
    }

    /// Why the founding can't go on.
    pub(super) fn founding_broken(&self) -> Option<Broken> {
        let head = self.head()?;
        if self.signed.is_some() || head.delegation != SLOT {
            return None;
        }
        let own = head.claim_packet().map(|claim| claim.hash());
        if own.is_some_and(|own| self.founding.declined.contains(&own)) {
            Some(Broken::Refused)
        } else if self.founding.taken {
            Some(Broken::Taken)
        } else if self.founding.other_offer && self.founding.offer.is_none() {
            Some(Broken::NotThisLink)
        } else {
            None
        }
    }

    /// The claim that the proposer is shown: the first that it hasn't refused.
    pub(super) fn claim_shown(&self) -> Option<&ClaimPacket> {
        let mut claims = self.founding.claims.iter();
        claims.find(|claim| !self.founding.declined.contains(&claim.hash()))
    }

    // --- commands -------------------------------------------------------------------------------

    pub(super) fn claim(&mut self, delegation: &str, person: &str) -> Result<(), TalkError> {
        let delegation = Name::new(delegation).map_err(TalkError::Name)?;
        let person = Name::new(person).map_err(TalkError::Name)?;
        let broken = self.founding_broken().is_some();
        let boxed = self.seat_box.as_ref().ok_or(TalkError::NotNow)?;
        let offer = self.founding.offer.as_ref().filter(|_| !broken);
        let offer = offer.ok_or(TalkError::NotNow)?;
        let Secret::Head(head) = &mut self.secret else {
            return Err(TalkError::NotNow);
        };
        if head.delegation != SLOT || !head.founds() || !head.claimed.is_empty() {
            return Err(TalkError::NotNow);
        }
        let mut claiming = head.clone();
        claiming.party = Some(delegation);
        claiming.person = Some(person);
        let packet = make_claim(&claiming, offer, &boxed.public).ok_or(TalkError::Internal)?;
        claiming.offer = offer.as_bytes().to_vec();
        claiming.claimed = packet.as_bytes().to_vec();
        *head = claiming;
        self.out.keep(&self.secret);
        Ok(())
    }

    pub(super) fn countersign(&mut self) -> Result<(), TalkError> {
        let claim = self.claim_shown().cloned().ok_or(TalkError::NotNow)?;
        let offer = self.founding.offer.clone().ok_or(TalkError::NotNow)?;
        if self.signed.is_some() {
            return Err(TalkError::NotNow);
        }
        let Secret::Head(head) = &mut self.secret else {
            return Err(TalkError::NotHead);
        };
        let vault = Zeroizing::new(head.vault.ok_or(TalkError::NotNow)?);
        let hash = claim.hash();
        let sealed = sealing::seal(Use::Counter, &self.talk, &hash, claim.boxed(), &*vault)
            .ok_or(TalkError::Internal)?;
        let root = head.root_key().ok_or(TalkError::NoRoot)?;
        let keys = (&root, &head.head_key());
        let counter = CounterPacket::new(&offer, &claim, keys, head.nonce, WIRE_VERSION, &sealed)
            .map_err(|_| TalkError::Internal)?;
        let signed = counter.accept(&offer, &claim);
        self.signed = Some(signed.map_err(|_| TalkError::Internal)?);
        head.claimed = claim.as_bytes().to_vec();
        head.counter = counter.as_bytes().to_vec();
        self.out.keep(&self.secret);
        Ok(())
    }

    pub(super) fn refuse_claim(&mut self) -> Result<(), TalkError> {
        let claim = self.claim_shown().cloned().ok_or(TalkError::NotNow)?;
        let head = self
            .head()
            .filter(|_| self.signed.is_none() && self.out.connected);
        let key = head.ok_or(TalkError::NotNow)?.head_key();
        let decline = DeclinePacket::new(&claim, &key).encode();
        self.say_in_founding(Purpose::Decline(claim.hash()), &decline);
        Ok(())
    }

    pub(super) fn registered(&mut self) -> Result<(), TalkError> {
        let signed = self.signed.is_some();
        let Secret::Head(head) = &mut self.secret else {
            return Err(TalkError::NotNow);
        };
        if !signed {
            return Err(TalkError::NotNow);
        }
        if !core::mem::replace(&mut head.registered, true) {
            self.out.keep(&self.secret);
        }
        Ok(())
    }
}

fn make_claim(
    head: &HeadSecret,
    offer: &OfferPacket,
    boxed: &incamera_talk::two_keys::BoxKey,
) -> Option<ClaimPacket> {
    let party = head.party()?;
    let secret = head.claim_group().claim_secret(&head.talk);
    let root = head.root_key()?;
    let claim = Claim::new(&root, offer.offer(), SLOT, &party, &secret, &head.nonce).ok()?;
    let (cert, tbs) = head.certified()?;
    let access = head.lobby_group().access(head.talk).public();
    ClaimPacket::new(
        offer,
        &secret,
        &claim,
        (&cert, &head.head_key()),
        (&tbs, &head.seat_key()),
        (boxed, access),
    )
    .ok()
}
