//! What is sent to found a talk and to get a seat, altered or by somebody else.

use crate::codec::DecodeError;
use crate::two_keys::sample::*;
use crate::two_keys::*;

/// With the last 64 bytes signed by `key`.
fn signed_by(bytes: &[u8], label: &str, key: &crate::crypto::KeyPair) -> Vec<u8> {
    let content = &bytes[..bytes.len() - 64];
    [content, &key.sign(label, content)].concat()
}

#[test]
pub(crate) fn a_claim_is_signed_by_its_head() {
    let founding = packets();
    let secret = founding.claimant.claim_group();
    let secret = secret.claim_secret(&founding.claimant.talk);
    let read = |bytes: &[u8]| ClaimPacket::verify(bytes, &founding.offer, &secret).map(|_| ());
    let bytes = founding.claim.as_bytes();
    assert_eq!(read(bytes), Ok(()));
    let forged = signed_by(bytes, "claim-packet", &key("thief"));
    assert_eq!(read(&forged), Err(LobbyFault::Signature));
}

#[test]
pub(crate) fn an_answer_is_signed_by_the_proposers_head() {
    let founding = packets();
    let read = |bytes: &[u8]| CounterPacket::verify(bytes, &founding.offer).map(|_| ());
    let bytes = founding.counter.as_bytes();
    assert_eq!(read(bytes), Ok(()));
    let forged = signed_by(bytes, "counter", &key("thief"));
    assert_eq!(read(&forged), Err(LobbyFault::Signature));
}

#[test]
pub(crate) fn an_answer_is_to_one_claim() {
    let founding = packets();
    let Founding { offer, claim, .. } = &founding;
    assert!(founding.counter.accept(offer, claim).is_ok());
    // The same founding, and another box: what is sealed isn't for it.
    let bytes = claim.as_bytes();
    let at = bytes.len() - 64 - 32 - 1;
    let mut other = bytes.to_vec();
    other[at] ^= 1;
    let other = signed_by(&other, "claim-packet", &founding.claimant.head_key());
    let secret = founding
        .claimant
        .claim_group()
        .claim_secret(&offer.offer().talk);
    let other = ClaimPacket::verify(&other, offer, &secret).unwrap();
    let accepted = founding.counter.accept(offer, &other).map(|_| ());
    assert_eq!(accepted, Err(LobbyFault::OtherClaim));
}

#[test]
pub(crate) fn a_refusal_is_signed_by_the_proposers_head() {
    let Founding {
        offer,
        claim,
        proposer,
        ..
    } = packets();
    let honest = DeclinePacket::new(&claim, &proposer.head_key()).encode();
    assert!(DeclinePacket::verify(&honest, &offer).is_ok());
    let forged = DeclinePacket::new(&claim, &key("thief")).encode();
    let read = DeclinePacket::verify(&forged, &offer);
    assert_eq!(read, Err(LobbyFault::Signature));
}

#[test]
fn an_answer_founds_the_talk() {
    let founding = packets();
    let signed = founding.counter.accept(&founding.offer, &founding.claim);
    let signed = signed.unwrap();
    let ratified = Ratified::found(&signed.ratify(&founding.claimant.root_key().unwrap())).unwrap();
    assert_eq!(ratified.genesis().words(), signed.founders.genesis.words());
    let Founders {
        proposer, claimant, ..
    } = &signed.founders;
    assert!(proposer.approvals().len() == 1 && claimant.approvals().len() == 1);
    assert!(Ratified::found(&signed.ratify(&key("thief"))).is_err());
}

fn read_ask(bytes: &[u8]) -> Result<AskPacket, AskFault> {
    AskPacket::verify(bytes, &charter(&two()), DelegationIndex(0))
}

fn invite_key() -> crate::crypto::KeyPair {
    invitation(false).1.key(&TALK)
}

#[test]
pub(crate) fn the_box_is_the_seats() {
    let bytes = ask(&invited_tbs("Cy"), false, &invite_key());
    assert!(read_ask(&bytes).is_ok());
    let tbs = invited_tbs("Cy").encode();
    let mut altered = bytes.clone();
    // Kind, length of the seat, the seat, its consent, and then the box.
    altered[2 + 2 + tbs.len() + 64] ^= 1;
    assert_eq!(read_ask(&altered), Err(AskFault::BoxSignature));
}

#[test]
pub(crate) fn whoever_asks_has_the_invitation() {
    assert!(read_ask(&ask(&invited_tbs("Cy"), false, &invite_key())).is_ok());
    let forged = ask(&invited_tbs("Cy"), false, &key("thief"));
    assert_eq!(read_ask(&forged), Err(AskFault::NotInvited));
}

#[test]
pub(crate) fn whoever_asks_wants_what_was_offered() {
    let mut tbs = invited_tbs("Cy");
    assert!(read_ask(&ask(&tbs, false, &invite_key())).is_ok());
    tbs.role = Role::Expert;
    let more = read_ask(&ask(&tbs, false, &invite_key()));
    assert_eq!(more, Err(AskFault::NotInvited));
}

#[test]
fn an_automatic_invitation_vouches() {
    let charter = charter(&two());
    let by_hand = read_ask(&ask(&invited_tbs("Cy"), false, &invite_key())).unwrap();
    assert!(by_hand.automatic(&charter).is_none());
    let alone = read_ask(&ask(&invited_tbs("Cy"), true, &invite_key())).unwrap();
    let vouched = alone.automatic(&charter).unwrap().unwrap();
    let again = VouchedPacket::verify(&vouched.encode(), &charter);
    assert!(again.as_ref() == Ok(&vouched));
    assert!(VouchedPacket::is_one(&vouched.encode()));
    let other = VouchedPacket::verify(&ask(&invited_tbs("Cy"), true, &invite_key()), &charter);
    assert_eq!(other, Err(AskFault::Malformed(DecodeError::Value)));
}

#[test]
pub(crate) fn what_is_granted_was_asked_for() {
    let charter = charter(&two());
    let asked = tbs(0, "Cy", &[plenary(&TALK)]);
    let granted = |name: &str| {
        let seat = seat(&tbs(0, name, &[plenary(&TALK)]), &[1], &charter).unwrap();
        let mail = Mail::Granted(Granted::new(&seat, &[8; 32])).encode();
        let Ok(Mail::Granted(granted)) = Mail::decode(&mail) else {
            panic!("not a grant");
        };
        granted.verify(&charter, &asked).map(|_| ())
    };
    assert_eq!(granted("Cy"), Ok(()));
    assert_eq!(granted("Di"), Err(AskFault::OtherSeat));
}

#[test]
fn secrets_come_back_as_they_were_kept() {
    let founding = packets();
    let mut head = founding.proposer;
    head.remember_invitation(KeptInvitation {
        seed: [1; 16],
        role: Role::Expert,
        hint: None,
        expiry: 9,
        automatic: true,
    });
    head.remember_mail(crate::SeatKey([2; 32]), 3);
    let secret = Secret::Head(Box::new(head));
    let text = secret.to_text();
    let again = Secret::from_text(&text).unwrap();
    assert_eq!(again.to_text(), text);
    assert!(Secret::from_text(&text[..text.len() - 4]).is_err());
    assert_eq!(format!("{secret:?}"), "Secret(redacted)");
}

#[test]
fn links_and_codes_are_told_apart() {
    let founding = packets();
    let claim = founding.proposer.claim_link().unwrap();
    let seat = SeatLink {
        talk: claim.talk,
        group: claim.group.clone(),
        invite: InviteSecret::new([3; 16]),
    };
    let kind = |text: &str| match read(text).map(|read| read.link) {
        Ok(AnyLink::Open(_)) => "open",
        Ok(AnyLink::Claim(read)) if read == claim => "claim",
        Ok(AnyLink::Seat(read)) if read == seat => "seat",
        Ok(AnyLink::Code(_)) => "code",
        Ok(_) => "another",
        Err(error) => error.code(),
    };
    let (claims, seats) = (claim.to_url("https://a"), seat.to_url("https://a"));
    assert_eq!(kind(&claims), "claim");
    assert_eq!(kind(&seats), "seat");
    assert_eq!(kind(&claim.group.code()), "code");
    let open = crate::Link::from_seed([4; 16]);
    assert_eq!(kind(&open.to_url("https://a")), "open");
    for url in [&claims, &seats] {
        let secret = url.find('#').unwrap();
        for end in secret..url.len() {
            assert_eq!(kind(&url[..end]), "incomplete", "{end}");
        }
        let letter = secret + 20;
        let wrong = if &url[letter..=letter] == "x" {
            "y"
        } else {
            "x"
        };
        let mut altered = url.clone();
        altered.replace_range(letter..=letter, wrong);
        assert_eq!(kind(&altered), "mistyped");
    }
}
