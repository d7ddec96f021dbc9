//! A head beside the first: who becomes one, and what they can do.

use crate::crypto::KeyPair;
use crate::two_keys::sample::*;
use crate::two_keys::*;
use crate::{Name, SeatKey};

/// An invitation to the sample's delegation 0.
fn invitation_as(role: Role, automatic: bool) -> InviteCert {
    let (key, cert) = head(0, 0);
    let mut terms = invitation(automatic).0.terms;
    terms.role = role;
    InviteCert::issue(&key, &cert, &TALK, terms)
}

fn tbs_of_a_head() -> SeatTbs {
    SeatTbs {
        role: Role::Head,
        ..invited_tbs("Cy")
    }
}

/// Cy asks by an invitation as a head.
fn asks(tbs: &SeatTbs, seat_key: &KeyPair, head_key: &KeyPair) -> Vec<u8> {
    let key = invitation(false).1.key(&TALK);
    let cert = invitation_as(Role::Head, false);
    let packet = InvitePacket::read(&InvitePacket::encode(&cert), &TALK, &key.public()).unwrap();
    let keys = (seat_key, head_key);
    AskPacket::encode(tbs, keys, &box_key(), Some((&packet, &key)))
}

fn honest() -> Vec<u8> {
    let tbs = tbs_of_a_head();
    asks(&tbs, &seat_key("Cy"), &own_head_key(&tbs))
}

fn read(bytes: &[u8]) -> Result<AskPacket, AskFault> {
    AskPacket::verify(bytes, &charter(&two()), DelegationIndex(0))
}

/// Where in [`honest`] the key begins; its two signatures follow.
fn key_at() -> usize {
    2 + 2 + tbs_of_a_head().encode().len() + 64 + BOX_BYTES + 64
}

#[test]
pub(crate) fn a_heads_key_is_named_by_the_seat() {
    let mine = own_head_key(&tbs_of_a_head()).public();
    assert_eq!(read(&honest()).unwrap().request().head_key(), Some(&mine));
    // Somebody else of the delegation puts their own key in, and signs with it.
    let theirs = asks(&tbs_of_a_head(), &seat_key("Cy"), &key("thief"));
    let mut swapped = honest();
    swapped[key_at()..key_at() + 32].copy_from_slice(&theirs[key_at()..key_at() + 32]);
    let by_head = key_at() + 32 + 64..key_at() + 32 + 128;
    swapped[by_head.clone()].copy_from_slice(&theirs[by_head]);
    assert_eq!(read(&swapped), Err(AskFault::NoHead));
}

#[test]
pub(crate) fn a_heads_key_is_its_persons() {
    assert!(read(&honest()).is_ok());
    // Cy names a key that Cy doesn't have.
    let mut other = honest();
    other[key_at() + 32 + 64] ^= 1;
    assert_eq!(read(&other), Err(AskFault::NoHead));
}

#[test]
pub(crate) fn whoever_asks_to_be_a_head_was_invited() {
    let ask = |role| {
        let tbs = SeatTbs {
            role,
            ..tbs(0, "Cy", &[plenary(&TALK)])
        };
        let tbs = SeatTbs {
            invite: [0; 16],
            ..tbs
        };
        let keys = (&seat_key("Cy"), &own_head_key(&tbs));
        read(&AskPacket::encode(&tbs, keys, &box_key(), None)).map(|_| ())
    };
    assert_eq!(ask(Role::Delegate), Ok(()));
    assert_eq!(ask(Role::Head), Err(AskFault::NotInvited));
}

#[test]
pub(crate) fn r_t4_nobody_becomes_a_head_by_themselves() {
    let charter = charter(&two());
    let verify = |role, automatic| {
        let cert = invitation_as(role, automatic);
        InviteCert::verify(cert.as_bytes(), &charter).map(|_| ())
    };
    assert_eq!(verify(Role::Head, false), Ok(()));
    assert_eq!(verify(Role::Delegate, true), Ok(()));
    assert_eq!(verify(Role::Head, true), Err(InviteError::Role));
}

fn certify(root: &KeyPair, delegation: u8, key: [u8; 32], name: &str) -> HeadCert {
    let delegation = DelegationIndex(delegation);
    HeadCert::issue(root, &TALK, delegation, key, Name::new(name).unwrap(), 1)
}

#[test]
pub(crate) fn a_certificate_is_of_its_seat() {
    let (first, cert) = head(0, 0);
    let charter = charter(&two());
    let ask = read(&honest()).unwrap();
    let key = own_head_key(&tbs_of_a_head()).public();
    let vouch = |certified: Option<&HeadCert>| {
        let request = ask.request();
        request.vouched_by((&cert, &first), certified, &charter)
    };
    let proper = certify(&root(0), 0, key, "Cy");
    let packet = vouch(Some(&proper)).unwrap();
    let again = VouchedPacket::verify(&packet.encode(), &charter).unwrap();
    assert!(again == packet && again.head() == Some(&proper));
    assert_eq!(vouch(None), Err(AskFault::NoHead));
    let strangers = certify(&root(0), 0, first.public(), "Cy");
    assert_eq!(vouch(Some(&strangers)), Err(AskFault::NoHead));
    for other in [
        certify(&root(0), 0, key, "Di"),
        certify(&root(1), 1, key, "Cy"),
    ] {
        assert_eq!(vouch(Some(&other)), Err(AskFault::NoHead));
    }
    // A head who hasn't the root certifies somebody.
    let mut forged = packet.encode();
    let own = certify(&first, 0, key, "Cy");
    let at = forged.len() - 128 - own.as_bytes().len();
    forged[at..at + own.as_bytes().len()].copy_from_slice(own.as_bytes());
    assert!(matches!(
        VouchedPacket::verify(&forged, &charter),
        Err(AskFault::Seat(SeatError::Head(PartyError::Signature)))
    ));
    // A head's seat without any certificate, as a member with other software would bring it.
    let bare = &packet.encode()[..at - 2];
    assert!(VouchedPacket::verify(bare, &charter).is_err());
}

#[test]
fn what_a_second_head_keeps() {
    let charter = charter(&two());
    let group = GroupSecret::new([1; 16]);
    let mut entropy = crate::Entropy::new([2; 32]);
    let mut guest = GuestSecret::new(TALK, &group, None, &mut entropy);
    guest.delegation = Some(DelegationIndex(0));
    let tbs = SeatTbs {
        key: SeatKey(guest.seat_key().public()),
        ..tbs_of_a_head()
    };
    guest.tbs = tbs.encode();
    let cert = certify(&root(0), 0, guest.head_key().public(), "Cy");
    let other = certify(&root(0), 0, key("thief").public(), "Cy");
    assert!(HeadSecret::certified_guest(&guest, &other).is_none());
    let mut head = HeadSecret::certified_guest(&guest, &cert).unwrap();
    head.remember_refusal(SeatKey([2; 32]), 1);
    assert!(head.root_key().is_none() && head.control_key().is_none());
    assert!(head.to_backup("https://a").is_none() && head.party().is_none());
    let text = Secret::Head(Box::new(head)).to_text();
    let Ok(Secret::Head(again)) = Secret::from_text(&text) else {
        panic!("not a head's");
    };
    let (read, seat) = again.certified().unwrap();
    assert!(read == cert && seat == tbs && again.refused.len() == 1);
    assert_eq!(again.head_key().public(), cert.key);
    assert!(charter.verify_head(read.as_bytes()).is_ok());
    assert_eq!(Secret::Head(again).to_text(), text);
    guest.tbs = invited_tbs("Cy").encode();
    assert!(HeadSecret::certified_guest(&guest, &cert).is_none());
}

#[test]
fn two_heads_have_one_vote_until_one_is_revoked() {
    let mut record = two();
    let (second, cert) = head(0, 1);
    let by_second = Author::Head(cert.clone());
    let end = act(&record, ActBody::End);
    let hash = end.hash();
    let proposed = write_as(&mut record, &second, &by_second, &Body::Act(end));
    assert!(proposed.is_ok());
    assert_eq!(
        write(&mut record, 0, &Body::Consent(hash)),
        Err(Void::Again)
    );
    assert!(!record.standing().unwrap().is_ended());
    let revoked = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(0), cert.key);
    let changes = write(&mut record, 0, &Body::HeadRevoked(revoked)).unwrap();
    assert!(changes.contains(&Change::HeadRevoked(cert.key)));
    assert_eq!(record.standing().unwrap().open_acts().count(), 0);
    for body in [
        Body::Act(act(&record, ActBody::End)),
        WordsCompared { same: false }.body(),
    ] {
        let written = write_as(&mut record, &second, &by_second, &body);
        assert_eq!(written, Err(Void::Author));
        assert!(write(&mut record, 0, &body).is_ok());
    }
}
