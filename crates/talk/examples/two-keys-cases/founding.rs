//! Offers, claims and geneses.

use super::case::Case;
use super::mutate::*;
use incamera_talk::codec::Writer;
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::sample::*;
use incamera_talk::two_keys::*;

fn each(slots: u8) -> Rules {
    Rules::all_of(all(slots), Admit::Each)
}

fn honest() -> Offer {
    offer(2, Delegations::default(), each(2)).unwrap()
}

/// An offer with fields that the types of the crate wouldn't take, signed well.
struct Raw {
    title: Vec<u8>,
    name: Vec<u8>,
    origins: Vec<Vec<u8>>,
    slots: u8,
    neutral: u16,
    own_neutral: u8,
    admit: u8,
    masks: [u16; 7],
}

impl Raw {
    fn new() -> Self {
        Self {
            title: b"Fisheries".to_vec(),
            name: b"North".to_vec(),
            origins: vec![b"https://north.example".to_vec()],
            slots: 2,
            neutral: 0,
            own_neutral: 0,
            admit: 1,
            masks: [0b11; 7],
        }
    }

    fn of(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut raw = Self::new();
        change(&mut raw);
        let party = party(0, false);
        let mut out = Writer::new();
        out.u8(1)
            .fixed(&TALK.0)
            .opaque(&raw.title)
            .u8(raw.slots)
            .u16(raw.neutral)
            .u8(raw.admit);
        for mask in raw.masks {
            out.u16(mask);
        }
        out.opaque(&raw.name)
            .u8(raw.own_neutral)
            .fixed(&party.root)
            .fixed(&party.next_root_hash)
            .fixed(&party.control)
            .list(&raw.origins, |out, origin| {
                out.opaque(origin);
            })
            .fixed(&[5; 32]);
        let signature = root(0).sign("offer", out.as_slice());
        out.fixed(&signature);
        out.into_vec()
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = offers();
    cases.extend(texts());
    cases.extend(claims());
    cases.extend(geneses());
    cases
}

fn offers() -> Vec<Case> {
    let bytes = honest().as_bytes().to_vec();
    let sides = Rules::all_of(Delegations(0b011), Admit::Roster);
    let many = offer(16, Delegations(0b1000), each(16)).unwrap();
    let good = vec![
        bytes.clone(),
        offer(3, Delegations(0b100), each(3))
            .unwrap()
            .as_bytes()
            .to_vec(),
        offer(3, Delegations(0b100), sides)
            .unwrap()
            .as_bytes()
            .to_vec(),
        many.as_bytes().to_vec(),
        Raw::of(|_| ()),
    ];
    let mut one_keyed = Vec::new();
    for matter in 0..7 {
        for mask in [0, 0b01, 0b10, 0b111, 0x8003] {
            one_keyed.push(Raw::of(|raw| raw.masks[matter] = mask));
        }
    }
    let slots = vec![
        Raw::of(|raw| raw.slots = 0),
        Raw::of(|raw| raw.slots = 1),
        Raw::of(|raw| raw.slots = 17),
        Raw::of(|raw| raw.slots = 255),
        Raw::of(|raw| raw.neutral = 0b10),
        Raw::of(|raw| (raw.neutral, raw.own_neutral) = (0b01, 1)),
        Raw::of(|raw| raw.neutral = 0b100),
        Raw::of(|raw| (raw.slots, raw.neutral) = (3, 0b001)),
        Raw::of(|raw| (raw.slots, raw.own_neutral) = (3, 1)),
    ];
    let at = find(&bytes, b"Fisheries") - 1;
    let long_prefix = |prefix: &[u8]| {
        let longer = [&bytes[..at], prefix, &bytes[at + 1..]].concat();
        resigned(&longer, "offer", &root(0))
    };
    let lengths = [
        long_prefix(&[0x40, 9]),
        long_prefix(&[0x80, 0, 0, 9]),
        long_prefix(&[0xc0, 0, 0, 0, 0, 0, 0, 9]),
    ];
    let versions = [0, 2, 255].map(|version| {
        let other = [&[version], &bytes[1..]].concat();
        resigned(&other, "offer", &root(0))
    });
    let stranger = key("stranger");
    let labels = [
        resigned(&bytes, "claim", &root(0)),
        resigned(&bytes, "offers", &root(0)),
        resigned(&bytes, "offer", &stranger),
    ];
    vec![
        Case::new("offer-good", "offers by two, three and sixteen delegations")
            .offers(&good)
            .all("offers", "ok"),
        Case::new("offer-bits", "an offer with one bit altered")
            .offers(&flipped(&bytes, 150))
            .none("offers"),
        Case::new("offer-cut", "an offer cut short")
            .offers(&cut(&bytes, 60))
            .none("offers"),
        Case::new("offer-forged", "signatures of zeros, and with S + L")
            .offers(&forged(&bytes, &[bytes.len()]))
            .all("offers", "signature"),
        Case::new(
            "offer-labels",
            "signed for another purpose, or by another key",
        )
        .offers(&labels)
        .all("offers", "signature"),
        Case::new(
            "offer-weak-keys",
            "roots of small order, under which one signature fits many texts",
        )
        .offers(&weak(&bytes))
        .all("offers", "signature"),
        Case::new(
            "offer-r-t1",
            "R-T1: a matter in which one side isn't asked, or somebody who isn't there",
        )
        .offers(&one_keyed)
        .all("offers", "one-keyed"),
        Case::new("offer-slots", "places and neutral ones that don't fit")
            .offers(&slots)
            .all("offers", "slot"),
        Case::new("offer-lengths", "length prefixes that aren't minimal")
            .offers(&lengths)
            .all("offers", "unreadable"),
        Case::new("offer-versions", "versions that nobody knows")
            .offers(&versions)
            .all("offers", "unreadable"),
        Case::new("offer-large", "an offer over its cap")
            .offers(&[[&bytes[..], &[0; 4096]].concat()])
            .all("offers", "unreadable"),
    ]
}

/// Offers whose root is a point of small order, canonical or not: with R the neutral element and
/// S = 0 a verifier that isn't strict may take them.
fn weak(bytes: &[u8]) -> Vec<Vec<u8>> {
    const POINTS: [&str; 12] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let mut neutral = [0; 64];
    neutral[0] = 1;
    let bad = |point: &&str| {
        let point: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&point[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let other = replaced(bytes, &root(0).public(), &point);
        [&other[..other.len() - 64], &neutral].concat()
    };
    POINTS.iter().map(bad).collect()
}

fn texts() -> Vec<Case> {
    let bad = [
        "",
        " ",
        " a",
        "a ",
        "a\u{3000}",
        "a\nb",
        "a\u{7f}",
        "a\u{85}b",
        "e\u{301}",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{ad}b",
        "a\u{2066}b",
        "\u{feff}a",
        "a\u{e0041}",
        "a\u{fffa}b",
        "\u{212b}",
        "\u{61c}a",
    ];
    let good = [
        "a",
        "Ada Lovelace",
        "نازنین",
        "Борис",
        "a\u{200d}b",
        "a\u{200c}b",
        "日本",
        "\u{1f600}",
        "\u{e9}",
    ];
    let named = |text: &&str| Raw::of(|raw| raw.name = text.as_bytes().to_vec());
    let titled = |text: &&str| Raw::of(|raw| raw.title = text.as_bytes().to_vec());
    let mut refused: Vec<_> = bad
        .iter()
        .map(named)
        .chain(bad.iter().map(titled))
        .collect();
    refused.push(named(&&*"é".repeat(81)));
    refused.push(named(&&*"\u{1f600}".repeat(81)));
    refused.push(titled(&&*"é".repeat(201)));
    for broken in [&[0xff][..], &[0xc0, 0x80], &[0xed, 0xa0, 0x80], &[b'a', 0]] {
        refused.push(Raw::of(|raw| raw.name = broken.to_vec()));
    }
    let mut taken: Vec<_> = good
        .iter()
        .map(named)
        .chain(good.iter().map(titled))
        .collect();
    taken.push(named(&&*"\u{1f600}".repeat(80)));
    taken.push(titled(&&*"é".repeat(200)));
    let with = |origins: &[&str]| {
        let origins = origins.iter().map(|origin| origin.as_bytes().to_vec());
        Raw::of(|raw| raw.origins = origins.collect())
    };
    let long = |count: usize| format!("https://{}", "a".repeat(count));
    let origins = vec![
        with(&["north.example"]),
        with(&["https://"]),
        with(&["ftp://a"]),
        with(&["https://a/b"]),
        with(&["https://a b"]),
        with(&["https://é"]),
        with(&["HTTPS://a"]),
        with(&[&long(273)]),
        with(&["https://a"; 5]),
    ];
    let fine = vec![
        with(&[]),
        with(&["http://a", "https://[::1]:8443"]),
        with(&[&long(272)]),
        with(&["https://a"; 4]),
    ];
    vec![
        Case::new("text-refused", "names and titles that are none")
            .offers(&refused)
            .all("offers", "unreadable"),
        Case::new("text-taken", "names and titles in several scripts")
            .offers(&taken)
            .all("offers", "ok"),
        Case::new("origin-refused", "origins that are none")
            .offers(&origins)
            .all("offers", "unreadable"),
        Case::new("origin-taken", "origins")
            .offers(&fine)
            .all("offers", "ok"),
        Case::new("rules-refused", "no such way to admit, no such flag")
            .offers(&[
                Raw::of(|raw| raw.admit = 0),
                Raw::of(|raw| raw.admit = 3),
                Raw::of(|raw| raw.own_neutral = 2),
            ])
            .all("offers", "unreadable"),
    ]
}

fn claim_as(offer: &Offer, slot: u8, key: &KeyPair, party: &Party) -> Vec<u8> {
    // As Claim::new, which would refuse what these cases need.
    let mut out = Writer::new();
    out.u8(1).fixed(&offer.hash()).u8(slot);
    party.write(&mut out);
    out.fixed(&[slot; 32]).fixed(&[0; 32]);
    let signature = key.sign("claim", out.as_slice());
    out.fixed(&signature);
    out.into_vec()
}

fn claims() -> Vec<Case> {
    let offer = honest();
    let good = claim(&offer, 1).as_bytes().to_vec();
    let other = sample::offer(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Roster),
    )
    .unwrap();
    let elsewhere = claim(&other, 1).as_bytes().to_vec();
    let (key, plain) = (root(1), party(1, false));
    let slots = [
        claim_as(&offer, 0, &key, &plain),
        claim_as(&offer, 2, &key, &plain),
        claim_as(&offer, 15, &key, &plain),
        claim_as(&offer, 1, &key, &party(1, true)),
    ];
    let stranger = [claim_as(&offer, 1, &sample::key("stranger"), &plain)];
    vec![
        Case::new("claim-good", "a claim made with the claim link")
            .claims(&offer, std::slice::from_ref(&good), Some(SECRET))
            .all("claims", "ok"),
        Case::new("claim-mac", "claims made without the claim link")
            .claims(
                &offer,
                &[good.clone(), claim_as(&offer, 1, &key, &plain)],
                Some([1; 32]),
            )
            .all("claims", "mac"),
        Case::new("claim-elsewhere", "a claim on another offer")
            .claims(&offer, &[elsewhere], None)
            .all("claims", "other-offer"),
        Case::new("claim-slots", "places that aren't offered")
            .claims(&offer, &slots, None)
            .all("claims", "slot"),
        Case::new("claim-stranger", "signed by another key than its root")
            .claims(&offer, &stranger, None)
            .all("claims", "signature"),
        Case::new("claim-index", "a delegation beyond 15")
            .claims(&offer, &[claim_as(&offer, 16, &key, &plain)], None)
            .all("claims", "unreadable"),
        Case::new("claim-bits", "a claim with one bit altered")
            .claims(&offer, &flipped(&good, 120), None)
            .none("claims"),
        Case::new("claim-cut", "a claim cut short")
            .claims(&offer, &cut(&good, 60), None)
            .none("claims"),
        Case::new("claim-forged", "signatures of zeros, and with S + L")
            .claims(&offer, &forged(&good, &[good.len()]), None)
            .all("claims", "signature"),
    ]
}

fn genesis_of(offer: &Offer, claims: &[Vec<u8>], nonce: &[u8; 32]) -> Vec<u8> {
    let mut out = Writer::new();
    out.opaque(offer.as_bytes())
        .list(claims, |out, claim| {
            out.opaque(claim);
        })
        .fixed(nonce);
    out.into_vec()
}

fn geneses() -> Vec<Case> {
    let offer = offer(3, Delegations(0b100), each(3)).unwrap();
    let one = claim(&offer, 1).as_bytes().to_vec();
    let two = claim(&offer, 2).as_bytes().to_vec();
    let good = genesis_of(&offer, &[one.clone(), two.clone()], &NONCE);
    let of = |claims: &[&Vec<u8>]| {
        let claims: Vec<Vec<u8>> = claims.iter().map(|claim| claim.to_vec()).collect();
        genesis_of(&offer, &claims, &NONCE)
    };
    let slots = [
        of(&[]),
        of(&[&one]),
        of(&[&two]),
        of(&[&two, &one]),
        of(&[&one, &one]),
        of(&[&one, &one, &two]),
        of(&[&one, &two, &two]),
    ];
    let twin = Party {
        root: root(0).public(),
        ..party(1, false)
    };
    let same_control = Party {
        control: party(0, false).control,
        ..party(1, false)
    };
    let own_control = Party {
        control: root(1).public(),
        ..party(1, false)
    };
    let shared = [
        claim_as(&offer, 1, &root(0), &twin),
        claim_as(&offer, 1, &root(1), &same_control),
        claim_as(&offer, 1, &root(1), &own_control),
    ];
    let shared = shared.map(|claim| genesis_of(&offer, &[claim, two.clone()], &NONCE));
    let other = sample::offer(3, Delegations(0b100), Rules::all_of(all(3), Admit::Roster)).unwrap();
    let mixed = genesis_of(
        &offer,
        &[claim(&other, 1).as_bytes().to_vec(), two.clone()],
        &NONCE,
    );
    vec![
        Case::new("genesis-good", "three delegations, one neutral")
            .geneses(std::slice::from_ref(&good))
            .all("geneses", "ok"),
        Case::new("genesis-nonce", "another number than was committed to")
            .geneses(&[genesis_of(&offer, &[one.clone(), two.clone()], &[0; 32])])
            .all("geneses", "nonce"),
        Case::new("genesis-slots", "claims missing, twice, out of order")
            .geneses(&slots)
            .all("geneses", "slot"),
        Case::new("genesis-same-key", "somebody on both sides")
            .geneses(&shared)
            .all("geneses", "same-key"),
        Case::new("genesis-mixed", "a claim on another offer")
            .geneses(&[mixed])
            .all("geneses", "other-offer"),
        Case::new("genesis-bits", "a genesis with one bit altered")
            .geneses(&flipped(&good, 90))
            .none("geneses"),
        Case::new("genesis-cut", "a genesis cut short")
            .geneses(&cut(&good, 40))
            .none("geneses"),
    ]
}
