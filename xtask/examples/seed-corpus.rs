//! Writes the seeds of `fuzz/corpus` that aren't text: valid inputs, made by the crates themselves
//! with the secrets that their fuzz bodies use. `cargo run -p xtask --example seed-corpus`.

use incamera_e2ee::{Config, Output, RoomSession, State};
use incamera_model::{ConnectionId, MediaKind, Position, RoomId, StreamName, Timestamp};
use incamera_talk::codec::Writer;
use incamera_talk::life::{self, Step};
use incamera_talk::two_keys::{self, sample};
use incamera_talk::two_keys::{
    ActBody, Admit, AnyLink, Author, Body, CodeSecret, DeclinePacket, Delegations, Entry, Granted,
    InviteCert, InvitePacket, InviteTerms, Mail, Record, Role, Rules, SeatLink, Secret, Withdrawal,
};
use incamera_talk::{Backup, Cost, Link, Name, SeatSecret, TalkOpened, Title};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const ROOM: RoomId = RoomId([4; 16]);

fn main() {
    let link = Link::from_seed([1; 16]);
    let url = link.to_url("https://talks.example.org:8443");
    write("talk_link", "whole", url.as_bytes());
    write("talk_link", "fragment", link.fragment().as_bytes());
    write("talk_link", "code", link.code().as_bytes());
    let opened = TalkOpened {
        title: Title::new("Fisheries, second round").expect("a good title"),
        room: ROOM,
    };
    let entry = opened.seal(&link, &[3; 32]).expect("it can be sealed");
    write("talk_env", "record", &entry);
    let content = link.vault().open(&StreamName::record(), &entry);
    write(
        "talk_record",
        "opened",
        &content.expect("it was just sealed"),
    );
    let seat = secret("Amina Diallo", 5).seat(link.talk(), &link.invitation(), ROOM);
    write("talk_seat", "plenary", seat.as_bytes());
    two_keys();
    room(&link, entry);
}

/// What founds and governs a talk, made with the keys of the sample.
fn two_keys() {
    let rules = Rules::all_of(sample::all(2), Admit::Each);
    let genesis = sample::genesis(2, Delegations::default(), rules);
    let offer = genesis.offer().clone();
    write("talk_offer", "two", offer.as_bytes());
    let claim = sample::claim(&offer, 1);
    write("talk_claim", "second", claim.as_bytes());
    let ratified = sample::ratified(&genesis);
    write("talk_ratified", "first", &ratified);
    let record = sample::two();
    let charter = sample::charter(&record);
    let amended = sample::sign_charter(&charter.amended(), &genesis, sample::root);
    write("talk_ratified", "amended", &amended);
    let plenary = two_keys::plenary(&sample::TALK);
    let tbs = sample::tbs(0, "Amina", &[plenary]);
    let seat = sample::seat(&tbs, &[1], &charter).expect("a good seat");
    write("talk_two_keys_seat", "approved", &seat.encode());
    let (head_key, head) = sample::head(0, 0);
    let invitation = sample::key("invitation");
    let terms = InviteTerms {
        id: [3; 16],
        role: Role::Delegate,
        rooms: vec![plenary],
        hint: Some(Name::new("Amina").expect("a good name")),
        expiry: 0,
        automatic: true,
        key: invitation.public(),
    };
    let invite = InviteCert::issue(&head_key, &head, &sample::TALK, terms);
    write("talk_invite", "automatic", invite.as_bytes());
    let consent = tbs.consent(&sample::seat_key("Amina"));
    let bodies = [
        ("charter", Body::Charter(amended)),
        ("act", Body::Act(sample::act(&record, ActBody::End))),
        (
            "withdrawal",
            Body::Withdrawal(Withdrawal::new(tbs, consent)),
        ),
        (
            "life",
            Body::Life {
                kind: 64,
                content: vec![7; 40],
            },
        ),
    ];
    for (name, body) in bodies {
        let place = record.next_place();
        let author = sample::author(0);
        let entry = Entry::sign(&head_key, &sample::TALK, place, &author, 0, &body);
        write("talk_entry", name, &entry);
    }
    let author = Author::Seat(Box::new(seat));
    let note = Body::Life {
        kind: 64,
        content: vec![],
    };
    let place = record.next_place();
    let key = sample::seat_key("Amina");
    let entry = Entry::sign(&key, &sample::TALK, place, &author, 0, &note);
    write("talk_entry", "by-seat", &entry);
    let act = sample::act(&record, ActBody::End).encode();
    write("talk_entry", "act-body", &act);
    let founding = Body::Charter(ratified);
    let place = Record::new(sample::TALK, None).next_place();
    let author = sample::author(0);
    let entry = Entry::sign(&head_key, &sample::TALK, place, &author, 0, &founding);
    write("talk_record_push", "founding", &entry);
    backup();
    packets(&charter);
    life_steps();
}

/// One step of each kind, and a readout.
fn life_steps() {
    for (n, deed) in life::sample::every_deed().into_iter().enumerate() {
        let step = Step {
            object: life::sample::ID,
            seen: vec![],
            deed,
        };
        if let Body::Life { content, kind } = step.body() {
            write("talk_life", &format!("{kind}-{n}"), &content);
        }
    }
    let document = life::sample::document("Quotas").encode();
    write("talk_document", "readout", &document);
}

/// What founds a talk, what is sent to get a seat, and what devices keep.
fn packets(charter: &two_keys::Charter) {
    let founding = sample::packets();
    let decline = DeclinePacket::new(&founding.claim, &founding.proposer.head_key());
    for (name, bytes) in [
        ("offer", founding.offer.as_bytes()),
        ("claim", founding.claim.as_bytes()),
        ("counter", founding.counter.as_bytes()),
        ("decline", &decline.encode()),
    ] {
        write("talk_founding_packets", name, bytes);
    }
    let tbs = sample::invited_tbs("Fuzz");
    let (cert, secret) = sample::invitation(false);
    let key = secret.key(&sample::TALK);
    let seat = sample::seat(&tbs, &[1], charter).expect("a good seat");
    let granted = Mail::Granted(Granted::new(&seat, &[6; 32])).encode();
    for (name, bytes) in [
        ("ask", sample::ask(&tbs, false, &key)),
        ("ask-automatic", sample::ask(&tbs, true, &key)),
        ("invite", InvitePacket::encode(&cert)),
        ("granted", granted.to_vec()),
    ] {
        write("talk_seat_packets", name, &bytes);
    }
    let claim = founding.proposer.claim_link().expect("the proposer's");
    let link = SeatLink {
        talk: sample::TALK,
        group: claim.group.clone(),
        invite: secret,
    };
    let url = |link: String| link.into_bytes();
    write("talk_any_link", "claim", &url(claim.to_url("https://a")));
    write("talk_any_link", "seat", &url(link.to_url("https://a")));
    write("talk_any_link", "code", &url(claim.group.code()));
    let guest = Secret::for_link(&AnyLink::Seat(link), [8; 32]).expect("a seat's");
    let code = Secret::Code(CodeSecret::new(sample::TALK, &claim.group, [9; 32]));
    let head = Secret::Head(Box::new(founding.claimant));
    for (name, secret) in [("head", head), ("guest", guest), ("code", code)] {
        write("talk_kept_secret", name, &secret.encode());
    }
    let mut sealed = Writer::new();
    sealed.u8(1).opaque(&[3; 1120]).opaque(&[4; 200]);
    write("e2ee_sealed_to_box", "shape", sealed.as_slice());
}

fn backup() {
    let backup = Backup {
        talk: sample::TALK,
        origin: "https://north.example".into(),
        root: [1; 32],
        next_root: [2; 32],
        head: [3; 32],
        control: [4; 32],
        lobby: [5; 32],
        vaults: vec![[6; 32]],
    };
    let sealed = backup.seal("correct horse battery", [9; 16], Cost::LEAST);
    write(
        "talk_backup",
        "file",
        sealed.expect("it can be sealed").as_bytes(),
    );
}

fn secret(name: &str, seed: u8) -> SeatSecret {
    SeatSecret::new(Name::new(name).expect("a good name"), [seed; 32])
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let folder = corpus.join(target);
    fs::create_dir_all(&folder).expect("fuzz/corpus can be written");
    fs::write(folder.join(name), bytes).expect("fuzz/corpus can be written");
}

/// Two people meet; what they wrote on the way is taken out of its seal.
fn room(link: &Link, record: Vec<u8>) {
    let mut meeting = Meeting::new(link, record);
    meeting.run_until(|sessions, now| sessions.iter().all(|it| it.view(now).people.len() == 2));
    let now = meeting.now;
    let sealed = meeting.sessions[0].seal(MediaKind::Camera, &[7; 400]);
    write("e2ee_sframe_open", "camera", &sealed.expect("seated"));
    meeting.sessions[1].leave(now);
    meeting.run_until(|sessions, now| {
        sessions[1].view(now).state == State::Left && sessions[0].view(now).people.len() == 1
    });
    for (stream, entries) in &meeting.streams {
        let target = match stream.as_str().split('/').next() {
            Some("c") => "e2ee_room_entry",
            Some("door") => "e2ee_door_request",
            Some("b") => "e2ee_beat",
            _ => continue,
        };
        for (position, entry) in entries.iter().enumerate().take(4) {
            let content = link
                .vault()
                .open(stream, entry)
                .expect("sealed for this stream");
            write(target, &position.to_string(), &content);
        }
    }
    write("e2ee_app_message", "leave", &[1, 2]);
    write("e2ee_app_message", "hand", &[1, 3, 1]);
    write("e2ee_app_message", "react", &[1, 4, 2]);
    let chat = [&[1, 1][..], &[9; 16], &[5], b"hello"].concat();
    write("e2ee_app_message", "chat", &chat);
}

/// Two sessions and the streams between them, in time that is made up.
struct Meeting {
    sessions: [RoomSession; 2],
    streams: BTreeMap<StreamName, Vec<Vec<u8>>>,
    now: Timestamp,
}

impl Meeting {
    fn new(link: &Link, record: Vec<u8>) -> Self {
        let now = Timestamp(1000);
        let session = |name, seed| {
            RoomSession::new(Config {
                link: link.clone(),
                seat: secret(name, seed),
                now,
                seed: [seed; 32],
            })
            .expect("a session")
        };
        let mut sessions = [session("Amina", 5), session("Ben", 6)];
        for session in &mut sessions {
            session.set_connection(now, Some(ConnectionId(7)));
            session.handle_connected(now);
        }
        Self {
            sessions,
            streams: BTreeMap::from([(StreamName::record(), vec![record])]),
            now,
        }
    }

    fn run_until(&mut self, done: impl Fn(&[RoomSession; 2], Timestamp) -> bool) {
        for _ in 0..10_000 {
            for who in 0..2 {
                while let Some(output) = self.sessions[who].poll_output() {
                    self.carry_out(who, output);
                }
            }
            if done(&self.sessions, self.now) {
                return;
            }
            let next = self
                .sessions
                .iter()
                .filter_map(RoomSession::poll_timeout)
                .min();
            self.now = self.now.max(next.expect("something to wait for"));
            for session in &mut self.sessions {
                session.handle_timeout(self.now);
            }
        }
        panic!("they didn't meet");
    }

    fn carry_out(&mut self, who: usize, output: Output) {
        let now = self.now;
        match output {
            Output::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                let entries = self.streams.entry(stream.clone()).or_default();
                let position = Position(entries.len() as u64);
                if expected.is_some_and(|expected| expected != position) {
                    return self.sessions[who].handle_conflict(now, request, position);
                }
                entries.push(entry.clone());
                self.sessions[who].handle_appended(now, request, position);
                for session in &mut self.sessions {
                    session.handle_entries(now, &stream, position, &entry, true);
                }
            }
            Output::Subscribe { stream, from } => {
                let entries = self.streams.get(&stream).map_or(&[][..], Vec::as_slice);
                let start = usize::try_from(from.0).unwrap_or(0).min(entries.len());
                for (at, entry) in entries.iter().enumerate().skip(start) {
                    let position = Position(at as u64);
                    self.sessions[who].handle_entries(now, &stream, position, entry, false);
                }
                self.sessions[who].handle_caught_up(now, &stream);
            }
            Output::Publish { stream, entry } => {
                self.streams
                    .entry(stream.clone())
                    .or_default()
                    .push(entry.clone());
                self.sessions[1 - who].handle_published(now, &stream, &entry);
            }
            Output::Event(_) => {}
        }
    }
}
