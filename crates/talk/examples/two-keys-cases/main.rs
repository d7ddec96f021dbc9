//! Writes cases for `verify/incamera_verify.py`: what founds and governs a talk, honest and broken,
//! with what the Rust code says of it. `two-keys-cases FOLDER` makes `FOLDER/cases` and, for the
//! check that the comparison notices anything, `FOLDER/planted` with one wrong expectation.

#![allow(
    clippy::unwrap_used,
    reason = "for tests: a case that can't be made is a fault"
)]

mod admission;
mod amending;
mod case;
mod founding;
mod mutate;
mod records;
mod schedules;

use case::Case;
use std::fs;
use std::path::Path;

/// How many random records are made, and how many entries each has.
const SCHEDULES: u64 = 300;
const STEPS: usize = 16;

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let folder = Path::new(&folder);
    let mut cases = Vec::new();
    cases.extend(founding::cases());
    cases.extend(amending::cases());
    cases.extend(admission::cases());
    cases.extend(records::cases());
    let by_hand = cases.len();
    cases.extend((0..SCHEDULES).map(|seed| schedules::case(seed, STEPS)));
    write(&folder.join("cases"), &cases);
    write(&folder.join("planted"), &[records::planted()]);
    eprintln!("{by_hand} cases by hand, {} in all", cases.len());
}

fn write(folder: &Path, cases: &[Case]) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
    fs::create_dir_all(folder).expect("the folder can be made");
    for case in cases {
        let path = folder.join(format!("{}.json", case.name()));
        assert!(!path.exists(), "two cases are called {}", case.name());
        fs::write(path, case.to_json()).expect("the case can be written");
    }
}
