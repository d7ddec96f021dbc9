//! Asking to be let in: key packages, and the Welcome (R-C10).

use crate::group::{Follows, MlsFailure, SealedGroup};
use crate::identity::Identity;
use crate::pinned::{self, RoomState};
use crate::provider::Provider;
use crate::rules::{Rule, Switches};
use incamera_talk::two_keys::Standing;
use openmls::prelude::tls_codec::{DeserializeBytes as _, Serialize as _};
use openmls::prelude::{
    KeyPackage, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _, StagedWelcome, Welcome,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many requests of one's own may still be answered; the oldest is forgotten.
const MAX_PACKAGES: usize = 8;

/// What a Welcome must be for.
#[derive(Debug, Clone)]
pub(crate) struct Expected<'a> {
    pub(crate) incarnation: u32,
    pub(crate) group_id: &'a [u8],
    /// The epoch that the commit in the same entry claims to end.
    pub(crate) after_epoch: u64,
    /// The place of the record that the same entry names; none where a link admits.
    pub(crate) follows: Option<Follows>,
    /// What stands now, as far as the record was read: nobody may sit there who doesn't.
    pub(crate) latest: Option<&'a Standing>,
}

/// Holds the private keys of one's requests.
#[derive(Debug)]
pub(crate) struct Applicant {
    identity: Arc<Identity>,
    switches: Switches,
    packages: VecDeque<(Vec<u8>, Provider)>,
}

impl Applicant {
    pub(crate) fn new(identity: Arc<Identity>, switches: Switches) -> Self {
        Self {
            identity,
            switches,
            packages: VecDeque::new(),
        }
    }

    /// Makes a fresh key package.
    pub(crate) fn package(&mut self) -> Result<Vec<u8>, MlsFailure> {
        let provider = Provider::default();
        let bundle = KeyPackage::builder()
            .key_package_lifetime(pinned::lifetime())
            .leaf_node_capabilities(pinned::capabilities())
            .build(
                pinned::SUITE,
                &provider,
                &*self.identity,
                pinned::credential(&self.identity),
            )
            .map_err(|_| MlsFailure("key package"))?;
        let package = bundle.into_key_package();
        let reference = package
            .hash_ref(provider.crypto())
            .map_err(|_| MlsFailure("reference"))?;
        if self.packages.len() == MAX_PACKAGES {
            self.packages.pop_front();
        }
        self.packages
            .push_back((reference.as_slice().to_vec(), provider));
        package
            .tls_serialize_detached()
            .map_err(|_| MlsFailure("encode"))
    }

    /// Whether one of these references is of one's own package.
    pub(crate) fn holds(&self, references: &[Vec<u8>]) -> bool {
        self.packages
            .iter()
            .any(|(own, _)| references.contains(own))
    }

    /// Joins by a Welcome. `None` if it isn't for any of one's packages.
    ///
    /// openmls deletes a package's private keys before it has verified anything; it works on a
    /// copy here, so that a junk Welcome doesn't burn the package (R-C10).
    pub(crate) fn join(
        &mut self,
        welcome: &[u8],
        expected: &Expected<'_>,
    ) -> Option<Result<SealedGroup, Rule>> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).ok()?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return None;
        };
        let index = self.packages.iter().position(|(own, _)| {
            welcome
                .secrets()
                .iter()
                .any(|secret| secret.new_member().as_slice() == own)
        })?;
        let provider = self.packages.get(index)?.1.fork();
        let joined = self.open(welcome, provider, expected);
        // Used once, and gone: whoever takes this device later can't open the Welcome again.
        if joined.is_ok() || !self.switches.enforces(Rule::KeepPackage) {
            self.packages.remove(index);
        }
        Some(joined)
    }

    fn open(
        &self,
        welcome: Welcome,
        provider: Provider,
        expected: &Expected<'_>,
    ) -> Result<SealedGroup, Rule> {
        if welcome.ciphersuite() != pinned::SUITE {
            return Err(Rule::C10);
        }
        let staged =
            StagedWelcome::new_from_welcome(&provider, &pinned::join_config(), welcome, None)
                .map_err(|_| Rule::C10)?;
        let context = staged.group_context();
        let as_expected = context.group_id().as_slice() == expected.group_id
            && context.epoch().as_u64() == expected.after_epoch.saturating_add(1)
            && context.ciphersuite() == pinned::SUITE;
        self.switches.require(Rule::C10, as_expected)?;
        let group = staged.into_group(&provider).map_err(|_| Rule::C10)?;
        let follows = expected.follows.clone();
        let place = follows.as_ref().map(|follows| follows.place);
        let state = RoomState::new(&self.identity, expected.incarnation, place);
        let joined = SealedGroup::adopt(
            group,
            provider,
            self.identity.clone(),
            self.switches.clone(),
            (state, follows.map(|follows| follows.standing)),
        )?;
        let fallen = expected.latest.map(|latest| joined.fallen(latest));
        let all_stand = fallen.is_none_or(|fallen| fallen.is_empty());
        self.switches.require(Rule::C10, all_stand)?;
        Ok(joined)
    }
}
