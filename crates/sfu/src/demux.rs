//! Which session a datagram belongs to.

use std::collections::HashMap;
use std::net::SocketAddr;
use str0m::net::Protocol;

/// How many addresses a session may be reached from at once; the oldest is forgotten first.
const MAX_ADDRESSES: usize = 16;

/// A transport address of a peer.
pub(crate) type Path = (Protocol, SocketAddr);

/// Finds sessions by the ICE user name of STUN requests, and by the addresses from which such
/// requests were verified.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: HashMap<String, usize>,
    by_path: HashMap<Path, usize>,
    paths: HashMap<usize, Vec<Path>>,
}

impl Demux {
    /// Adds a session; false if another has this user name.
    pub(crate) fn insert(&mut self, ufrag: String, session: usize) -> bool {
        if self.by_ufrag.contains_key(&ufrag) {
            return false;
        }
        self.by_ufrag.insert(ufrag, session);
        self.paths.insert(session, Vec::new());
        true
    }

    /// A session has another user name from now on; false if another session has it.
    pub(crate) fn rename(&mut self, former: &str, ufrag: String, session: usize) -> bool {
        if self.by_ufrag.contains_key(&ufrag) {
            return false;
        }
        self.by_ufrag.remove(former);
        self.by_ufrag.insert(ufrag, session);
        true
    }

    pub(crate) fn remove(&mut self, ufrag: &str, session: usize) {
        self.by_ufrag.remove(ufrag);
        for path in self.paths.remove(&session).unwrap_or_default() {
            self.by_path.remove(&path);
        }
    }

    /// A STUN request of this session was verified: what comes from here is the session's.
    pub(crate) fn learn(&mut self, path: Path, session: usize) {
        match self.by_path.insert(path, session) {
            Some(former) if former == session => return,
            Some(former) => {
                if let Some(paths) = self.paths.get_mut(&former) {
                    paths.retain(|other| *other != path);
                }
            }
            None => {}
        }
        let paths = self.paths.entry(session).or_default();
        if paths.len() == MAX_ADDRESSES {
            self.by_path.remove(&paths.remove(0));
        }
        paths.push(path);
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<usize> {
        self.by_ufrag.get(ufrag).copied()
    }

    pub(crate) fn by_path(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }
}

/// Whether a datagram is STUN (RFC 9443 section 2).
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

/// Whether it is RTP or RTCP (RFC 7983 section 7).
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    datagram
        .first()
        .is_some_and(|first| (128..192).contains(first))
}

/// Whether a STUN message has an attribute (RFC 8489 section 14), not yet verified.
pub(crate) fn has_attribute(stun: &[u8], attribute: u16) -> bool {
    find(stun, attribute).is_some()
}

/// The receiver's half of the user name of a STUN message (RFC 8489 section 14.3, RFC 8445
/// section 7.2.2), not yet verified.
pub(crate) fn local_ufrag(stun: &[u8]) -> Option<&str> {
    const USERNAME: u16 = 0x0006;
    let name = std::str::from_utf8(find(stun, USERNAME)?).ok()?;
    name.split_once(':').map(|(local, _)| local)
}

fn find(stun: &[u8], attribute: u16) -> Option<&[u8]> {
    const HEADER: usize = 20;
    let mut rest = stun.get(HEADER..)?;
    while let [t0, t1, l0, l1, value @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value_bytes = value.get(..length)?;
        if u16::from_be_bytes([*t0, *t1]) == attribute {
            return Some(value_bytes);
        }
        rest = value.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attributes: &[u8], expected: Option<&str>) {
        let stun = [&[0u8; 20][..], attributes].concat();
        assert_eq!(local_ufrag(&stun), expected);
    }

    #[test]
    fn user_names() {
        check(b"\x00\x06\x00\x04ab:c", Some("ab"));
        check(b"\x80\x22\x00\x01x\0\0\0\x00\x06\x00\x03a:c\0", Some("a"));
        check(b"\x00\x06\x00\x03abc\0", None);
        check(b"\x00\x06\x00\x09a:c\0", None);
        check(b"\x00\x06\x00\x03\xff:c\0", None);
        check(b"", None);
        assert_eq!(local_ufrag(&[0; 5]), None);
    }

    #[test]
    fn an_address_belongs_to_the_last_who_proved_it() {
        let path = |port| (Protocol::Udp, SocketAddr::from(([10, 0, 0, 1], port)));
        let mut demux = Demux::default();
        assert!(demux.insert("a".into(), 1) && demux.insert("b".into(), 2));
        assert!(!demux.insert("a".into(), 3));
        demux.learn(path(1), 1);
        demux.learn(path(1), 2);
        demux.remove("a", 1);
        assert_eq!(demux.by_path(&path(1)), Some(2));
        for port in 2..=17 {
            demux.learn(path(port), 2);
        }
        assert_eq!(demux.by_path(&path(1)), None, "the oldest is forgotten");
        demux.remove("b", 2);
        assert_eq!(demux.by_path.len() + demux.paths.len(), 0);
        assert_eq!(demux.by_ufrag("b"), None);
    }
}
