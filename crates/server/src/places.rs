use crate::rate::network;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many places for each address (IPv6: for each /64). Only addresses that hold one are kept.
pub(crate) struct Places {
    most: usize,
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One of them, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    network: IpAddr,
}

impl Places {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network(address);
        let mut taken = self.lock();
        let count = taken.entry(network).or_default();
        let free = *count < self.most;
        if free {
            *count += 1;
        } else if *count == 0 {
            taken.remove(&network);
        }
        drop(taken);
        free.then(|| Place {
            places: Arc::clone(self),
            network,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_and_gives_them_back() {
        let places = Places::new(2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = places.take(address("192.0.2.1")).unwrap();
        let _second = places.take(address("192.0.2.1")).unwrap();
        assert!(places.take(address("192.0.2.1")).is_none());
        let other = places.take(address("192.0.2.2"));
        assert!(other.is_some());
        drop(first);
        assert!(places.take(address("192.0.2.1")).is_some());
        drop(other);
        assert_eq!(places.lock().len(), 1);
        assert!(Places::new(0).take(address("192.0.2.1")).is_none());
    }
}
