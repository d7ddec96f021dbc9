use crate::config::Rate;
use incamera_model::Timestamp;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// A token bucket: full at first, and filled again at its rate.
pub(crate) struct Bucket {
    rate: Rate,
    /// In thousandths, so that a rate of one each second fills by the millisecond.
    milli_tokens: u64,
    filled: Timestamp,
}

/// A bucket for each address; their number is bounded.
pub(crate) struct AddressBuckets {
    rate: Rate,
    buckets: BTreeMap<IpAddr, Bucket>,
}

/// How many addresses have a bucket at once. Full buckets go first; if none is full, the next
/// address shares in a refusal rather than in memory.
const ADDRESSES: usize = 16 * 1024;

impl Bucket {
    pub(crate) fn new(rate: Rate, now: Timestamp) -> Self {
        Self {
            rate,
            milli_tokens: u64::from(rate.burst) * 1000,
            filled: now,
        }
    }

    /// Takes tokens if there are as many.
    pub(crate) fn take(&mut self, now: Timestamp, tokens: usize) -> bool {
        self.fill(now);
        let cost = (tokens as u64).saturating_mul(1000);
        let enough = self.milli_tokens >= cost;
        if enough {
            self.milli_tokens -= cost;
        }
        enough
    }

    fn fill(&mut self, now: Timestamp) {
        let millis = u64::try_from(now.since(self.filled).as_millis()).unwrap_or(u64::MAX);
        let gained = millis.saturating_mul(u64::from(self.rate.per_second));
        let full = u64::from(self.rate.burst) * 1000;
        self.milli_tokens = self.milli_tokens.saturating_add(gained).min(full);
        self.filled = self.filled.max(now);
    }

    fn is_full(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        self.milli_tokens == u64::from(self.rate.burst) * 1000
    }
}

impl AddressBuckets {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: BTreeMap::new(),
        }
    }

    /// Whether [`AddressBuckets::take`] would succeed; takes nothing.
    pub(crate) fn has(&mut self, now: Timestamp, address: IpAddr) -> bool {
        match self.buckets.get_mut(&network(address)) {
            Some(bucket) => bucket.take(now, 0) && bucket.milli_tokens >= 1000,
            None => true,
        }
    }

    pub(crate) fn take(&mut self, now: Timestamp, address: IpAddr) -> bool {
        let address = network(address);
        if !self.buckets.contains_key(&address) && self.buckets.len() >= ADDRESSES {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
            if self.buckets.len() >= ADDRESSES {
                return false;
            }
        }
        let rate = self.rate;
        self.buckets
            .entry(address)
            .or_insert_with(|| Bucket::new(rate, now))
            .take(now, 1)
    }
}

/// Who has one IPv6 address has its /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        per_second: 2,
    };

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_rate() {
        let mut bucket = Bucket::new(RATE, Timestamp(0));
        let taken: Vec<bool> = [0, 0, 0, 0, 499, 500, 500, 999, 1000]
            .into_iter()
            .map(|now| bucket.take(Timestamp(now), 1))
            .collect();
        assert_eq!(
            taken,
            [true, true, true, false, false, true, false, false, true]
        );
        assert!(bucket.take(Timestamp(u64::MAX), 3), "full, and no more");
        assert!(!bucket.take(Timestamp(u64::MAX), 1));
        assert!(!bucket.take(Timestamp(5), 1), "a clock that goes back");
    }

    #[test]
    fn addresses_are_apart_and_bounded() {
        let mut buckets = AddressBuckets::new(RATE);
        let address = |number: u32| IpAddr::V4(number.into());
        for _ in 0..RATE.burst {
            assert!(buckets.take(Timestamp(0), address(1)));
        }
        assert!(!buckets.take(Timestamp(0), address(1)));
        for number in 2..=ADDRESSES as u32 {
            assert!(buckets.take(Timestamp(0), address(number)));
        }
        assert!(!buckets.take(Timestamp(0), address(0)), "no room");
        assert!(buckets.take(Timestamp(5000), address(0)), "room again");
        assert_eq!(buckets.buckets.len(), 1);
    }

    #[test]
    fn a_network_shares_a_bucket() {
        let mut buckets = AddressBuckets::new(RATE);
        for host in 0..4_u16 {
            let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host));
            assert_eq!(buckets.take(Timestamp(0), address), host < 3);
        }
    }
}
