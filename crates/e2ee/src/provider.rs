//! The one place where openmls gets its cryptography, its storage and its randomness.
//!
//! openmls's provider seeds its generator from the system; that is the only randomness in this
//! crate that the caller doesn't pass in. Storage lives in memory: MLS state is never persisted.

use openmls_rust_crypto::{MemoryStorage, RustCrypto};
use openmls_traits::OpenMlsProvider;
use std::sync::{PoisonError, RwLock};
use zeroize::Zeroize;

#[derive(Default)]
pub(crate) struct Provider {
    crypto: RustCrypto,
    storage: MemoryStorage,
}

impl Provider {
    /// A provider with a copy of the storage: what is done with it can be thrown away.
    pub(crate) fn fork(&self) -> Self {
        let values = self
            .storage
            .values
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Self {
            crypto: RustCrypto::default(),
            storage: MemoryStorage {
                values: RwLock::new(values),
            },
        }
    }
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = MemoryStorage;

    fn storage(&self) -> &MemoryStorage {
        &self.storage
    }

    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }

    fn rand(&self) -> &RustCrypto {
        &self.crypto
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let values = self
            .storage
            .values
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        values.values_mut().for_each(Zeroize::zeroize);
    }
}

impl core::fmt::Debug for Provider {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Provider(redacted)")
    }
}
