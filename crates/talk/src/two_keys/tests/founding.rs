use crate::crypto::KeyPair;
use crate::two_keys::sample::*;
use crate::two_keys::*;

fn rules() -> Rules {
    Rules::all_of(all(2), Admit::Each)
}

#[test]
fn both_sides_have_the_same_words() {
    let genesis = genesis(2, Delegations::default(), rules());
    let read = Ratified::found(&ratified(&genesis)).unwrap();
    assert_eq!(read.genesis().words(), genesis.words());
    assert_eq!(read.charter().parties.len(), 2);
    assert_eq!(read.charter().title.as_str(), "Fisheries");
}

/// Whoever stands between the sides can't show both the same words: any other byte in the offer,
/// a claim or the nonce gives others.
#[test]
fn words_cover_everything() {
    let honest = genesis(2, Delegations::default(), rules());
    let offer = honest.offer();
    let mut other = party(1, false);
    other.root = key("a stranger's root").public();
    let swapped = Claim::new(
        &key("a stranger's root"),
        offer,
        DelegationIndex(1),
        &other,
        &SECRET,
        &[1; 32],
    );
    let swapped = Genesis::new(offer.clone(), vec![swapped.unwrap()], NONCE).unwrap();
    assert_ne!(swapped.words(), honest.words());
}

#[test]
pub(crate) fn a_claim_needs_the_claim_link() {
    let offer = offer(2, Delegations::default(), rules()).unwrap();
    let honest = claim(&offer, 1);
    assert!(honest.is_made_with(&SECRET, &TALK));
    assert!(!honest.is_made_with(&[0; 32], &TALK));
}

#[test]
pub(crate) fn the_nonce_is_the_one_committed_to() {
    let offer = offer(2, Delegations::default(), rules()).unwrap();
    let claims = vec![claim(&offer, 1)];
    assert_eq!(
        Genesis::new(offer, claims, [0; 32]),
        Err(FoundingError::Nonce)
    );
}

#[test]
pub(crate) fn a_link_names_its_offer() {
    let ours = offer(2, Delegations::default(), rules()).unwrap();
    let other = offer(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Roster),
    )
    .unwrap();
    assert!(Offer::decode_named(ours.as_bytes(), &ours.hash()).is_ok());
    assert_eq!(
        Offer::decode_named(other.as_bytes(), &ours.hash()),
        Err(FoundingError::OtherOffer)
    );
}

#[test]
fn every_place_is_claimed_once() {
    let offer = offer(
        3,
        Delegations::default(),
        Rules::all_of(all(3), Admit::Each),
    )
    .unwrap();
    let (one, two) = (claim(&offer, 1), claim(&offer, 2));
    for claims in [
        vec![one.clone()],
        vec![one.clone(), one.clone()],
        vec![two.clone(), one.clone()],
    ] {
        assert_eq!(
            Genesis::new(offer.clone(), claims, NONCE),
            Err(FoundingError::Slot)
        );
    }
    assert!(Genesis::new(offer, vec![one, two], NONCE).is_ok());
}

/// R-T1. The neutral one may be left out, a side may not; nobody is asked who isn't there.
#[test]
pub(crate) fn r_t1_one_side_never_decides_alone() {
    let neutral = Delegations::default().with(DelegationIndex(2));
    let sides = Delegations(0b011);
    assert!(offer(3, neutral, Rules::all_of(sides, Admit::Each)).is_ok());
    assert!(offer(3, neutral, Rules::all_of(all(3), Admit::Each)).is_ok());
    for matter in Matter::ALL {
        for mask in [0b001, 0b010, 0b100, 0b1011] {
            let rules = Rules::all_of(all(3), Admit::Each).with(matter, Delegations(mask));
            assert_eq!(offer(3, neutral, rules), Err(FoundingError::OneKeyed));
        }
    }
}

#[test]
fn a_talk_has_two_sides_at_least() {
    let neutral = Delegations(0b10);
    assert_eq!(
        offer(2, neutral, Rules::all_of(all(2), Admit::Each)),
        Err(FoundingError::Slot)
    );
    assert_eq!(
        offer(
            1,
            Delegations::default(),
            Rules::all_of(all(1), Admit::Each)
        ),
        Err(FoundingError::Slot)
    );
}

#[test]
pub(crate) fn nobody_is_on_both_sides() {
    let offer = offer(2, Delegations::default(), rules()).unwrap();
    let mut twin = party(1, false);
    twin.root = root(0).public();
    let twin = Claim::new(
        &root(0),
        &offer,
        DelegationIndex(1),
        &twin,
        &SECRET,
        &[1; 32],
    )
    .unwrap();
    assert_eq!(
        Genesis::new(offer, vec![twin], NONCE),
        Err(FoundingError::SameKey)
    );
}

#[test]
pub(crate) fn a_charter_needs_every_root() {
    let genesis = genesis(2, Delegations::default(), rules());
    let charter = Charter::founded(&genesis, 2);
    let stranger = |delegation: u8| -> KeyPair {
        if delegation == 1 {
            key("stranger")
        } else {
            root(delegation)
        }
    };
    assert_eq!(
        Ratified::found(&sign_charter(&charter, &genesis, stranger)),
        Err(CharterError::Unsigned(DelegationIndex(1)))
    );
    let mut other = charter.clone();
    other.rules = Rules::all_of(all(2), Admit::Roster);
    assert_eq!(
        Ratified::found(&sign_charter(&other, &genesis, root)),
        Err(CharterError::Differs)
    );
}

#[test]
fn every_bit_of_a_ratified_charter_counts() {
    let bytes = ratified(&genesis(2, Delegations::default(), rules()));
    let read = Ratified::found(&bytes).unwrap();
    assert_eq!(read.as_bytes(), bytes);
    for bit in (0..bytes.len() * 8).step_by(3) {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(Ratified::found(&altered).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Ratified::found(&bytes[..length]).is_err(), "{length} bytes");
    }
}

#[test]
pub(crate) fn whoever_took_part_accepts_no_other_founding() {
    let genesis = genesis(2, Delegations::default(), rules());
    let founding = Body::Charter(ratified(&genesis));
    let mut record = Record::new(TALK, Some([0; 32]));
    assert_eq!(write(&mut record, 0, &founding), Err(Void::OtherGenesis));
    // A seat can't found a talk, and nothing counts before.
    let mut record = Record::new(TALK, Some(crate::crypto::hash(&[&genesis.encode()])));
    let early = Body::Life {
        kind: 64,
        content: vec![],
    };
    assert_eq!(write(&mut record, 0, &early), Err(Void::Founding));
    assert_eq!(write(&mut record, 0, &founding), Ok(vec![Change::Founded]));
}
