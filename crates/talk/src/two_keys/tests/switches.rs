//! Each check, turned off: some test has to notice.

use super::{acts, admission, amending, founding, heads, packets, signatures, team_keys};
use crate::two_keys::switch::{Check, without};

/// The test that shows what a check is for.
fn test_of(check: Check) -> fn() {
    match check {
        Check::T1 => founding::r_t1_one_side_never_decides_alone,
        Check::T2 => amending::r_t2_a_lost_root_is_replaced_by_the_one_that_was_named,
        Check::T3 => admission::r_t3_a_mediator_is_neutral,
        Check::T4 => heads::r_t4_nobody_becomes_a_head_by_themselves,
        Check::L1 => acts::r_l1_an_entry_counts_in_its_place,
        Check::L2 => acts::r_l2_only_who_is_asked_consents,
        Check::L3 => acts::r_l3_an_act_names_the_last_one,
        Check::L4 => acts::r_l4_one_open_act_binds,
        Check::L5 => admission::r_l5_only_ones_own_people_are_withdrawn,
        Check::OfferSignature => signatures::offers,
        Check::OfferHash => founding::a_link_names_its_offer,
        Check::ClaimSignature => signatures::claims,
        Check::ClaimMac => founding::a_claim_needs_the_claim_link,
        Check::Nonce => founding::the_nonce_is_the_one_committed_to,
        Check::SameKey => founding::nobody_is_on_both_sides,
        Check::Differs => founding::a_charter_needs_every_root,
        Check::Predecessor => amending::an_amendment_follows_the_charter_in_force,
        Check::CharterSignature => amending::an_amendment_is_an_act_of_all,
        Check::HeadSignature => signatures::heads,
        Check::InviteSignature => signatures::invitations,
        Check::Invited => signatures::what_was_invited,
        Check::VoucherSignature => signatures::vouchers,
        Check::SeatSignature => signatures::seats,
        Check::ApprovalSignature => signatures::approvals,
        Check::Approved => admission::both_sides_make_a_seat,
        Check::EntrySignature => signatures::entries,
        Check::RevocationSignature => signatures::revocations,
        Check::WithdrawalSignature => signatures::withdrawals,
        Check::RevokedHead => admission::a_revoked_head_takes_its_vouchers_and_approvals_along,
        Check::RevokedSeat => admission::r_l5_only_ones_own_people_are_withdrawn,
        Check::Locked => admission::a_lock_lists_who_may_stay,
        Check::Expired => acts::acts_expire,
        Check::Ended => acts::nothing_is_decided_after_the_end,
        Check::ClaimPacketSignature => packets::a_claim_is_signed_by_its_head,
        Check::CounterSignature => packets::an_answer_is_signed_by_the_proposers_head,
        Check::CounterClaim => packets::an_answer_is_to_one_claim,
        Check::DeclineSignature => packets::a_refusal_is_signed_by_the_proposers_head,
        Check::BoxSignature => packets::the_box_is_the_seats,
        Check::AskSignature => packets::whoever_asks_has_the_invitation,
        Check::Asked => packets::whoever_asks_wants_what_was_offered,
        Check::HeadInvited => heads::whoever_asks_to_be_a_head_was_invited,
        Check::HeadKeySeat => heads::a_heads_key_is_named_by_the_seat,
        Check::HeadKeyHead => heads::a_heads_key_is_its_persons,
        Check::HeadSeat => heads::a_certificate_is_of_its_seat,
        Check::OtherSeat => packets::what_is_granted_was_asked_for,
        Check::RoomBox => team_keys::a_box_is_named_by_its_seat,
        Check::RoomMember => team_keys::members_give_a_room_its_key,
        Check::RoomKeysSignature => team_keys::a_rooms_key_is_signed_by_who_gives_it,
        Check::OtherGenesis => founding::whoever_took_part_accepts_no_other_founding,
        Check::LF1
        | Check::LF2
        | Check::LF3
        | Check::LF4
        | Check::LF5
        | Check::LF6
        | Check::LF7
        | Check::MT1
        | Check::AG1
        | Check::AG2
        | Check::AG3
        | Check::TM1
        | Check::CM1
        | Check::CM2
        | Check::RO1
        | Check::RO2
        | Check::RO3
        | Check::RO4 => life(check),
    }
}

fn life(check: Check) -> fn() {
    crate::life::tests::switches::test_of(check).unwrap()
}

#[test]
fn a_check_that_is_off_is_noticed() {
    for check in Check::ALL {
        let test = test_of(*check);
        test();
        let noticed = without(*check, test);
        assert!(noticed.is_err(), "no test notices: {}", check.id());
    }
}
