use crate::text::Name;
use std::collections::BTreeMap;
use unicode_security::{MixedScript as _, skeleton};

/// Why a name deserves a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// It looks like the name at this index, which is another one.
    LooksLike(usize),
    /// It mixes scripts in a way that no single language does (UTS 39 section 5.1).
    MixedScripts,
}

/// Flags names that look alike (UTS 39 section 4, skeletons without regard to case) or mix scripts.
/// Equal names are flagged too: two people may have one, but whoever reads the list should know.
#[must_use]
pub fn suspicions(names: &[&Name]) -> Vec<Option<Suspicion>> {
    let mut first = BTreeMap::new();
    let flag = |(index, name): (usize, &&Name)| {
        let folded = name.as_str().to_lowercase();
        let looks = skeleton(&folded)
            .filter(|c| !c.is_whitespace())
            .collect::<String>();
        match first.get(&looks) {
            Some(other) => Some(Suspicion::LooksLike(*other)),
            None => {
                first.insert(looks, index);
                let mixes = name
                    .as_str()
                    .split_whitespace()
                    .any(|word| !word.is_single_script());
                mixes.then_some(Suspicion::MixedScripts)
            }
        }
    };
    names.iter().enumerate().map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &[Option<Suspicion>]) {
        let names: Vec<Name> = names.iter().map(|name| Name::new(name).unwrap()).collect();
        let names: Vec<&Name> = names.iter().collect();
        assert_eq!(suspicions(&names), expected);
    }

    #[test]
    fn look_alikes_are_flagged_and_ordinary_names_are_not() {
        check(&["Ada Lovelace", "Борис Ельцин", "نازنین"], &[None; 3]);
        check(
            &["Ada", "ada", "A da"],
            &[
                None,
                Some(Suspicion::LooksLike(0)),
                Some(Suspicion::LooksLike(0)),
            ],
        );
        // Cyrillic а in a Latin word, alone and beside the real one.
        check(&["Ad\u{430}"], &[Some(Suspicion::MixedScripts)]);
        check(
            &["Ada", "Ad\u{430}"],
            &[None, Some(Suspicion::LooksLike(0))],
        );
        // A word in each script is somebody with two names.
        check(&["Maria Мария"], &[None]);
    }
}
