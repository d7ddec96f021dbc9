//! Writes the seeds of `fuzz/corpus` that aren't text: valid inputs, made by the crates themselves
//! with the secrets that their fuzz bodies use. `cargo run -p xtask --example seed-corpus`.

use incamera_model::{RoomId, StreamName, TalkId};
use incamera_talk::{Link, Name, SeatSecret, TalkOpened, Title};
use std::fs;
use std::path::Path;

fn main() {
    let link = Link::new(TalkId([1; 16]), [2; 32]);
    write(
        "talk_link",
        "whole",
        link.to_url("https://talks.example.org:8443").as_bytes(),
    );
    write("talk_link", "fragment", link.fragment().as_bytes());
    let stream = StreamName::record();
    let opened = TalkOpened {
        title: Title::new("Fisheries, second round").expect("a good title"),
        room: RoomId([4; 16]),
    };
    let entry = opened.seal(&link, &[3; 32]).expect("it can be sealed");
    write("talk_env", "record", &entry);
    let content = link
        .vault()
        .open(&stream, &entry)
        .expect("it was just sealed");
    write("talk_record", "opened", &content);
    let seat = SeatSecret::new(Name::new("Amina Diallo").expect("a good name"), [5; 32]);
    let seat = seat.seat(link.talk(), &link.invitation(), RoomId([4; 16]));
    write("talk_seat", "plenary", seat.as_bytes());
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    fs::create_dir_all(&folder).expect("fuzz/corpus can be written");
    fs::write(folder.join(name), bytes).expect("fuzz/corpus can be written");
}
