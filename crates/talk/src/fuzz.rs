//! Fuzz bodies: each takes arbitrary bytes and must return.

use crate::{Invitation, Link, Seat, TalkOpened};
use incamera_model::{RoomId, StreamName};

fn link() -> Link {
    Link::from_seed([1; 16])
}

/// A link, whole and in parts, or a code; what is read is written again and read as the same.
pub fn link_text(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let _ = Link::from_parts(&link().talk().to_text(), text);
    if let Ok(Invitation { link, origin }) = Invitation::read(text) {
        let origin = origin.as_deref().unwrap_or("https://a");
        let again = Link::from_url(&link.to_url(origin));
        assert!(again.is_ok_and(|(_, again)| again.fragment() == link.fragment()));
        let typed = Link::from_code(&link.code());
        assert!(typed.is_ok_and(|typed| typed.fragment() == link.fragment()));
    }
}

/// A sealed entry, and a record's first entry.
pub fn env(bytes: &[u8]) {
    let _ = link().vault().open(&StreamName::record(), bytes);
    let _ = TalkOpened::open(&link(), bytes);
}

/// A record's first entry by somebody who has the vault.
pub fn record(bytes: &[u8]) {
    let sealed = link().vault().seal(&StreamName::record(), bytes, &[3; 32]);
    if let Ok(sealed) = sealed {
        let _ = TalkOpened::open(&link(), &sealed);
    }
}

/// A seat.
pub fn seat(bytes: &[u8]) {
    let invitation = link().invitation();
    let _ = Seat::verify(
        bytes,
        &link().talk(),
        &invitation.public(),
        &invitation.id(),
        &RoomId([4; 16]),
    );
}
