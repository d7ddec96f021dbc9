use super::*;

const PHRASE: &str = "correct horse battery";

fn backup() -> Backup {
    Backup {
        talk: TalkId([7; 16]),
        origin: "https://north.example".into(),
        root: [1; 32],
        next_root: [2; 32],
        head: [3; 32],
        control: [4; 32],
        lobby: [5; 32],
        vaults: vec![[6; 32], [8; 32]],
    }
}

fn file() -> String {
    backup().seal(PHRASE, [9; 16], Cost::LEAST).unwrap()
}

#[track_caller]
fn check(text: &str, phrase: &str, expected: Result<(), BackupError>) {
    let opened = SealedBackup::read(text).and_then(|sealed| sealed.open(phrase));
    assert_eq!(opened.map(|opened| assert!(opened == backup())), expected);
}

/// As [`file`], with other sealed bytes under a sum that matches.
fn forged(change: impl Fn(&mut Vec<u8>)) -> String {
    let sealed = SealedBackup::read(&file()).unwrap();
    let mut body = [&sealed.salt[..], &sealed.check, &sealed.sealed].concat();
    change(&mut body);
    let head = preamble(Cost::LEAST);
    let sum = hash(&[head.as_bytes(), &body]);
    body.extend_from_slice(&sum[..SUM_BYTES]);
    head + &encode_base64url(&body)
}

#[test]
fn a_backup_opens_with_its_passphrase() {
    let text = file();
    assert!(text.starts_with(FIRST_LINE));
    check(&text, PHRASE, Ok(()));
    check(&text.replace('\n', "\r\n"), &format!(" {PHRASE}\n"), Ok(()));
    check(
        &text,
        "correct horse batterie",
        Err(BackupError::Passphrase),
    );
}

#[test]
fn a_passphrase_is_the_same_however_it_was_typed() {
    let text = backup().seal("caf\u{e9} au lait, oui", [9; 16], Cost::LEAST);
    check(&text.unwrap(), "cafe\u{301} au lait, oui", Ok(()));
}

#[test]
fn damage_is_no_wrong_passphrase() {
    let text = file();
    let body = text.match_indices('\n').nth(2).unwrap().0 + 1;
    for at in (body..text.len() - 1).step_by(41) {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        if other != text && !text[at..].starts_with('\n') {
            check(&other, PHRASE, Err(BackupError::Damaged));
        }
        check(&text[..at], PHRASE, Err(BackupError::Damaged));
    }
    check(
        &text.replace("Keep", "Kept"),
        PHRASE,
        Err(BackupError::Damaged),
    );
    check("", PHRASE, Err(BackupError::NotABackup));
    check("a letter", PHRASE, Err(BackupError::NotABackup));
    let later = text.replace("version 1", "version 2");
    check(&later, PHRASE, Err(BackupError::Version));
}

#[test]
fn whoever_changes_it_is_noticed() {
    check(&forged(|_| ()), PHRASE, Ok(()));
    check(
        &forged(|body| body[40] ^= 1),
        PHRASE,
        Err(BackupError::Altered),
    );
    check(
        &forged(|body| body.truncate(40)),
        PHRASE,
        Err(BackupError::Altered),
    );
    // With another salt or check no passphrase fits; that can't be told from a wrong one.
    check(
        &forged(|body| body[0] ^= 1),
        PHRASE,
        Err(BackupError::Passphrase),
    );
    check(
        &forged(|body| body[16] ^= 1),
        PHRASE,
        Err(BackupError::Passphrase),
    );
    check(&forged(Vec::clear), PHRASE, Err(BackupError::Damaged));
}

#[test]
fn guessing_stays_expensive_and_opening_affordable() {
    let with = |cost: Cost| {
        let sealed = SealedBackup::read(&file()).unwrap();
        let body = [&sealed.salt[..], &sealed.check, &sealed.sealed].concat();
        let head = preamble(cost);
        let sum = hash(&[head.as_bytes(), &body]);
        let body = [&body[..], &sum[..SUM_BYTES]].concat();
        head + &encode_base64url(&body)
    };
    let (least, most) = (Cost::LEAST, Cost::MOST);
    for cost in [
        Cost {
            memory: least.memory - 1,
            ..least
        },
        Cost { passes: 1, ..least },
        Cost { lanes: 0, ..least },
        Cost {
            memory: most.memory + 1,
            ..least
        },
        Cost {
            memory: u32::MAX,
            ..least
        },
        Cost {
            passes: 11,
            ..least
        },
        Cost { lanes: 9, ..least },
    ] {
        check(&with(cost), PHRASE, Err(BackupError::Cost));
        assert_eq!(backup().seal(PHRASE, [9; 16], cost), Err(BackupError::Cost));
    }
    // The parameters are under the seal.
    let dearer = Cost { passes: 3, ..least };
    check(&with(dearer), PHRASE, Err(BackupError::Passphrase));
    assert!(Cost::USUAL.is_within_bounds());
}

#[test]
fn short_passphrases_and_large_talks_are_refused() {
    let short = backup().seal("eleven char", [9; 16], Cost::LEAST);
    assert_eq!(short, Err(BackupError::TooShort));
    let mut large = backup();
    large.vaults = vec![[6; 32]; MAX_VAULTS];
    let text = large.seal(PHRASE, [9; 16], Cost::LEAST).unwrap();
    assert!(text.len() < MAX_BACKUP_BYTES);
    let opened = SealedBackup::read(&text).unwrap().open(PHRASE).unwrap();
    assert!(opened == large);
    large.vaults.push([6; 32]);
    let more = large.seal(PHRASE, [9; 16], Cost::LEAST);
    assert_eq!(more, Err(BackupError::TooLarge));
}

#[test]
fn a_file_tells_nothing() {
    let text = file();
    let two: Vec<_> = text.lines().collect();
    let mut one = backup();
    one.vaults.pop();
    let one = one.seal(PHRASE, [9; 16], Cost::LEAST).unwrap();
    assert_eq!(one.len(), text.len());
    assert_eq!(one.lines().take(3).collect::<Vec<_>>(), two[..3]);
    assert!(!format!("{:?}", backup()).contains('1'));
}
