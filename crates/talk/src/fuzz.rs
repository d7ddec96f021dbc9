//! Fuzz bodies: each takes arbitrary bytes and must return.

use crate::life::{Document, Life, LifeVoid, Step, Version};
use crate::two_keys::{
    self, AnyLink, AskPacket, Body, Claim, ClaimPacket, CounterPacket, DeclinePacket,
    DelegationIndex, Delegations, Entry, InviteCert, InvitePacket, Mail, Offer, OfferPacket,
    Ratified, Record, Rules, Secret, VouchedPacket, sample,
};
use crate::{Backup, Invitation, Link, SealedBackup, Seat, TalkOpened};
use incamera_model::{RoomId, StreamName};
use std::sync::LazyLock;

fn link() -> Link {
    Link::from_seed([1; 16])
}

/// A link, whole and in parts, or a code; what is read is written again and read as the same.
pub fn link_text(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let _ = Link::from_parts(&link().talk().to_text(), text);
    if let Ok(Invitation { link, origin }) = Invitation::read(text) {
        let origin = origin.as_deref().unwrap_or("https://a");
        let again = Link::from_url(&link.to_url(origin));
        assert!(again.is_ok_and(|(_, again)| again.fragment() == link.fragment()));
        let typed = Link::from_code(&link.code());
        assert!(typed.is_ok_and(|typed| typed.fragment() == link.fragment()));
    }
}

/// A sealed entry, and a record's first entry.
pub fn env(bytes: &[u8]) {
    let _ = link().vault().open(&StreamName::record(), bytes);
    let _ = TalkOpened::open(&link(), bytes);
}

/// A record's first entry by somebody who has the vault.
pub fn record(bytes: &[u8]) {
    let sealed = link().vault().seal(&StreamName::record(), bytes, &[3; 32]);
    if let Ok(sealed) = sealed {
        let _ = TalkOpened::open(&link(), &sealed);
    }
}

/// A seat.
pub fn seat(bytes: &[u8]) {
    let invitation = link().invitation();
    let _ = Seat::verify(
        bytes,
        &link().talk(),
        &invitation.public(),
        &invitation.id(),
        &RoomId([4; 16]),
    );
}

/// A talk of two, founded once for all runs.
fn founded() -> Record {
    static FOUNDED: LazyLock<Record> = LazyLock::new(sample::two);
    FOUNDED.clone()
}

fn rules() -> Rules {
    Rules::all_of(sample::all(2), two_keys::Admit::Each)
}

/// An offer; one that is taken is written as it was read.
pub fn offer(bytes: &[u8]) {
    if let Ok(offer) = Offer::decode(bytes) {
        assert_eq!(offer.as_bytes(), bytes);
    }
}

/// A claim on the sample's offer.
pub fn claim(bytes: &[u8]) {
    let Ok(offer) = sample::offer(2, Delegations::default(), rules()) else {
        return;
    };
    if let Ok(claim) = Claim::decode(bytes, &offer) {
        assert_eq!(claim.as_bytes(), bytes);
        let _ = claim.is_made_with(&sample::SECRET, &offer.talk);
    }
}

/// A first charter, and an amendment of the sample's.
pub fn ratified(bytes: &[u8]) {
    let _ = Ratified::found(bytes);
    let record = founded();
    if let Some(standing) = record.standing() {
        let _ = standing.ratified().amend(bytes);
    }
}

/// An invitation under the sample's charter.
pub fn invite(bytes: &[u8]) {
    let _ = InviteCert::verify(bytes, &sample::charter(&founded()));
}

/// A seat under the sample's charter; one that is taken is written as it was read.
pub fn two_keys_seat(bytes: &[u8]) {
    let record = founded();
    let Some(standing) = record.standing() else {
        return;
    };
    if let Ok(seat) = two_keys::Seat::verify(bytes, standing.charter()) {
        assert_eq!(seat.encode(), bytes);
        let _ = seat.stands(standing, &two_keys::plenary(&sample::TALK));
    }
}

/// An entry after the sample's founding, twice: it never counts in both places.
pub fn entry(bytes: &[u8]) {
    let mut record = founded();
    let _ = Entry::verify(bytes, &sample::charter(&record));
    let first = record.push(bytes, Some(bytes)).1;
    let second = record.push(bytes, Some(bytes)).1;
    assert!(first.is_err() || second.is_err());
    // The body alone, as a head would write it.
    let mut record = founded();
    for kind in [70, 71] {
        let content = bytes.to_vec();
        let body = Body::Life { kind, content };
        if let Ok(Some(named)) = two_keys::BoxNamed::read(&body) {
            assert_eq!(named.body(), body);
            let _ = named.holds(&sample::TALK);
        }
        if let (Ok(Some(keys)), Some(standing)) =
            (two_keys::RoomKeys::read(&body), record.standing())
        {
            assert_eq!(keys.body(), body);
            let _ = keys.holds(&sample::TALK, standing);
        }
    }
    for kind in [0, 1, 2, 3, 4, 5, 6, 7, 64] {
        let entry = sample::raw_entry(&record, 0, kind, bytes);
        let _ = record.push(&entry, Some(&entry));
    }
}

/// The content of an entry of the life, of each kind, by a head and once more by the other side's: what
/// is read is written as it was, and one object is never made twice.
pub fn life_step(bytes: &[u8]) {
    for kind in 65..=69 {
        let body = Body::Life {
            kind,
            content: bytes.to_vec(),
        };
        let Ok(Some(step)) = Step::read(&body) else {
            continue;
        };
        assert_eq!(step.body(), body);
        let mut record = founded();
        let mut life = Life::new();
        for delegation in [0, 1, 1] {
            let entry = sample::raw_entry(&record, delegation, kind, bytes);
            let pushed = record.take(&entry, Some(&entry));
            let _: Result<(), LifeVoid> =
                life.take(&pushed, record.next_place(), record.standing());
        }
        let versions = life
            .readouts()
            .values()
            .flat_map(|known| known.versions.values());
        assert!(versions.map(Version::text).all(|text| text.ends_with('\n')));
        assert!(life.meetings().len() + life.agenda().len() + life.teams().len() <= 1);
    }
}

/// A readout; one that is taken is written as it was read.
pub fn document(bytes: &[u8]) {
    if let Ok(document) = Document::decode(bytes) {
        assert_eq!(document.encode(), bytes);
        let _ = document.brackets();
    }
}

/// The first entries of a record that has none yet.
pub fn record_push(bytes: &[u8]) {
    let mut record = Record::new(sample::TALK, None);
    for entry in bytes.chunks(bytes.len().div_ceil(2).max(1)) {
        let _ = record.push(entry, Some(entry));
    }
    let _ = record.push(bytes, None);
    let mut record = Record::new(sample::TALK, None);
    let _ = record.push(bytes, Some(bytes));
}

/// A backup's file, and what is inside its seal.
pub fn backup(bytes: &[u8]) {
    if let Ok(text) = core::str::from_utf8(bytes) {
        let _ = SealedBackup::read(text);
    }
    let _ = Backup::decode(bytes);
}

/// A link or code of any kind; a link that is read is written again and read as the same.
pub fn any_link(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let _ = AnyLink::from_parts(&sample::TALK.to_text(), text);
    let Ok(read) = two_keys::read(text) else {
        return;
    };
    let url = match &read.link {
        AnyLink::Claim(link) => link.to_url("https://a"),
        AnyLink::Seat(link) => link.to_url("https://a"),
        AnyLink::Open(_) | AnyLink::Code(_) => return,
    };
    let same = |again: &AnyLink| match (again, &read.link) {
        (AnyLink::Claim(one), AnyLink::Claim(two)) => one == two,
        (AnyLink::Seat(one), AnyLink::Seat(two)) => one == two,
        _ => false,
    };
    assert!(two_keys::read(&url).is_ok_and(|again| same(&again.link)));
}

/// What is sent through the lobby of a place to claim, and answers to it.
pub fn founding_packets(bytes: &[u8]) {
    static FOUNDING: LazyLock<sample::Founding> = LazyLock::new(sample::packets);
    let sample = &*FOUNDING;
    let (talk, offer) = (sample.proposer.talk, &sample.offer);
    if let Ok(packet) = OfferPacket::verify(bytes, &talk, None) {
        assert_eq!(packet.as_bytes(), bytes);
    }
    let secret = sample.claimant.claim_group().claim_secret(&talk);
    if let Ok(packet) = ClaimPacket::verify(bytes, offer, &secret) {
        assert_eq!(packet.as_bytes(), bytes);
        let _ = packet.founders(offer, sample.proposer.nonce, two_keys::WIRE_VERSION);
    }
    if let Ok(packet) = CounterPacket::verify(bytes, offer) {
        assert_eq!(packet.as_bytes(), bytes);
        let _ = packet.accept(offer, &sample.claim);
    }
    if let Ok(packet) = DeclinePacket::verify(bytes, offer) {
        assert_eq!(packet.encode(), bytes);
    }
}

/// What is sent to get a seat, under the sample's charter.
pub fn seat_packets(bytes: &[u8]) {
    let charter = sample::charter(&founded());
    let _ = AskPacket::verify(bytes, &charter, DelegationIndex(0));
    let _ = AskPacket::tbs_in(bytes);
    if let Ok(packet) = VouchedPacket::verify(bytes, &charter) {
        assert_eq!(packet.encode(), bytes);
    }
    let key = sample::invitation(false).1.key(&sample::TALK).public();
    if let Ok(packet) = InvitePacket::read(bytes, &sample::TALK, &key) {
        let _ = packet.verify(&charter);
    }
    if let Ok(mail) = Mail::decode(bytes) {
        assert_eq!(&*mail.encode(), bytes);
        if let Mail::Granted(granted) = mail {
            let _ = granted.verify(&charter, &sample::invited_tbs("Fuzz"));
        }
    }
}

/// What a device keeps; what is read is written as it was.
pub fn kept_secret(bytes: &[u8]) {
    if let Ok(secret) = Secret::decode(bytes) {
        assert_eq!(&*secret.encode(), bytes);
        let _ = secret.access();
    }
    if let Ok(text) = core::str::from_utf8(bytes) {
        let _ = Secret::from_text(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bodies_read_what_is_well_formed() {
        let founding = sample::packets();
        founding_packets(founding.offer.as_bytes());
        founding_packets(founding.claim.as_bytes());
        founding_packets(founding.counter.as_bytes());
        let key = sample::invitation(false).1.key(&sample::TALK);
        seat_packets(&sample::ask(&sample::invited_tbs("Fuzz"), false, &key));
        kept_secret(&Secret::Head(Box::new(founding.claimant)).encode());
        let link = founding.proposer.claim_link();
        any_link(
            link.map(|link| link.to_url("https://a"))
                .unwrap()
                .as_bytes(),
        );
    }

    #[test]
    fn bodies_read_the_life() {
        for deed in crate::life::sample::every_deed() {
            let step = Step {
                object: crate::life::ObjectId([3; 16]),
                seen: vec![],
                deed,
            };
            if let Body::Life { content, .. } = step.body() {
                life_step(&content);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bodies_return(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..7u8) {
            let packet = [&[1, kind][..], &bytes].concat();
            for body in [any_link, founding_packets, seat_packets, kept_secret, life_step, document] {
                body(&bytes);
                body(&packet);
            }
        }
    }
}
