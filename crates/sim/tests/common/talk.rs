//! Attacks on a room of a talk between delegations.

use super::{SECOND, named, when_asked, without};
use core::time::Duration;
use incamera_e2ee::attack::{Flaw, Forgery};
use incamera_e2ee::attack_talk::{Context, Ghost, Inside, TalkForgery};
use incamera_e2ee::{Notice, RoomSession, Rule, State};
use incamera_model::{MediaKind, StreamName};
use incamera_sim::{World, seat_tbs};
use incamera_talk::codec::Writer;
use incamera_talk::two_keys::{
    ActBody, Admit, Body, DelegationIndex, HeadRevoked, InviteCert, InviteTerms, Place, Role, Seat,
    SeatTbs, Voucher, Withdrawal, caucus, sample,
};
use incamera_talk::{Name, SeatKey, SeatSecret};

pub(crate) const ADA: usize = 0;
pub(crate) const BEN: usize = 1;
pub(crate) const MAL: usize = 2;

/// What a member's own program wouldn't keep, if it were theirs.
const LAWLESS: &[Rule] = &[
    Rule::Approved,
    Rule::Revoked,
    Rule::LockedOut,
    Rule::SingleUse,
    Rule::C3,
    Rule::C7,
    Rule::OldPlace,
    Rule::C10,
    Rule::Fork,
    Rule::Silent,
    Rule::Fallen,
];

/// A program that keeps no rule about who may be where.
pub(crate) fn lawless(session: &mut RoomSession) {
    without(LAWLESS)(session);
}

/// Ada for delegation 0 and Ben for 1 keep the rules but those in `off`; Mal, for 1, is the attacker.
pub(crate) fn delegates(off: &[Rule]) -> World {
    let mut world = World::talk(1, Admit::Each);
    world.seat_with(0, "Ada", &[1], without(off));
    world.seat_with(1, "Ben", &[0], without(off));
    world.seat_with(1, "Mal", &[0], lawless);
    world.settle();
    world.run_for(3 * SECOND);
    world
}

pub(crate) fn secret(name: &str) -> SeatSecret {
    let mut seed = [0x55; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    SeatSecret::new(Name::new(name).expect("a name"), seed)
}

/// Somebody with a seat that they may or may not have.
pub(crate) fn ghost(seat: &Seat, secret: &SeatSecret) -> Ghost {
    Ghost {
        seat: seat.encode(),
        key: secret.key_pair(),
        flaw: Flaw::None,
    }
}

pub(crate) fn key(secret: &SeatSecret) -> SeatKey {
    SeatKey(secret.key_pair().public())
}

/// Eve of delegation 1 with all that she needs.
pub(crate) fn eve(world: &World) -> (SeatSecret, Seat) {
    let secret = secret("Eve");
    let seat = world.seat_of(1, &secret, &[0]);
    (secret, seat)
}

/// The place that a room is to follow now.
pub(crate) fn latest(world: &World, universe: usize) -> Place {
    let standings = world.of_talk().records[universe].standings();
    standings.current().expect("founded").0
}

pub(crate) fn inside(world: &mut World, peer: usize) -> Inside {
    let session = world.peers[peer].session.as_mut();
    session.expect("open").inside().expect("seated")
}

/// Withdraws a seat by a head of its side.
pub(crate) fn withdraw(world: &mut World, delegation: u8, secret: &SeatSecret) {
    let tbs = seat_tbs(delegation, secret, world.room);
    let consent = tbs.consent(&secret.key_pair());
    let body = Body::Withdrawal(Withdrawal::new(tbs, consent));
    assert!(world.write(0, delegation, &body).is_ok());
}

/// Mal's entry stands in the log: whether Ada and Ben took it, which they decide alike. With all
/// rules kept the refusal has to name this one, and Mal.
#[track_caller]
pub(crate) fn judged(
    world: &mut World,
    entry: Vec<u8>,
    (rule, off): (Rule, &[Rule]),
    took: impl Fn(&Inside) -> bool,
) -> bool {
    let commits = StreamName::commits(&world.room);
    world.inject(0, &commits, entry);
    world.run_for(SECOND);
    let [ada, ben] = [ADA, BEN].map(|peer| took(&inside(world, peer)));
    assert_eq!(ada, ben, "Ada and Ben decide alike");
    if off.is_empty() && !ada {
        assert!(named(world, ADA, rule), "{rule} is named");
        let by_mal = |notice: &Notice| {
            matches!(notice, Notice::CommitRefused { by: Some(by), delegation: Some(1), .. }
                if by == "Mal")
        };
        assert!(world.peers[ADA].notices.iter().any(by_mal), "and Mal");
    }
    ada
}

pub(crate) fn forge(world: &mut World, forgery: &TalkForgery) -> Vec<u8> {
    let forged = world.with(MAL, |mal, _| mal.forge_in_talk(forgery));
    forged.expect("forged")
}

/// Mal adds somebody; whether they sit.
#[track_caller]
pub(crate) fn adds(world: &mut World, ghost: Ghost, rule: (Rule, &[Rule])) -> bool {
    let seat = key_of(&ghost);
    let forgery = TalkForgery {
        adds: vec![ghost],
        ..TalkForgery::default()
    };
    let entry = forge(world, &forgery);
    judged(world, entry, rule, |room| room.seats.contains(&seat))
}

/// The key that a seat's bytes name, wherever in them it is.
fn key_of(ghost: &Ghost) -> SeatKey {
    let charter = sample::charter(&sample::two());
    let named = Seat::verify(&ghost.seat, &charter).map(|seat| seat.tbs().key);
    named.unwrap_or(SeatKey(ghost.key.public()))
}

// --- R-C1 to R-C4 -------------------------------------------------------------------------------

/// The entry's marks differ from those that the commit authenticates.
pub(crate) fn unlike_marks(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = inside(&mut world, ADA).epoch;
    let forgery = TalkForgery {
        unlike: true,
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &forgery);
    judged(&mut world, entry, (Rule::C1, off), |room| {
        room.epoch > before
    })
}

pub(crate) fn pre_shared_key(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = inside(&mut world, ADA).epoch;
    for peer in [ADA, BEN] {
        world.with(peer, |session, _| session.know_psk());
    }
    let entry = world.with(MAL, |mal, _| mal.forge(Forgery::Psk));
    judged(
        &mut world,
        entry.expect("forged"),
        (Rule::C2, off),
        |room| room.epoch > before,
    )
}

/// A key package that expires.
pub(crate) fn lifetime(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let (secret, seat) = eve(&world);
    let flawed = Ghost {
        flaw: Flaw::Lifetime,
        ..ghost(&seat, &secret)
    };
    adds(&mut world, flawed, (Rule::C3, off))
}

/// Mal has two seats for one key, both approved, and turns into the other.
pub(crate) fn renamed_path(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = inside(&mut world, ADA).epoch;
    let mal = world.peers[MAL].secret.clone();
    let other = SeatSecret::new(Name::new("Head 0 of 0").expect("a name"), *mal.seed());
    let forgery = TalkForgery {
        renamed: Some(world.seat_of(1, &other, &[0]).encode()),
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &forgery);
    judged(&mut world, entry, (Rule::C4, off), |room| {
        room.epoch > before
    })
}

// --- R-C5 ---------------------------------------------------------------------------------------

pub(crate) fn unapproved(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let secret = secret("Eve");
    let seat = world.seat_of(1, &secret, &[]);
    adds(&mut world, ghost(&seat, &secret), (Rule::Approved, off))
}

/// A seat that is for other rooms.
pub(crate) fn other_room(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let secret = secret("Eve");
    let rooms = vec![caucus(&sample::TALK, DelegationIndex(1))];
    let tbs = SeatTbs {
        rooms,
        ..seat_tbs(1, &secret, world.room)
    };
    let seat = world.seat_by(&tbs, &secret, 0, &[(0, 0)]);
    adds(&mut world, ghost(&seat, &secret), (Rule::C5, off))
}

/// Somebody else's seat, with a key of Mal's own: who sits there would be shown as they.
pub(crate) fn other_key(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let (_, seat) = eve(&world);
    let ghost = ghost(&seat, &secret("Stolen"));
    adds(&mut world, ghost, (Rule::C5, off))
}

/// A seat that its own side has vouched for with the other side's approval of another one: of the same
/// one before `change`.
pub(crate) fn other_approval(change: impl Fn(&mut SeatTbs)) -> bool {
    let mut world = delegates(&[]);
    let secret = secret("Eve");
    let approved = seat_tbs(1, &secret, world.room);
    let mut tbs = approved.clone();
    change(&mut tbs);
    let (head, cert) = sample::head(1, 0);
    let (other, other_cert) = sample::head(0, 0);
    let approvals = [approved.approve(&other, &other_cert)];
    let mut seat = Writer::new();
    seat.opaque(&tbs.encode())
        .fixed(&tbs.consent(&secret.key_pair()))
        .u8(1)
        .opaque(cert.as_bytes())
        .fixed(&tbs.vouch(&head))
        .list(&approvals, |out, approval| {
            out.opaque(&approval.encode());
        });
    let ghost = Ghost {
        seat: seat.into_vec(),
        key: secret.key_pair(),
        flaw: Flaw::None,
    };
    adds(&mut world, ghost, (Rule::C5, &[]))
}

/// How a seat came to stand no more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fall {
    Ejected,
    Withdrawn,
    HeadRevoked,
}

pub(crate) fn fallen(fall: Fall, off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let secret = secret("Eve");
    let tbs = seat_tbs(1, &secret, world.room);
    let seat = world.seat_by(&tbs, &secret, 1, &[(0, 0)]);
    match fall {
        Fall::Ejected => world.act(0, ActBody::Eject { seat: key(&secret) }),
        Fall::Withdrawn => withdraw(&mut world, 1, &secret),
        Fall::HeadRevoked => revoke_head(&mut world, 1, 1),
    }
    world.run_for(3 * SECOND);
    adds(&mut world, ghost(&seat, &secret), (Rule::Revoked, off))
}

pub(crate) fn revoke_head(world: &mut World, delegation: u8, head: u64) {
    let revoked = HeadRevoked::issue(
        &sample::root(delegation),
        &sample::TALK,
        DelegationIndex(delegation),
        sample::head(delegation, head).0.public(),
    );
    let written = world.write(0, 0, &Body::HeadRevoked(revoked));
    assert!(written.is_ok(), "{written:?}");
}

pub(crate) fn locked_out(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let room = world.room;
    let mut seats: Vec<SeatKey> = [ADA, BEN, MAL]
        .map(|peer: usize| key(&world.peers[peer].secret))
        .to_vec();
    seats.sort_unstable();
    world.act(0, ActBody::Lock { room, seats });
    world.run_for(3 * SECOND);
    let (secret, seat) = eve(&world);
    adds(&mut world, ghost(&seat, &secret), (Rule::LockedOut, off))
}

/// Two seats by one invitation that vouches by itself.
pub(crate) fn second_use(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let invitation = sample::key("invitation");
    let terms = InviteTerms {
        id: [9; 16],
        role: Role::Delegate,
        rooms: vec![world.room],
        hint: None,
        expiry: 0,
        automatic: true,
        key: invitation.public(),
    };
    let (head, cert) = sample::head(1, 0);
    let invite = InviteCert::issue(&head, &cert, &sample::TALK, terms);
    let charter = sample::charter(&world.of_talk().records[0]);
    let mut by_invitation = |name: &str| {
        let secret = secret(name);
        let tbs = SeatTbs {
            invite: [9; 16],
            ..seat_tbs(1, &secret, world.room)
        };
        let (head, cert) = sample::head(0, 0);
        let seat = Seat::new(
            &tbs,
            tbs.consent(&secret.key_pair()),
            (
                Voucher::Automatic(Box::new(invite.clone())),
                tbs.vouch(&invitation),
            ),
            vec![tbs.approve(&head, &cert)],
            &charter,
        );
        (secret, seat.expect("a seat"))
    };
    let [first, second] = ["Eve", "Eva"].map(&mut by_invitation);
    let eve = world.admit(first.0, first.1);
    world.open_tab(eve, |_| {});
    world.run_until(5 * SECOND, World::agree);
    let second = ghost(&second.1, &second.0);
    adds(&mut world, second, (Rule::SingleUse, off))
}

// --- R-C7, R-C8a, R-C10 -------------------------------------------------------------------------

/// The room goes on in the record, and whom it threw out stays.
pub(crate) fn nobody_removed(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let eve = world.seat_with(1, "Eve", &[0], lawless);
    world.run_until(5 * SECOND, World::agree);
    world.run_for(SECOND);
    let seat = key(&world.peers[eve].secret);
    world.act(0, ActBody::Eject { seat });
    let place = latest(&world, 0);
    let forgery = TalkForgery {
        place: Some(place),
        context: Context::Moved(place),
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &forgery);
    judged(&mut world, entry, (Rule::C7, off), |room| {
        room.seats.contains(&seat)
    })
}

/// The room goes back in the record, and lets in whom that threw out since.
pub(crate) fn back_in_the_record(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = latest(&world, 0);
    let (secret, seat) = eve(&world);
    withdraw(&mut world, 1, &secret);
    world.run_for(3 * SECOND);
    let followed = inside(&mut world, ADA).place;
    assert_eq!(followed, Some(latest(&world, 0)));
    let forgery = TalkForgery {
        place: Some(before),
        context: Context::Moved(before),
        adds: vec![ghost(&seat, &secret)],
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &forgery);
    // With the rule off they take it, and follow the record again at once.
    let commits = StreamName::commits(&world.room);
    let epoch = inside(&mut world, ADA).epoch;
    world.inject(0, &commits, entry);
    world.run_for(SECOND);
    let taken = inside(&mut world, ADA).epoch > epoch;
    assert_eq!(taken, inside(&mut world, BEN).epoch > epoch);
    assert!(taken || named(&world, ADA, Rule::C7));
    taken
}

/// The context takes on something that isn't a place.
pub(crate) fn other_context(context: Context, off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = inside(&mut world, ADA).epoch;
    let forgery = TalkForgery {
        context,
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &forgery);
    judged(&mut world, entry, (Rule::C7, off), |room| {
        room.epoch > before
    })
}

/// Somebody who was thrown out opens the room where they still stood.
pub(crate) fn opened_in_the_past(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let before = latest(&world, 0);
    let (secret, seat) = eve(&world);
    withdraw(&mut world, 1, &secret);
    world.run_for(3 * SECOND);
    let commits = StreamName::commits(&world.room);
    let next = world.logs[0].next(&commits);
    let ghost = ghost(&seat, &secret);
    let entry = world.with(MAL, |mal, _| mal.forge_open(next, before, &ghost));
    world.inject(0, &commits, entry.expect("forged"));
    world.run_for(SECOND);
    let reopened = |notice: &Notice| matches!(notice, Notice::Reopened { .. });
    let [ada, ben] = [ADA, BEN].map(|peer| world.peers[peer].notices.iter().any(reopened));
    assert_eq!(ada, ben);
    ada
}

/// A Welcome into a room where somebody still sits whom the record has thrown out: the commit is
/// valid, as the room hasn't followed yet. Whether the newcomer sits with them.
pub(crate) fn welcome_to_the_fallen(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let eve = world.seat_with(1, "Eve", &[0], lawless);
    world.run_until(5 * SECOND, World::agree);
    world.run_for(SECOND);
    let seat = key(&world.peers[eve].secret);
    let cem = world.seat_with(0, "Cem", &[1], without(off));
    let forgery = TalkForgery {
        lets_in: true,
        ..TalkForgery::default()
    };
    let entry = when_asked(&mut world, MAL, |mal| mal.forge_in_talk(&forgery));
    let commits = StreamName::commits(&world.room);
    world.conditions.withheld.insert(commits.clone());
    world.inject(0, &commits, entry);
    world.act(0, ActBody::Eject { seat });
    world.run_for(SECOND / 4);
    world.release(&commits);
    let mut sat = false;
    for _ in 0..100 {
        world.run_for(Duration::from_millis(5));
        let session = world.peers[cem].session.as_mut().expect("open");
        let room = session.inside();
        sat |= room.is_some_and(|room| room.seats.contains(&seat));
    }
    assert!(sat || named(&world, cem, Rule::C10), "the rule is named");
    world.run_until(10 * SECOND, |world| world.peers[cem].is_seated(world.now));
    sat
}

// --- beats --------------------------------------------------------------------------------------

/// Ada and Ben are shown two records that differ in something that decides nothing: whether they go
/// on once their beats cross.
pub(crate) fn two_records(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    world.fork(&[BEN]);
    for universe in [0, 1] {
        let body = Body::Life {
            kind: 64,
            content: vec![universe as u8],
        };
        assert!(world.write(universe, 0, &body).is_ok());
    }
    world.run_for(8 * SECOND);
    let [ada, ben] = [ADA, BEN].map(|peer| world.peers[peer].view(world.now).state);
    assert_eq!(ada, ben);
    ada == State::Seated
}

/// The server keeps from Ada that both sides ejected Eve, of her own side, and with it whatever Ben
/// says: whether Eve still hears Ada.
pub(crate) fn eject_withheld(off: &[Rule]) -> bool {
    let mut world = World::talk(1, Admit::Each);
    world.seat_with(0, "Ada", &[1], without(off));
    let eve = world.seat_with(0, "Eve", &[1], lawless);
    let ben = world.seat_with(1, "Ben", &[0], without(off));
    world.settle();
    world.run_for(3 * SECOND);
    world.fork(&[ADA, eve]);
    world.conditions.bridge_beats = false;
    let seat = key(&world.peers[eve].secret);
    world.act(0, ActBody::Eject { seat });
    world.run_until(3 * SECOND, |world| {
        world.peers[ben].view(world.now).people.len() == 2
    });
    world.run_for(16 * SECOND);
    hears(&mut world, ADA, eve)
}

/// Both sides eject Eve, and the server keeps the commit back that removes her: whether she still
/// hears Ada, who knows of it.
pub(crate) fn removal_withheld(off: &[Rule]) -> bool {
    let mut world = delegates(off);
    let eve = world.seat_with(1, "Eve", &[0], lawless);
    world.run_until(5 * SECOND, World::agree);
    world.run_for(3 * SECOND);
    let commits = StreamName::commits(&world.room);
    world.conditions.withheld.insert(commits);
    let seat = key(&world.peers[eve].secret);
    world.act(0, ActBody::Eject { seat });
    world.run_for(SECOND);
    hears(&mut world, ADA, eve)
}

/// Whether somebody seals, and another can open it.
pub(crate) fn hears(world: &mut World, from: usize, to: usize) -> bool {
    let sealed = world.with(from, |session, _| session.seal(MediaKind::Microphone, b"x"));
    sealed.is_ok_and(|sealed| {
        let opened = world.with(to, |session, now| session.open(now, &sealed));
        opened.is_ok()
    })
}
