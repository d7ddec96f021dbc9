//! Heads beside the first: certified by whoever has the delegation's root, and revoked by them.

use super::TalkSession;
use super::scribe::Intent;
use super::types::{HeadView, TalkError};
use super::view::was_complete;
use incamera_model::encode_base64url;
use incamera_talk::Name;
use incamera_talk::two_keys::{Body, HeadCert, HeadRevoked, HeadSecret, Role, Secret};

impl TalkSession {
    /// The certificate for whoever asks to be a head.
    pub(super) fn certify_head(&self, key: &[u8; 32], name: &Name) -> Result<HeadCert, TalkError> {
        let head = self.head().ok_or(TalkError::NotHead)?;
        let root = head.root_key().ok_or(TalkError::NoRoot)?;
        let own = head.delegation;
        let known = self.people.vouched.values();
        let certified = known.filter(|vouched| {
            let cert = vouched.packet.head();
            cert.is_some_and(|cert| cert.delegation == own)
        });
        let serial = certified.count() as u64;
        Ok(HeadCert::issue(
            &root,
            &self.talk,
            own,
            *key,
            name.clone(),
            serial,
        ))
    }

    /// Whoever was seated as a head, and is certified at the door, is one from then on.
    pub(super) fn take_office(&mut self) {
        let (Secret::Guest(guest), Some(standing)) = (&self.secret, self.standing()) else {
            return;
        };
        let Some(seat) = self
            .guest
            .seat()
            .filter(|seat| seat.tbs().role == Role::Head)
        else {
            return;
        };
        let vouched = self.people.vouched.get(&seat.tbs().key);
        let cert = vouched
            .filter(|vouched| vouched.admitted.is_ok())
            .and_then(|vouched| vouched.packet.head())
            .filter(|cert| !standing.is_revoked_head(cert));
        let head = cert.and_then(|cert| HeadSecret::certified_guest(guest, cert));
        if let Some(head) = head {
            self.secret = Secret::Head(Box::new(head));
            self.out.keep(&self.secret);
        }
    }

    /// Whether one is still a head, once somebody was revoked.
    pub(super) fn check_office(&mut self) {
        let (Secret::Head(head), Some(standing)) = (&self.secret, self.standing()) else {
            return;
        };
        let own = head.certified();
        self.demoted = own.is_some_and(|(cert, _)| standing.is_revoked_head(&cert));
    }

    pub(super) fn revocation(&self, key: &[u8; 32]) -> Option<Body> {
        let head = self.head()?;
        let (cert, _) = self.people.head(head.delegation, key)?;
        let gone = self.standing()?.is_revoked_head(cert);
        let root = head.root_key().filter(|_| !gone)?;
        let revoked = HeadRevoked::issue(&root, &self.talk, head.delegation, *key);
        Some(Body::HeadRevoked(revoked))
    }

    /// Everybody who has, or had, a seat as a head.
    pub(super) fn heads(&self) -> Vec<HeadView> {
        let Some(standing) = self.standing() else {
            return Vec::new();
        };
        let own = self.own_seat_key();
        let vouched = self.people.vouched.iter();
        vouched
            .filter(|(_, vouched)| was_complete(vouched))
            .filter_map(|(key, vouched)| {
                let cert = vouched.packet.head()?;
                Some(HeadView {
                    id: encode_base64url(&cert.key),
                    delegation: cert.delegation.0,
                    name: cert.name.as_str().to_owned(),
                    seat: encode_base64url(&key.0),
                    own: own == Some(*key),
                    root: vouched.is_founder(),
                    revoked: standing.is_revoked_head(cert),
                })
            })
            .collect()
    }

    // --- commands -------------------------------------------------------------------------------

    /// Their seat goes with their office: both are one's own side's to take.
    pub(super) fn revoke_head(&mut self, key: &[u8; 32]) -> Result<(), TalkError> {
        let head = self.head().ok_or(TalkError::NotHead)?;
        head.root_key().ok_or(TalkError::NoRoot)?;
        // Nobody is left to speak for the delegation otherwise.
        if head.head_key().public() == *key {
            return Err(TalkError::NotNow);
        }
        let known = self.people.head(head.delegation, key);
        let (_, seat) = known.ok_or(TalkError::Unknown)?;
        let withdrawal = Intent::Withdraw(Box::new(seat.withdrawal()));
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        if scribe.want(Intent::RevokeHead(*key)) && scribe.want(withdrawal) {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }
}
