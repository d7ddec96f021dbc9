//! What a hostile member of a delegation tries in a room of a talk, with the server's help. Each test
//! names its rule and shows that with the rule turned off the attack would succeed.

mod common;

use common::talk::*;
use incamera_e2ee::Rule;

/// Refused with all rules, and not without this one.
#[track_caller]
fn check(rule: Rule, attack: impl Fn(&[Rule]) -> bool) {
    assert!(!attack(&[]), "refused");
    assert!(attack(&[rule]), "without {rule}");
}

#[test]
fn r_c1_marks_that_the_commit_does_not_authenticate() {
    check(Rule::C1, unlike_marks);
}

#[test]
fn r_c2_a_pre_shared_key() {
    check(Rule::C2, pre_shared_key);
}

#[test]
fn r_c3_a_lifetime() {
    check(Rule::C3, lifetime);
}

#[test]
fn r_c4_a_path_that_renames() {
    check(Rule::C4, renamed_path);
}

#[test]
fn r_c5_a_seat_for_another_room() {
    check(Rule::C5, other_room);
}

#[test]
fn r_c5_a_seat_with_another_key() {
    check(Rule::C5, other_key);
}

#[test]
fn r_c5a_nobody_of_the_other_side_approved() {
    check(Rule::Approved, unapproved);
}

#[test]
fn r_c5b_who_does_not_stand_any_more() {
    for fall in [Fall::Ejected, Fall::Withdrawn, Fall::HeadRevoked] {
        check(Rule::Revoked, |off| fallen(fall, off));
    }
}

#[test]
fn r_c5c_who_is_locked_out() {
    check(Rule::LockedOut, locked_out);
}

#[test]
fn r_c5d_an_automatic_invitation_used_twice() {
    check(Rule::SingleUse, second_use);
}

#[test]
fn r_c7_the_fallen_stay() {
    check(Rule::C7, nobody_removed);
}

#[test]
fn r_c7_back_in_the_record() {
    check(Rule::C7, back_in_the_record);
}

#[test]
fn r_c8a_opened_in_the_past() {
    check(Rule::OldPlace, opened_in_the_past);
}

#[test]
fn r_c10_a_welcome_to_somebody_fallen() {
    check(Rule::C10, welcome_to_the_fallen);
}

#[test]
fn r_b1_two_records() {
    check(Rule::Fork, two_records);
}

#[test]
fn r_b2_an_ejection_kept_back() {
    check(Rule::Silent, eject_withheld);
}

#[test]
fn r_b3_a_removal_kept_back() {
    check(Rule::Fallen, removal_withheld);
}
