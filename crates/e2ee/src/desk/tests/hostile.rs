//! What somebody with a link, or the server, could put into the streams. Each with the honest
//! variant beside it, or after it.

use super::*;
use crate::desk::sealing::{self, Use};
use incamera_talk::Vault;
use incamera_talk::two_keys::{
    ClaimPacket, CounterPacket, Granted, LobbyKind, Mail, OfferPacket, Seat, Voucher, WIRE_VERSION,
};
use zeroize::Zeroizing;

fn lobby() -> StreamName {
    StreamName::lobby(1)
}

fn seal(vault: &Vault, stream: &StreamName, content: &[u8]) -> Vec<u8> {
    vault.seal(stream, content, &[77; 32]).unwrap()
}

/// Whoever has the claim link and proposes something else than it names.
#[test]
fn an_offer_that_the_link_doesnt_name() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    let new = NewTalk {
        title: "Fisheries",
        delegation: "North",
        person: "Mallory",
        admit: Admit::Each,
    };
    let mut forged = propose(&new, [2; 32]).unwrap().secret;
    forged.talk = bench.talk;
    let packet = forged_offer(&forged, Admit::Each);
    let vault = proposed.claim.group.lobby(bench.talk);
    bench.inject(&lobby(), seal(&vault, &lobby(), packet.as_bytes()));
    bench.cut(A);
    let url = proposed.claim.to_url(ORIGIN);
    bench.add_link("Bo", &url);
    bench.run();
    assert_eq!(bench.view(B).broken, Some(Broken::NotThisLink));
    // A code names no offer: there the words are what protects.
    let by_code = bench.add_code("Bo", &proposed.claim.group.code());
    bench.run();
    assert_eq!(bench.view(by_code).offer.unwrap().person, "Mallory");
    // The right one counts wherever it stands.
    bench.connect(A);
    bench.run();
    assert_eq!(bench.view(B).stage, Stage::Claiming);
    assert_eq!(bench.view(B).offer.unwrap().person, "Ada");
}

fn forged_offer(secret: &HeadSecret, admit: Admit) -> OfferPacket {
    use incamera_talk::Title;
    use incamera_talk::two_keys::{Delegations, Offer, Rules};
    let both: Delegations = (0..2).map(DelegationIndex).collect();
    let offer = Offer::new(
        &secret.root_key().unwrap(),
        secret.talk,
        &Title::new("Fisheries").unwrap(),
        (2, Delegations::default()),
        Rules::all_of(both, admit),
        &secret.party().unwrap(),
        &secret.nonce,
    )
    .unwrap();
    let (head, tbs) = secret.certified().unwrap();
    OfferPacket::new(
        &offer,
        (&head, &secret.head_key()),
        (&tbs, &secret.seat_key()),
    )
    .unwrap()
}

/// A founding up to the claim.
fn claimed() -> (Bench, Proposed, ClaimPacket) {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    bench.add_link("Bo", &proposed.claim.to_url(ORIGIN));
    bench.run();
    bench.press(B, claim());
    let Secret::Head(head) = bench.people[B].session.secret() else {
        panic!("not a head");
    };
    let claim = head.claim_packet().unwrap();
    (bench, proposed, claim)
}

#[test]
fn an_altered_claim_isnt_shown() {
    let (mut bench, proposed, claim) = claimed();
    let vault = proposed.claim.group.lobby(bench.talk);
    // The honest one is shown.
    assert_eq!(bench.view(A).stage, Stage::Claimed);
    // The same lobby with every part of the claim altered in turn, and nothing honest in it.
    let honest = bench.log[&lobby()].clone();
    bench.cut(B);
    let step = 37;
    for at in (2..claim.as_bytes().len()).step_by(step) {
        let mut altered = claim.as_bytes().to_vec();
        altered[at] ^= 1;
        let entries = vec![honest[0].clone(), seal(&vault, &lobby(), &altered)];
        bench.log.insert(lobby(), entries);
        bench.restart(A);
        bench.run();
        assert_eq!(bench.view(A).stage, Stage::Offered, "byte {at}");
    }
    bench.log.insert(lobby(), honest);
    bench.restart(A);
    bench.run();
    assert_eq!(bench.view(A).stage, Stage::Claimed);
}

/// What the proposer itself could sign: a nonce that it hadn't committed to. What somebody else
/// could change: the vault.
#[test]
fn a_counter_with_another_nonce_or_vault() {
    let (mut bench, proposed, claim) = claimed();
    let Secret::Head(ada) = bench.people[A].session.secret().clone() else {
        panic!("not a head");
    };
    let offer = ada.offer_packet().unwrap();
    let keys = (&ada.root_key().unwrap(), &ada.head_key());
    let sealed = |key: &[u8; 32]| {
        sealing::seal(Use::Counter, &ada.talk, &claim.hash(), claim.boxed(), key).unwrap()
    };
    let other = CounterPacket::new(
        &offer,
        &claim,
        keys,
        [9; 32],
        WIRE_VERSION,
        &sealed(&[1; 32]),
    );
    assert!(other.is_err(), "it isn't even made");
    let vault = ada.vault.unwrap();
    let counter = CounterPacket::new(
        &offer,
        &claim,
        keys,
        ada.nonce,
        WIRE_VERSION,
        &sealed(&vault),
    )
    .unwrap();
    // Signed by the proposer's head, with another nonce in it.
    let mut nonce = counter.as_bytes().to_vec();
    nonce[2 + 32 + 2] ^= 1;
    let end = nonce.len() - 64;
    let signature = ada.head_key().sign("counter", &nonce[..end]);
    nonce[end..].copy_from_slice(&signature);
    // Another vault, as whoever has the claim link could seal it.
    let mallorys = CounterPacket::new(
        &offer,
        &claim,
        keys,
        ada.nonce,
        WIRE_VERSION,
        &sealed(&[66; 32]),
    )
    .unwrap();
    let mut swapped = mallorys.as_bytes().to_vec();
    let end = swapped.len() - 64;
    swapped[end..].copy_from_slice(&counter.as_bytes()[end..]);
    let lobby_vault = proposed.claim.group.lobby(bench.talk);
    for forged in [&nonce, &swapped] {
        bench.inject(&lobby(), seal(&lobby_vault, &lobby(), forged));
        bench.run();
        assert_eq!(bench.view(B).stage, Stage::Founding);
        assert!(!bench.groups[1].1, "it was taken");
    }
    bench.inject(&lobby(), seal(&lobby_vault, &lobby(), counter.as_bytes()));
    bench.run();
    assert!(bench.groups[1].1, "the honest one is taken");
}

/// Somebody else with the claim link can't decline in the proposer's name.
#[test]
fn a_forged_refusal_of_a_claim() {
    let (mut bench, proposed, claim) = claimed();
    let vault = proposed.claim.group.lobby(bench.talk);
    let mut forged = vec![1, LobbyKind::Decline as u8];
    forged.extend(claim.hash());
    forged.extend([3; 64]);
    bench.inject(&lobby(), seal(&vault, &lobby(), &forged));
    bench.run();
    assert_eq!(bench.view(B).broken, None);
    bench.press(A, TalkCommand::RefuseClaim);
    assert_eq!(bench.view(B).broken, Some(Broken::Refused));
}

#[test]
fn junk_in_every_stream_changes_nothing() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.press(A, vouch(&id));
    let Secret::Head(ada) = bench.people[A].session.secret().clone() else {
        panic!("not a head");
    };
    let record = ada.vault().unwrap();
    let group = ada.lobby_group().lobby(bench.talk);
    let before = (bench.view(A), bench.view(B));
    let streams: Vec<StreamName> = bench.log.keys().cloned().collect();
    let mail = bench.people[guest]
        .session
        .seat_box
        .as_ref()
        .unwrap()
        .public
        .mail();
    for stream in streams.iter().chain([&mail]) {
        let lengths = [0, 1, 2, 3, 40, 700];
        for content in lengths.map(|length| vec![1; length]) {
            bench.inject(stream, content.clone());
            for vault in [&record, &group] {
                for first in [&[][..], b"V", &[1, 4], &[1, 5], &[1, 2]] {
                    let content = [first, &content].concat();
                    bench.inject(stream, seal(vault, stream, &content));
                }
            }
        }
    }
    bench.run();
    assert!(before.0 == bench.view(A) && before.1 == bench.view(B));
    assert_eq!(bench.view(guest).own.seat, SeatState::Vouched);
    bench.press(B, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}

/// Who knows the box (one's own side's people) mails a grant of another seat, of a seat that isn't
/// complete, or with another vault.
#[test]
fn a_forged_grant_is_no_seat() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (first, first_id) = bench.guest("Cy", &url);
    bench.press(A, vouch(&first_id));
    bench.press(B, approve(&first_id));
    assert_eq!(bench.view(first).own.seat, SeatState::Ready);
    let (guest, id) = bench.guest("Di", &url);
    bench.press(A, vouch(&id));
    let own = bench.people[guest].session.seat_box.as_ref().unwrap();
    let (boxed, mail) = (own.public.clone(), own.public.mail());
    let vault = bench.people[A].session.head().unwrap().vault.unwrap();
    let seat_of = |bench: &Bench, id: &str| {
        let people = &bench.people[A].session.people.vouched;
        let found = people
            .iter()
            .find(|(key, _)| incamera_model::encode_base64url(&key.0) == *id);
        found.map(|(_, vouched)| vouched.seat.clone()).unwrap()
    };
    let somebodys = seat_of(&bench, &first_id);
    let incomplete = seat_of(&bench, &id);
    for (seat, key) in [
        (&somebodys, vault),
        (&incomplete, vault),
        (&incomplete, [66; 32]),
    ] {
        let content = Mail::Granted(Granted::new(seat, &key)).encode();
        let context = mail.as_str().as_bytes();
        let sealed = sealing::seal(Use::Mail, &bench.talk, context, &boxed, &content).unwrap();
        bench.inject(&mail, sealed);
        bench.run();
        let view = bench.view(guest);
        assert_eq!(
            (view.own.seat, view.stage),
            (SeatState::Vouched, Stage::Loading)
        );
    }
    // The honest grant, after all of these.
    bench.press(B, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}

/// A whole other talk behind the same id: its record verifies, and isn't the inviter's.
#[test]
fn an_invited_guest_follows_no_other_record() {
    let mut bench = Bench::founded(Admit::Roster);
    let url = bench.invite(A, false, 0);
    let lobby = bench.log[&StreamName::lobby(0)].clone();
    // Mallory's twin of the talk, with the same id: both heads are hers. She is the server, and has
    // the lobby's secret.
    let mut twin = mallorys_twin(&bench);
    twin.log.insert(StreamName::lobby(0), lobby);
    twin.groups[0] = bench.groups[0];
    let invited = twin.add_link("Cy", &url);
    twin.run();
    twin.press(invited, ask("Cy"));
    let mail = |twin: &Bench| {
        twin.people[invited]
            .session
            .seat_box
            .as_ref()
            .unwrap()
            .public
            .mail()
    };
    let grant = mallorys_grant(&twin, invited);
    twin.inject(&mail(&twin), grant.clone());
    twin.run();
    assert_eq!(twin.view(invited).own.seat, SeatState::Asked);
    // Without the invitation in hand there is nothing to tell the twin by: the control.
    twin.people[invited].session.guest.invite = None;
    twin.inject(&mail(&twin), grant);
    twin.run();
    assert_eq!(twin.view(invited).own.seat, SeatState::Ready);
}

fn mallorys_grant(twin: &Bench, invited: usize) -> Vec<u8> {
    let guest = &twin.people[invited].session;
    let Secret::Guest(kept) = guest.secret() else {
        panic!("not a guest");
    };
    let (asked, session) = (kept.asked().unwrap(), &twin.people[A].session);
    let mallory = session.head().unwrap();
    let voucher = (
        Voucher::Head(mallory.certified().unwrap().0),
        asked.vouch(&mallory.head_key()),
    );
    let consent = asked.consent(&kept.seat_key());
    let charter = session.standing().unwrap().charter();
    let seat = Seat::new(&asked, consent, voucher, Vec::new(), charter).unwrap();
    let content = Mail::Granted(Granted::new(&seat, &mallory.vault.unwrap())).encode();
    let own = guest.seat_box.as_ref().unwrap();
    let stream = own.public.mail();
    let context = stream.as_str().as_bytes();
    sealing::seal(Use::Mail, &twin.talk, context, &own.public, &content).unwrap()
}

fn mallorys_twin(bench: &Bench) -> Bench {
    let (mut twin, _) = Bench::propose(Admit::Roster);
    let new = NewTalk {
        title: "Fisheries",
        delegation: "North",
        person: "Mallory",
        admit: Admit::Roster,
    };
    let mut secret = propose(&new, [3; 32]).unwrap().secret;
    secret.talk = bench.talk;
    let packet = forged_offer(&secret, Admit::Roster);
    secret.offer_hash = Some(packet.offer().hash());
    secret.offer = packet.as_bytes().to_vec();
    let claim_group = secret.claim_group();
    twin.people.clear();
    twin.log.clear();
    twin.talk = bench.talk;
    twin.groups = vec![
        (secret.lobby_group().access(bench.talk).public(), true),
        (claim_group.access(bench.talk).public(), false),
    ];
    let link = secret.claim_link().unwrap().to_url(ORIGIN);
    twin.add("Mallory", Secret::Head(Box::new(secret)));
    twin.add_link("Mallory", &link);
    twin.run();
    twin.press(B, claim());
    twin.press(A, TalkCommand::Countersign);
    assert_eq!(twin.view(A).stage, Stage::Founded);
    twin
}

/// The vault's key isn't anywhere but with those who have a seat.
#[test]
fn a_link_opens_no_record() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let AnyLink::Seat(link) = read(&url).unwrap().link else {
        panic!("not a seat's link");
    };
    let record = &bench.log[&StreamName::record()];
    let keys = [link.group.lobby(bench.talk), link.invite.vault(bench.talk)];
    let opens = |vault: &Vault| {
        record
            .iter()
            .any(|entry| vault.open(&StreamName::record(), entry).is_ok())
    };
    assert!(!keys.iter().any(opens));
    let vault = bench.people[A].session.head().unwrap().vault.unwrap();
    assert!(opens(&Vault::new(bench.talk, Zeroizing::new(vault))));
}
