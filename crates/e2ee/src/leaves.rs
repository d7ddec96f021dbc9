//! R-C3 and R-C5: what every leaf of a tree and every key package must be.

use crate::identity::Identity;
use crate::pinned;
use crate::rules::{Rule, Switches};
use incamera_model::LeafIndex;
use incamera_talk::Seat;
use openmls::prelude::{KeyPackage, LeafNode, MlsGroup};
use openmls::treesync::LeafNodeSource;
use std::collections::BTreeMap;

/// R-C3 and R-C5 for a key package whose own signatures openmls has verified.
pub(crate) fn check_key_package(
    package: &KeyPackage,
    identity: &Identity,
    switches: &Switches,
) -> Result<Seat, Rule> {
    let pinned = package.ciphersuite() == pinned::SUITE
        && package.extensions().iter().next().is_none()
        && *package.leaf_node().leaf_node_source()
            == LeafNodeSource::KeyPackage(pinned::lifetime());
    switches.require(Rule::C3, pinned)?;
    check_leaf(package.leaf_node(), identity, switches, None)
}

/// R-C3 and R-C5 for a leaf. `known` is the seat that was verified there before, if any: signatures
/// over the same bytes needn't be verified twice.
fn check_leaf(
    leaf: &LeafNode,
    identity: &Identity,
    switches: &Switches,
    known: Option<&Seat>,
) -> Result<Seat, Rule> {
    let pinned = *leaf.capabilities() == pinned::capabilities()
        && leaf.extensions().iter().next().is_none()
        && leaf.credential().credential_type() == pinned::CREDENTIAL;
    switches.require(Rule::C3, pinned)?;
    let encoded = leaf.credential().serialized_content();
    let seat = match known.filter(|known| known.as_bytes() == encoded) {
        Some(known) => known.clone(),
        None => identity.verify_seat(encoded).map_err(|_| Rule::C5)?,
    };
    if seat.key().0.as_slice() != leaf.signature_key().as_slice() {
        return Err(Rule::C5);
    }
    Ok(seat)
}

/// The seats of a tree, every leaf verified. `known`: see [`check_leaf`].
pub(crate) fn read_roster(
    group: &MlsGroup,
    identity: &Identity,
    switches: &Switches,
    known: &BTreeMap<LeafIndex, Seat>,
) -> Result<BTreeMap<LeafIndex, Seat>, Rule> {
    let mut roster = BTreeMap::new();
    for member in group.members() {
        let leaf = group.public_group().leaf(member.index).ok_or(Rule::C10)?;
        let source_holds = match leaf.leaf_node_source() {
            LeafNodeSource::KeyPackage(lifetime) => *lifetime == pinned::lifetime(),
            LeafNodeSource::Commit(_) => true,
            LeafNodeSource::Update => false,
        };
        switches.require(Rule::C3, source_holds)?;
        let index = LeafIndex(member.index.u32());
        let seat = check_leaf(leaf, identity, switches, known.get(&index))?;
        roster.insert(index, seat);
    }
    if roster.len() > pinned::MAX_PEOPLE {
        return Err(Rule::C3);
    }
    Ok(roster)
}
