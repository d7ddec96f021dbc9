use crate::crypto::KeyPair;
use crate::two_keys::sample::*;
use crate::two_keys::*;

#[track_caller]
fn check(
    change: impl Fn(&mut Charter),
    roots: impl Fn(u8) -> KeyPair,
    expected: Result<(), CharterError>,
) {
    let record = two();
    let standing = record.standing().unwrap();
    let mut amended = standing.charter().amended();
    change(&mut amended);
    let bytes = sign_charter(&amended, standing.ratified().genesis(), roots);
    assert_eq!(standing.ratified().amend(&bytes).map(|_| ()), expected);
}

#[test]
pub(crate) fn an_amendment_is_an_act_of_all() {
    let roster = |charter: &mut Charter| charter.rules.admit = Admit::Roster;
    check(roster, root, Ok(()));
    let stranger = |d: u8| if d == 0 { key("stranger") } else { root(d) };
    check(
        roster,
        stranger,
        Err(CharterError::Unsigned(DelegationIndex(0))),
    );
}

#[test]
pub(crate) fn an_amendment_follows_the_charter_in_force() {
    check(
        |charter| charter.serial += 1,
        root,
        Err(CharterError::Predecessor),
    );
    let record = two();
    let ratified = record.standing().unwrap().ratified();
    let first = ratified.charter().amended();
    let mut second = first.amended();
    second.rules.admit = Admit::Roster;
    let genesis = ratified.genesis();
    let bytes = sign_charter(&second, genesis, root);
    assert_eq!(ratified.amend(&bytes), Err(CharterError::Predecessor));
    let first = ratified
        .amend(&sign_charter(&first, genesis, root))
        .unwrap();
    assert!(first.amend(&bytes).is_ok());
}

/// R-T1 again: the rules stay two-keyed.
#[test]
fn r_t1_holds_after_an_amendment() {
    check(
        |charter| charter.rules = charter.rules.with(Matter::Eject, Delegations(0b01)),
        root,
        Err(CharterError::OneKeyed),
    );
}

/// R-T2.
#[test]
pub(crate) fn r_t2_a_lost_root_is_replaced_by_the_one_that_was_named() {
    let replace =
        |with: KeyPair| move |charter: &mut Charter| charter.parties[1].root = with.public();
    let new = |d: u8| if d == 1 { next_root(1) } else { root(d) };
    check(replace(next_root(1)), new, Ok(()));
    let thief = |d: u8| if d == 1 { key("thief") } else { root(d) };
    check(replace(key("thief")), thief, Err(CharterError::Replaced));
    // The old key doesn't sign for the new one.
    check(
        replace(next_root(1)),
        root,
        Err(CharterError::Unsigned(DelegationIndex(1))),
    );
    let both = |charter: &mut Charter| {
        charter.parties[0].root = next_root(0).public();
        charter.parties[1].root = next_root(1).public();
    };
    check(both, next_root, Err(CharterError::Replaced));
    let gone = |charter: &mut Charter| drop(charter.parties.pop());
    check(gone, root, Err(CharterError::OneKeyed));
}

#[test]
fn a_replaced_root_takes_its_heads_along() {
    let mut record = two();
    let standing = record.standing().unwrap();
    let mut amended = standing.charter().amended();
    amended.parties[1].root = next_root(1).public();
    let genesis = standing.ratified().genesis().clone();
    let new = |d: u8| if d == 1 { next_root(1) } else { root(d) };
    let body = Body::Charter(sign_charter(&amended, &genesis, new));
    let open = Body::Act(act(&record, ActBody::End));
    let proposed = write(&mut record, 1, &open).unwrap();
    let Change::Proposed(hash) = proposed[0] else {
        panic!("{proposed:?}");
    };
    assert_eq!(
        write(&mut record, 0, &body),
        Ok(vec![Change::Superseded(hash), Change::Amended])
    );
    let refused = write(&mut record, 1, &open);
    assert!(
        matches!(refused, Err(Void::Entry(EntryError::Head(_)))),
        "{refused:?}"
    );
}
