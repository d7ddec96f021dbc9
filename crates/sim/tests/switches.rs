//! Each rule, turned off everywhere: the attack that it stops succeeds, so some named test fails.

mod common;

use common::{link, talk};
use core::time::Duration;
use incamera_e2ee::Rule;
use incamera_e2ee::attack::Forgery;

type Attack = fn(&[Rule]) -> bool;

/// The attack that a rule stops, and the test that is named after it. A rule that has none isn't
/// compiled.
fn attack_on(rule: Rule) -> (&'static str, Attack) {
    match rule {
        Rule::C1 => ("two_keys_attacks::r_c1", talk::unlike_marks),
        Rule::C2 => ("two_keys_attacks::r_c2", talk::pre_shared_key),
        Rule::C3 => ("two_keys_attacks::r_c3", talk::lifetime),
        Rule::C4 => ("two_keys_attacks::r_c4", talk::renamed_path),
        Rule::C5 => ("two_keys_attacks::r_c5", talk::other_key),
        Rule::Approved => ("two_keys_attacks::r_c5a", talk::unapproved),
        Rule::Revoked => ("two_keys_attacks::r_c5b", |off| {
            talk::fallen(talk::Fall::Withdrawn, off)
        }),
        Rule::LockedOut => ("two_keys_attacks::r_c5c", talk::locked_out),
        Rule::SingleUse => ("two_keys_attacks::r_c5d", talk::second_use),
        Rule::C7 => ("two_keys_attacks::r_c7", talk::nobody_removed),
        Rule::C8 => ("attacks::r_c8", link::second_commit),
        Rule::OldPlace => ("two_keys_attacks::r_c8a", talk::opened_in_the_past),
        Rule::C9 => ("attacks::r_c9", link::unprocessable),
        Rule::C10 => ("two_keys_attacks::r_c10", talk::welcome_to_the_fallen),
        Rule::KeepPackage => ("attacks::r_c10", |off| {
            !link::welcome(Forgery::JunkWelcome, off).0
        }),
        Rule::Replay => ("media::r_m1", |off| link::frame_again(false, off).is_ok()),
        Rule::Reflection => ("media::r_m2", |off| link::frame_again(true, off).is_ok()),
        Rule::Fork => ("two_keys_attacks::r_b1", talk::two_records),
        Rule::Silent => ("two_keys_attacks::r_b2", talk::eject_withheld),
        Rule::Lists => ("media::r_b3", |off| link::forged_sound(Some(50), off) == 0),
        Rule::Fallen => ("two_keys_attacks::r_b4", talk::removal_withheld),
        Rule::Reactions => ("presence::r_p1", |off| link::flooding_reactions(off) > 22),
        Rule::Hands => ("presence::r_p2", link::newcomers_hand),
        Rule::Connections => ("presence::r_p3", link::lying_connection),
        Rule::Changes => ("presence::r_p4", |off| link::flapping(off) > 30),
        Rule::Overslept => ("sleeping::r_p5", |off| {
            (20..30).any(|seed| link::overslept(seed, Duration::from_secs(600), off))
        }),
    }
}

#[test]
fn a_rule_that_is_off_is_noticed() {
    for rule in Rule::ALL {
        let (test, attack) = attack_on(*rule);
        assert!(!attack(&[]), "{rule} ({test}): refused");
        assert!(attack(&[*rule]), "{rule} ({test}): nothing else stops it");
    }
}

/// The tests are there under these names.
#[test]
fn each_rule_has_a_test_of_its_name() {
    for rule in Rule::ALL {
        let (test, _) = attack_on(*rule);
        let (file, name) = test.split_once("::").expect("a file's");
        let path = format!("{}/tests/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(path).expect("a file of tests");
        let id = name.replace('_', "-").to_uppercase();
        assert!(rule.id().to_uppercase().starts_with(&id), "{rule}: {name}");
        assert!(source.contains(&format!("fn {name}_")), "{rule}: {name}");
    }
}
