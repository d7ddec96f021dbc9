//! R-C3 and R-C5: what every leaf of a tree and every key package must be.

use crate::identity::Judge;
use crate::pinned;
use crate::room_seat::RoomSeat;
use crate::rules::Rule;
use incamera_model::LeafIndex;
use openmls::prelude::{KeyPackage, LeafNode, MlsGroup};
use openmls::treesync::LeafNodeSource;
use std::collections::BTreeMap;

/// R-C3 and R-C5 for a key package whose own signatures openmls has verified.
pub(crate) fn check_key_package(package: &KeyPackage, judge: Judge<'_>) -> Result<RoomSeat, Rule> {
    let pinned = package.ciphersuite() == pinned::SUITE
        && package.extensions().iter().next().is_none()
        && *package.leaf_node().leaf_node_source()
            == LeafNodeSource::KeyPackage(pinned::lifetime());
    judge.switches.require(Rule::C3, pinned)?;
    check_leaf(package.leaf_node(), judge, None)
}

/// R-C3 and R-C5 for a leaf. `known` is the seat that was verified there before, if any.
fn check_leaf(
    leaf: &LeafNode,
    judge: Judge<'_>,
    known: Option<&RoomSeat>,
) -> Result<RoomSeat, Rule> {
    let pinned = *leaf.capabilities() == pinned::capabilities()
        && leaf.extensions().iter().next().is_none()
        && leaf.credential().credential_type() == pinned::CREDENTIAL;
    judge.switches.require(Rule::C3, pinned)?;
    let seat = judge.seat(leaf.credential().serialized_content(), known)?;
    let own_key = seat.key().0.as_slice() == leaf.signature_key().as_slice();
    judge.switches.require(Rule::C5, own_key)?;
    Ok(seat)
}

/// The seats of a tree, every leaf verified. `known`: see [`check_leaf`].
pub(crate) fn read_roster(
    group: &MlsGroup,
    judge: Judge<'_>,
    known: &BTreeMap<LeafIndex, RoomSeat>,
) -> Result<BTreeMap<LeafIndex, RoomSeat>, Rule> {
    let mut roster = BTreeMap::new();
    for member in group.members() {
        let leaf = group.public_group().leaf(member.index).ok_or(Rule::C10)?;
        let source_holds = match leaf.leaf_node_source() {
            LeafNodeSource::KeyPackage(lifetime) => *lifetime == pinned::lifetime(),
            LeafNodeSource::Commit(_) => true,
            LeafNodeSource::Update => false,
        };
        judge.switches.require(Rule::C3, source_holds)?;
        let index = LeafIndex(member.index.u32());
        let seat = check_leaf(leaf, judge, known.get(&index))?;
        roster.insert(index, seat);
    }
    if roster.len() > pinned::MAX_PEOPLE {
        return Err(Rule::C3);
    }
    let once = are_single_use(roster.values());
    judge.switches.require(Rule::SingleUse, once)?;
    Ok(roster)
}

/// Whether each invitation that vouches by itself did so for one seat only.
pub(crate) fn are_single_use<'a>(seats: impl Iterator<Item = &'a RoomSeat>) -> bool {
    let mut by_invitation = BTreeMap::new();
    let mut invited = seats.filter_map(|seat| Some((seat.automatic_invitation()?, seat.key())));
    invited.all(|(invitation, key)| *by_invitation.entry(invitation).or_insert(key) == key)
}
