//! Where the media port is reached, and from where it answers.

use super::MediaStartError;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// How many of the machine's addresses are advertised.
const MAX_ADVERTISED: usize = 16;

/// The addresses of the media port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    /// What peers are told, the most preferred first.
    pub(super) advertised: Vec<SocketAddr>,
    /// Whether the advertised addresses were given, and so needn't be the machine's own: a peer
    /// reaches them through a translation, and its packets arrive for another address.
    given: bool,
    /// The machine's own; packets can be sent from these only.
    own: HashSet<IpAddr>,
}

impl Addresses {
    /// Decides what to advertise for a port bound to `bound`.
    pub(super) fn new(bound: SocketAddr, advertise: &[IpAddr]) -> Result<Self, MediaStartError> {
        let interfaces = if bound.ip().is_unspecified() {
            let interfaces = if_addrs::get_if_addrs().map_err(MediaStartError::Interfaces)?;
            interfaces.iter().map(if_addrs::Interface::ip).collect()
        } else {
            Vec::new()
        };
        Self::choose(bound, advertise, interfaces)
    }

    fn choose(
        bound: SocketAddr,
        advertise: &[IpAddr],
        interfaces: Vec<IpAddr>,
    ) -> Result<Self, MediaStartError> {
        let wildcard = bound.ip().is_unspecified();
        let fits = |ip: &IpAddr| (wildcard && bound.is_ipv6()) || ip.is_ipv4() == bound.is_ipv4();
        if let Some(address) = advertise.iter().find(|ip| !fits(ip)) {
            return Err(MediaStartError::Family {
                address: *address,
                bind: bound,
            });
        }
        let mut ips: Vec<IpAddr> = match (advertise, wildcard) {
            ([], true) => {
                let mut ips = interfaces.clone();
                ips.retain(|ip| fits(ip) && !ip.is_loopback() && !is_link_local(ip));
                ips.sort_by_key(IpAddr::is_ipv6);
                ips.truncate(MAX_ADVERTISED - 1);
                ips.push(Ipv4Addr::LOCALHOST.into());
                ips
            }
            ([], false) => vec![bound.ip()],
            (given, _) => given.to_vec(),
        };
        let mut seen = HashSet::new();
        ips.retain(|ip| seen.insert(*ip));
        let port = bound.port();
        Ok(Self {
            advertised: ips
                .into_iter()
                .map(|ip| SocketAddr::new(ip, port))
                .collect(),
            given: !advertise.is_empty(),
            own: interfaces.into_iter().collect(),
        })
    }

    /// The advertised address that a packet for `ip` was meant for.
    pub(super) fn meant(&self, ip: IpAddr) -> Option<SocketAddr> {
        let ip = ip.to_canonical();
        let exact = self.advertised.iter().find(|address| address.ip() == ip);
        let translated = || {
            let alike = |address: &&SocketAddr| address.is_ipv4() == ip.is_ipv4();
            self.advertised.iter().find(alike).filter(|_| self.given)
        };
        exact.or_else(translated).copied()
    }

    /// The address to send from, if the system needs to be told.
    pub(super) fn send_from(&self, source: SocketAddr) -> Option<IpAddr> {
        Some(source.ip()).filter(|ip| self.own.contains(ip))
    }
}

fn is_link_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        // Without a zone they can't be reached, and a candidate has none (RFC 8839 section 5.1).
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bound: &str, advertise: &[&str], expected: Result<&[&str], ()>) {
        let ips = |texts: &[&str]| {
            texts
                .iter()
                .map(|ip| ip.parse().unwrap())
                .collect::<Vec<_>>()
        };
        let interfaces = ips(&[
            "127.0.0.1",
            "::1",
            "2001:db8::5",
            "10.0.0.5",
            "fe80::1",
            "169.254.1.1",
        ]);
        let chosen = Addresses::choose(bound.parse().unwrap(), &ips(advertise), interfaces);
        let chosen = chosen.map(|c| c.advertised.iter().map(|a| a.ip().to_string()).collect());
        let expected =
            expected.map(|ips| ips.iter().map(|ip| (*ip).to_owned()).collect::<Vec<_>>());
        assert_eq!(chosen.map_err(|_| ()), expected);
    }

    #[test]
    fn what_is_advertised() {
        check("0.0.0.0:1", &[], Ok(&["10.0.0.5", "127.0.0.1"]));
        check("[::]:1", &[], Ok(&["10.0.0.5", "2001:db8::5", "127.0.0.1"]));
        check("10.0.0.5:1", &[], Ok(&["10.0.0.5"]));
        check(
            "0.0.0.0:1",
            &["203.0.113.1", "203.0.113.1"],
            Ok(&["203.0.113.1"]),
        );
        check("0.0.0.0:1", &["2001:db8::1"], Err(()));
        check("[::]:1", &["203.0.113.1"], Ok(&["203.0.113.1"]));
    }

    #[test]
    fn translated_addresses() {
        let bound = SocketAddr::from(([0, 0, 0, 0], 7));
        let interfaces = vec![IpAddr::from([10, 0, 0, 5])];
        let given =
            Addresses::choose(bound, &[[203, 0, 113, 1].into()], interfaces.clone()).unwrap();
        let public = SocketAddr::from(([203, 0, 113, 1], 7));
        assert_eq!(given.meant([10, 0, 0, 5].into()), Some(public));
        assert_eq!(given.send_from(public), None);
        let own = Addresses::choose(bound, &[], interfaces).unwrap();
        let private = SocketAddr::from(([10, 0, 0, 5], 7));
        assert_eq!(own.meant("::ffff:10.0.0.5".parse().unwrap()), Some(private));
        assert_eq!(own.meant([10, 0, 0, 6].into()), None);
        assert_eq!(own.send_from(private), Some(private.ip()));
    }
}
