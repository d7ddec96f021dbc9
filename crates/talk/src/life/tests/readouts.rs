use super::*;
use crate::crypto::{hash, verify_raw};

fn readout(bench: &Bench) -> Readout {
    bench.life.readouts()[&ID].clone()
}

/// Head 0 of a side signs a version as it is.
pub(super) fn sign(bench: &mut Bench, side: u8, on: u64) -> Result<(), LifeVoid> {
    let text = readout(bench).versions[&on].text();
    let signature = head(side, 0).0.sign_raw(text.as_bytes());
    bench.step(side, Deed::Readout(ReadoutStep::Sign { on, signature }))
}

fn dispute(on: u64) -> Deed {
    Deed::Readout(ReadoutStep::Dispute {
        on,
        text: line("We never said so."),
    })
}

/// Drafts on `parents`, and says at which position.
fn drafted(bench: &mut Bench, side: u8, parents: Vec<u64>, headline: &str) -> u64 {
    let on = bench.next();
    bench.step_from(side, parents, draft(headline)).unwrap();
    on
}

#[test]
fn a_readout_is_agreed_when_each_side_signed_the_same_version() {
    let mut bench = Bench::new();
    let first = drafted(&mut bench, 0, vec![], "Quotas");
    sign(&mut bench, 0, first).unwrap();
    bench.step(1, dispute(first)).unwrap();
    let second = drafted(&mut bench, 1, vec![first], "Quotas agreed");
    sign(&mut bench, 1, second).unwrap();
    assert!(readout(&bench).disputes.is_empty());
    assert_eq!(readout(&bench).agreed, None);
    assert_eq!(sign(&mut bench, 2, second), Err(LifeVoid::NotAsked));
    assert_eq!(sign(&mut bench, 1, second), Err(LifeVoid::Again));
    sign(&mut bench, 0, second).unwrap();
    let agreed = readout(&bench);
    let text = agreed.versions[&second].text();
    assert_eq!(agreed.agreed, Some((second, hash(&[text.as_bytes()]))));
    assert!(text.contains(&format!("Record: {second} ")));
    for signed in agreed.signatures.values() {
        assert!(verify_raw(
            &signed.by.key,
            text.as_bytes(),
            &signed.signature
        ));
    }
    let last = bench.life.timeline().events().next_back().unwrap();
    assert_eq!(last.said, Said::ReadoutAgreed(ID));
    assert!(!agreed.published);
    let readout_hash = hash(&[text.as_bytes()]);
    bench.in_force(ActBody::Publish { readout: [1; 32] });
    assert!(!readout(&bench).published);
    bench.in_force(ActBody::Publish {
        readout: readout_hash,
    });
    assert!(readout(&bench).published);
}

#[test]
pub(crate) fn r_ro1_nothing_in_brackets_is_signed() {
    let mut bench = Bench::new();
    let first = drafted(&mut bench, 0, vec![], "Quotas [agreed]");
    assert_eq!(sign(&mut bench, 0, first), Err(LifeVoid::Brackets));
}

#[test]
pub(crate) fn r_ro2_only_the_sole_latest_version_is_signed() {
    let mut bench = Bench::new();
    let first = drafted(&mut bench, 0, vec![], "Quotas");
    let second = drafted(&mut bench, 0, vec![first], "Quotas agreed");
    let beside = drafted(&mut bench, 1, vec![first], "No quotas");
    for on in [first, second, beside] {
        assert_eq!(sign(&mut bench, 0, on), Err(LifeVoid::NotTip));
    }
    assert_eq!(readout(&bench).tips, [second, beside].into());
    let both = drafted(&mut bench, 1, vec![second, beside], "Some quotas");
    sign(&mut bench, 0, both).unwrap();
    assert_eq!(readout(&bench).tips, [both].into());
    let nowhere = bench.step_from(0, vec![both + 1], draft("Quotas"));
    assert_eq!(nowhere, Err(LifeVoid::Unknown));
}

#[test]
pub(crate) fn r_ro3_a_head_signs_the_text() {
    let mut bench = Bench::new();
    let first = drafted(&mut bench, 0, vec![], "Quotas");
    let second = drafted(&mut bench, 0, vec![first], "Quotas");
    let forged = Err(LifeVoid::Signature);
    let text = readout(&bench).versions[&second].text();
    let other = readout(&bench).versions[&first].text();
    // The same words at another place are another text.
    assert_ne!(text, other);
    let mut try_sign = |key: &KeyPair, text: &str| {
        let signature = key.sign_raw(text.as_bytes());
        let deed = ReadoutStep::Sign {
            on: second,
            signature,
        };
        bench.step(0, Deed::Readout(deed))
    };
    assert_eq!(try_sign(&head(1, 0).0, &text), forged);
    assert_eq!(try_sign(&head(0, 0).0, &other), forged);
    assert_eq!(try_sign(&head(0, 0).0, &text), Ok(()));
}

#[test]
pub(crate) fn r_ro4_an_agreed_readout_doesnt_change() {
    let mut bench = Bench::new();
    let first = drafted(&mut bench, 0, vec![], "Quotas");
    sign(&mut bench, 0, first).unwrap();
    bench
        .step(0, Deed::Readout(ReadoutStep::Unsign { on: first }))
        .unwrap();
    assert!(readout(&bench).signatures.is_empty());
    sign(&mut bench, 0, first).unwrap();
    sign(&mut bench, 1, first).unwrap();
    let agreed = Err(LifeVoid::Agreed);
    assert_eq!(bench.step_from(1, vec![first], draft("Other")), agreed);
    let unsign = Deed::Readout(ReadoutStep::Unsign { on: first });
    assert_eq!(bench.step(0, unsign), agreed);
    assert_eq!(bench.step(0, dispute(first)), agreed);
    let comment = Deed::Readout(ReadoutStep::Comment {
        on: first,
        paragraph: None,
        text: line("At last."),
    });
    bench.step(0, comment).unwrap();
}

#[test]
fn nobody_is_quoted_who_isnt_there() {
    let mut bench = Bench::new();
    let mut quoting = document("Quotas");
    quoting.paragraphs[0].attribution = Attribution::Anonymous {
        delegation: DelegationIndex(9),
    };
    let deed = Deed::Readout(ReadoutStep::Draft(Arc::new(quoting)));
    assert_eq!(bench.step_from(0, vec![], deed), Err(LifeVoid::Unknown));
    let first = drafted(&mut bench, 0, vec![], "Quotas");
    for (on, paragraph) in [(first + 1, None), (first, Some(1))] {
        let comment = Deed::Readout(ReadoutStep::Comment {
            on,
            paragraph,
            text: line("Who?"),
        });
        assert_eq!(bench.step(0, comment), Err(LifeVoid::Unknown));
    }
}
