//! Charters and their amendments.

use super::case::Case;
use super::mutate::*;
use incamera_model::TalkId;
use incamera_talk::Title;
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::sample::*;
use incamera_talk::two_keys::*;

fn founding() -> Genesis {
    genesis(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Each),
    )
}

fn second() -> (Genesis, Ratified) {
    let genesis = founding();
    let first = Ratified::found(&ratified(&genesis)).unwrap();
    (genesis, first)
}

/// A first charter and one amendment of it.
fn amended(change: impl FnOnce(&mut Charter), roots: impl Fn(u8) -> KeyPair) -> Vec<Vec<u8>> {
    let (genesis, first) = second();
    let mut charter = first.charter().amended();
    change(&mut charter);
    vec![
        first.as_bytes().to_vec(),
        sign_charter(&charter, &genesis, roots),
    ]
}

fn new_root(which: u8) -> impl Fn(u8) -> KeyPair {
    move |d| if d == which { next_root(d) } else { root(d) }
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        chain(),
        founded(),
        signatures(),
        predecessors(),
        replacements(),
        one_keyed(),
        altered(),
    ]
}

fn chain() -> Case {
    let (genesis, first) = second();
    let mut charters = vec![first.as_bytes().to_vec()];
    let mut last = first;
    let mut step = |charter: Charter, roots: &dyn Fn(u8) -> KeyPair| {
        let bytes = sign_charter(&charter, &genesis, roots);
        last = last.amend(&bytes).unwrap();
        charters.push(bytes);
        last.charter().amended()
    };
    let mut charter = step(
        Charter::amended(Ratified::found(&ratified(&genesis)).unwrap().charter()),
        &root,
    );
    charter.rules.admit = Admit::Roster;
    charter.title = Title::new("Fisheries, continued").unwrap();
    let mut charter = step(charter, &root);
    charter.parties[1].root = next_root(1).public();
    charter.parties[0].origins.clear();
    let mut charter = step(charter, &new_root(1));
    charter.parties[0].root = next_root(0).public();
    charter.wire_version += 1;
    let charter = step(charter, &next_root);
    let late = sign_charter(&charter, &genesis, root);
    charters.push(late);
    Case::new(
        "charter-chain",
        "rules, title, origins and both roots change; then an old root signs",
    )
    .charters(&[charters])
    .are_chain(&["ok", "ok", "ok", "ok", "ok", "unsigned"])
}

impl Case {
    #[track_caller]
    fn are_chain(mut self, verdicts: &[&str]) -> Self {
        assert_eq!(
            self.expected_mut("charters")[0],
            serde_json::json!(verdicts)
        );
        self
    }

    /// The last verdict of each chain is `reason`.
    #[track_caller]
    fn end_with(mut self, reason: &str) -> Self {
        for (at, chain) in self
            .expected_mut("charters")
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            assert_eq!(chain.as_array().unwrap().last().unwrap(), reason, "{at}");
        }
        self
    }
}

fn founded() -> Case {
    let genesis = founding();
    let honest = Charter::founded(&genesis, 2);
    let of = |change: &dyn Fn(&mut Charter)| {
        let mut charter = honest.clone();
        change(&mut charter);
        vec![sign_charter(&charter, &genesis, root)]
    };
    let chains = [
        of(&|charter| charter.rules = Rules::all_of(all(2), Admit::Roster)),
        of(&|charter| charter.title = Title::new("Forests").unwrap()),
        of(&|charter| charter.talk = TalkId([8; 16])),
        of(&|charter| charter.serial = 1),
        of(&|charter| charter.parties.swap(0, 1)),
        of(&|charter| charter.parties[1].control = key("another").public()),
        of(&|charter| charter.parties[1].origins.clear()),
        vec![sign_charter(&honest.amended(), &genesis, root)],
    ];
    Case::new(
        "charter-differs",
        "a first charter says something else than was offered and claimed",
    )
    .charters(&chains)
    .end_with("differs")
}

fn signatures() -> Case {
    let genesis = founding();
    let charter = Charter::founded(&genesis, 2);
    let good = ratified(&genesis);
    let signed = |by: &[KeyPair]| {
        let signatures: Vec<_> = by.iter().map(|root| charter.sign(root)).collect();
        vec![Ratified::encode(&charter, &genesis, &signatures)]
    };
    let mut chains: Vec<_> = forged(&good, &[good.len(), good.len() - 64])
        .into_iter()
        .map(|bytes| vec![bytes])
        .collect();
    chains.extend([
        signed(&[]),
        signed(&[root(0)]),
        signed(&[root(1), root(0)]),
        signed(&[root(0), root(0)]),
        signed(&[root(0), key("stranger")]),
    ]);
    let amendments = [
        amended(|_| (), |d| if d == 0 { key("stranger") } else { root(d) }),
        amended(|_| (), |d| if d == 1 { key("stranger") } else { root(d) }),
        amended(
            |charter| charter.parties[1].root = next_root(1).public(),
            root,
        ),
    ];
    chains.extend(amendments);
    Case::new(
        "charter-unsigned",
        "each root's signature missing, swapped or by another key",
    )
    .charters(&chains)
    .end_with("unsigned")
}

fn predecessors() -> Case {
    let (genesis, first) = second();
    let bytes = first.as_bytes().to_vec();
    let two_ahead = sign_charter(&first.charter().amended().amended(), &genesis, root);
    let other = sample::genesis(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Roster),
    );
    let elsewhere = sign_charter(&Charter::founded(&other, 2).amended(), &other, root);
    let mixed = sign_charter(&first.charter().amended(), &other, root);
    let mut changed = first.charter().clone();
    changed.wire_version = 3;
    let chains = [
        amended(|charter| charter.serial += 1, root),
        amended(|charter| charter.talk = TalkId([8; 16]), root),
        vec![bytes.clone(), two_ahead],
        vec![bytes.clone(), elsewhere],
        vec![bytes.clone(), mixed],
        vec![
            bytes.clone(),
            sign_charter(&changed.amended(), &genesis, root),
        ],
        vec![bytes.clone(), bytes],
    ];
    Case::new(
        "charter-predecessor",
        "amendments of another charter than the one in force",
    )
    .charters(&chains)
    .end_with("predecessor")
}

fn replacements() -> Case {
    let three = |change: &dyn Fn(&mut Charter)| {
        let genesis = genesis(
            3,
            Delegations(0b100),
            Rules::all_of(Delegations(0b11), Admit::Each),
        );
        let first = Ratified::found(&ratified(&genesis)).unwrap();
        let mut charter = first.charter().amended();
        change(&mut charter);
        vec![
            first.as_bytes().to_vec(),
            sign_charter(&charter, &genesis, root),
        ]
    };
    let thief = |d: u8| if d == 1 { key("thief") } else { root(d) };
    let chains = [
        amended(
            |charter| charter.parties[1].root = key("thief").public(),
            thief,
        ),
        amended(
            |charter| (0..2).for_each(|d| charter.parties[d].root = next_root(d as u8).public()),
            next_root,
        ),
        amended(|charter| charter.parties.swap(0, 1), |d| root(1 - d)),
        amended(
            |charter| charter.parties[1].control = root(1).public(),
            root,
        ),
        amended(
            |charter| charter.parties[1].control = charter.parties[0].control,
            root,
        ),
        three(&|charter| drop(charter.parties.pop())),
        three(&|charter| charter.parties[2].neutral = false),
        three(&|charter| charter.parties.push(party(4, true))),
    ];
    let chains: Vec<_> = chains
        .into_iter()
        .map(|mut chain| {
            // A neutral delegation that becomes a side isn't asked: one-keyed comes first.
            if Ratified::found(&chain[0]).unwrap().amend(&chain[1]) == Err(CharterError::OneKeyed) {
                chain.truncate(1);
            }
            chain
        })
        .filter(|chain| chain.len() == 2)
        .collect();
    assert!(chains.len() >= 7);
    Case::new(
        "charter-r-t2",
        "R-T2: delegations, neutrality or keys other than agreed",
    )
    .charters(&chains)
    .end_with("replaced")
}

fn one_keyed() -> Case {
    let mut chains: Vec<_> = Matter::ALL
        .iter()
        .flat_map(|matter| {
            [0, 0b01, 0b10, 0b111].map(|mask| {
                amended(
                    |charter| charter.rules = charter.rules.with(*matter, Delegations(mask)),
                    root,
                )
            })
        })
        .collect();
    chains.push(amended(|charter| drop(charter.parties.pop()), root));
    Case::new(
        "charter-r-t1",
        "R-T1: an amendment that leaves one side out",
    )
    .charters(&chains)
    .end_with("one-keyed")
}

fn altered() -> Case {
    let good = ratified(&founding());
    let chains: Vec<_> = flipped(&good, 150)
        .into_iter()
        .chain(cut(&good, 60))
        .map(|bytes| vec![bytes])
        .collect();
    let mut case = Case::new(
        "charter-altered",
        "a ratified charter with one bit altered, or cut short",
    )
    .charters(&chains);
    for chain in case.expected_mut("charters").as_array().unwrap() {
        assert_ne!(chain[0], "ok");
    }
    case
}
