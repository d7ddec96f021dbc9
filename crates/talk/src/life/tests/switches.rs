//! The test that shows what each check of the life is for; the checks are turned off one by one
//! with those of `two_keys`.

use super::{agenda, common, floor, meetings, readouts, work};
use crate::two_keys::switch::Check;

pub(crate) fn test_of(check: Check) -> Option<fn()> {
    Some(match check {
        Check::LF1 => common::r_lf1_a_step_that_crossed_another_is_void,
        Check::LF2 => common::r_lf2_texts_that_crossed_stand_beside_each_other,
        Check::LF3 => common::r_lf3_all_who_are_asked_agree_and_nobody_else,
        Check::LF4 => common::r_lf4_who_may_write_what,
        Check::LF5 => common::r_lf5_a_revoked_head_takes_along_what_isnt_agreed_yet,
        Check::LF6 => common::r_lf6_no_side_takes_the_others_room,
        Check::LF7 => common::r_lf7_nothing_is_said_after_the_end,
        Check::MT1 => meetings::r_mt1_a_meeting_goes_from_state_to_state,
        Check::AG1 => agenda::r_ag1_marks_are_for_what_stands_there,
        Check::AG2 => floor::r_ag2_one_item_is_before_the_meeting,
        Check::AG3 => floor::r_ag3_speaking_time_is_what_all_say,
        Check::TM1 => work::r_tm1_members_and_heads_report,
        Check::CM1 => work::r_cm1_the_owner_says_what_is_done,
        Check::CM2 => work::r_cm2_another_side_says_that_it_isnt,
        Check::RO1 => readouts::r_ro1_nothing_in_brackets_is_signed,
        Check::RO2 => readouts::r_ro2_only_the_sole_latest_version_is_signed,
        Check::RO3 => readouts::r_ro3_a_head_signs_the_text,
        Check::RO4 => readouts::r_ro4_an_agreed_readout_doesnt_change,
        _ => return None,
    })
}
