//! Each signature, altered or by somebody else.

use crate::text::Name;
use crate::two_keys::sample::*;
use crate::two_keys::*;

fn rules() -> Rules {
    Rules::all_of(all(2), Admit::Each)
}

/// The last byte of a signature at the end, changed.
fn spoilt(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

#[test]
pub(crate) fn offers() {
    let offer = offer(2, Delegations::default(), rules()).unwrap();
    let spoilt = Offer::decode(&spoilt(offer.as_bytes()));
    assert_eq!(spoilt, Err(FoundingError::Signature));
}

#[test]
pub(crate) fn claims() {
    let offer = offer(2, Delegations::default(), rules()).unwrap();
    let claim = spoilt(claim(&offer, 1).as_bytes());
    let spoilt = Claim::decode(&claim, &offer);
    assert_eq!(spoilt, Err(FoundingError::Signature));
}

#[test]
pub(crate) fn heads() {
    let charter = charter(&two());
    let name = Name::new("Head").unwrap();
    let index = DelegationIndex(1);
    let thief = key("thief");
    let forged = HeadCert::issue(&thief, &TALK, index, thief.public(), name, 0);
    let read = charter.verify_head(forged.as_bytes());
    assert_eq!(read, Err(PartyError::Signature));
}

fn terms(automatic: bool) -> InviteTerms {
    InviteTerms {
        id: [3; 16],
        role: Role::Delegate,
        rooms: vec![plenary(&TALK)],
        hint: None,
        expiry: 0,
        automatic,
        key: key("invitation").public(),
    }
}

#[test]
pub(crate) fn invitations() {
    let charter = charter(&two());
    let (_, cert) = head(0, 0);
    let forged = InviteCert::issue(&key("thief"), &cert, &TALK, terms(true));
    let read = InviteCert::verify(forged.as_bytes(), &charter);
    assert_eq!(read, Err(InviteError::Signature));
}

#[test]
pub(crate) fn what_was_invited() {
    let charter = charter(&two());
    let (head_key, cert) = head(0, 0);
    let mut asked = tbs(0, "Amina", &[plenary(&TALK)]);
    asked.invite = [3; 16];
    let consent = asked.consent(&seat_key("Amina"));
    let seat = |automatic| {
        let invite = InviteCert::issue(&head_key, &cert, &TALK, terms(automatic));
        let voucher = asked.vouch(&key("invitation"));
        let voucher = (Voucher::Automatic(Box::new(invite)), voucher);
        Seat::new(&asked, consent, voucher, vec![], &charter)
    };
    assert!(seat(true).is_ok());
    assert_eq!(seat(false), Err(SeatError::Voucher));
}

#[test]
pub(crate) fn vouchers() {
    let charter = charter(&two());
    let amina = tbs(0, "Amina", &[plenary(&TALK)]);
    let consent = amina.consent(&seat_key("Amina"));
    let voucher = (Voucher::Head(head(0, 0).1), amina.vouch(&key("thief")));
    let forged = Seat::new(&amina, consent, voucher, vec![], &charter);
    assert_eq!(forged, Err(SeatError::Voucher));
}

#[test]
pub(crate) fn seats() {
    let charter = charter(&two());
    let amina = tbs(0, "Amina", &[plenary(&TALK)]);
    let (head_key, cert) = head(0, 0);
    let voucher = (Voucher::Head(cert), amina.vouch(&head_key));
    let forged = Seat::new(
        &amina,
        amina.consent(&key("thief")),
        voucher,
        vec![],
        &charter,
    );
    assert_eq!(forged, Err(SeatError::Consent));
}

#[test]
pub(crate) fn approvals() {
    let charter = charter(&two());
    let amina = tbs(0, "Amina", &[plenary(&TALK)]);
    let forged = amina.approve(&key("thief"), &head(1, 0).1);
    let read = Approval::verify(&forged.encode(), &amina.encode(), &charter);
    assert_eq!(read, Err(SeatError::Approval));
}

#[test]
pub(crate) fn entries() {
    let mut record = two();
    let end = Body::Act(act(&record, ActBody::End));
    let forged = write_as(&mut record, &key("thief"), &author(1), &end);
    assert_eq!(forged, Err(Void::Entry(EntryError::Signature)));
}

#[test]
pub(crate) fn revocations() {
    let mut record = two();
    let victim = head(1, 0).1.key;
    let forged = HeadRevoked::issue(&key("thief"), &TALK, DelegationIndex(1), victim);
    let forged = write(&mut record, 0, &Body::HeadRevoked(forged));
    assert_eq!(forged, Err(Void::NotOwn));
}

#[test]
pub(crate) fn withdrawals() {
    let mut record = two();
    // Somebody of the other side, said to be of one's own.
    let claimed = tbs(1, "Amina", &[plenary(&TALK)]);
    let forged = Withdrawal::new(claimed.clone(), claimed.consent(&key("thief")));
    let forged = write(&mut record, 1, &Body::Withdrawal(forged));
    assert_eq!(forged, Err(Void::NotOwn));
}
