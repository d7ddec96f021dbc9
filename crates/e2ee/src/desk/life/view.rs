//! What there is to show of a talk's life.

use super::super::TalkSession;
use super::timeline::Teller;
use super::views::{
    ByView, CommentView, CommitmentView, DisputeView, ItemView, LifeView, MeetingView, MemberView,
    OfferView, ReadoutView, SaidTimeView, SideView, SignatureView, StandsView, TeamOfferView,
    TeamView, TimeView, VersionView, WrittenView, ZoneView,
};
use incamera_model::{TalkId, encode_base64url};
use incamera_talk::SeatKey;
use incamera_talk::life::{
    By, Commitment, CommitmentState, Item, Life, MAX_TIME, Meeting, ObjectId, Readout, Team, Terms,
    Written, hex,
};
use incamera_talk::two_keys::{Delegations, Standing, team_room};
use std::collections::BTreeMap;

impl TalkSession {
    /// The life of the talk, once it is founded.
    #[must_use]
    pub fn life_view(&self) -> Option<LifeView> {
        let scribe = self.scribe.as_ref()?;
        let (life, standing) = (&scribe.life, self.standing()?);
        let teller = Teller::new(life, standing, &self.people);
        let events = life.timeline().events();
        Some(LifeView {
            timeline: events.map(|event| teller.tell(event)).collect(),
            dropped: life.timeline().dropped(),
            meetings: in_order(life.meetings(), |known| known.since)
                .map(|(id, known)| meeting(&self.talk, id, known))
                .collect(),
            agenda: agenda(life, standing),
            teams: in_order(life.teams(), |known| known.since)
                .map(|(id, known)| self.team(id, known, standing))
                .collect(),
            commitments: in_order(life.commitments(), |known| known.since)
                .map(|(id, known)| commitment(id, known))
                .collect(),
            readouts: in_order(life.readouts(), |known| known.since)
                .map(|(id, known)| readout(id, known))
                .collect(),
        })
    }

    fn member(&self, seat: &SeatKey) -> MemberView {
        let tbs = self
            .people
            .seat(seat)
            .map(incamera_talk::two_keys::Seat::tbs);
        MemberView {
            seat: encode_base64url(&seat.0),
            name: tbs.map(|tbs| tbs.name.as_str().to_owned()),
            delegation: tbs.map(|tbs| tbs.delegation.0),
        }
    }

    fn team(&self, id: &ObjectId, team: &Team, standing: &Standing) -> TeamView {
        let members = |terms: &Terms| terms.members.iter().map(|seat| self.member(seat)).collect();
        let terms = &team.terms;
        let waits = team.offer.as_ref();
        let other = waits.filter(|offer| offer.terms != *terms);
        let agreed = match waits.filter(|_| other.is_none()) {
            Some(offer) => offer.agreed.delegations(),
            None if team.state == incamera_talk::life::TeamState::Refused => Delegations::default(),
            None => standing.charter().principals(),
        };
        TeamView {
            id: id.to_text(),
            name: terms.name.to_string(),
            mandate: terms.mandate.to_string(),
            mode: terms.mode,
            place: terms.place.to_string(),
            start: terms.start,
            due: terms.due,
            members: members(terms),
            room: encode_base64url(&team_room(&self.talk, &id.0).0),
            state: team.state.into(),
            agreed: list(agreed),
            offer: other.map(|offer| TeamOfferView {
                name: offer.terms.name.to_string(),
                mandate: offer.terms.mandate.to_string(),
                mode: offer.terms.mode,
                place: offer.terms.place.to_string(),
                start: offer.terms.start,
                due: offer.terms.due,
                members: members(&offer.terms),
                by: offer.by.0,
                agreed: list(offer.agreed.delegations()),
            }),
            reason: team.reason.as_ref().map(|(reason, _)| reason.clone()),
            reason_by: team.reason.as_ref().map(|(_, side)| side.0),
            reports: team.reports.iter().map(written).collect(),
            last: team.last,
        }
    }
}

/// Objects in the order in which they were made.
fn in_order<T>(
    objects: &BTreeMap<ObjectId, T>,
    since: impl Fn(&T) -> u64,
) -> impl Iterator<Item = (&ObjectId, &T)> {
    let mut sorted: Vec<_> = objects.iter().collect();
    sorted.sort_by_key(|(_, object)| since(object));
    sorted.into_iter()
}

fn list(set: Delegations) -> Vec<u8> {
    set.iter().map(|delegation| delegation.0).collect()
}

pub(super) fn by(by: &By) -> ByView {
    ByView {
        name: by.name.as_str().to_owned(),
        delegation: by.delegation.0,
    }
}

fn written(text: &Written) -> WrittenView {
    WrittenView {
        entry: text.entry,
        text: text.text.to_string(),
        by: by(&text.by),
        at: text.at,
    }
}

fn meeting(talk: &TalkId, id: &ObjectId, meeting: &Meeting) -> MeetingView {
    let offer = meeting.offer.as_ref();
    MeetingView {
        id: id.to_text(),
        uid: id.uid(talk),
        state: meeting.state.into(),
        plan: meeting.plan.clone(),
        offer: offer.map(|offer| OfferView {
            plan: offer.terms.clone(),
            by: offer.by.0,
            agreed: list(offer.agreed.delegations()),
        }),
        reason: meeting.reason.as_ref().map(|(reason, _)| reason.clone()),
        reason_by: meeting.reason.as_ref().map(|(_, side)| side.0),
        sequence: meeting.sequence,
        zones: meeting
            .zones
            .iter()
            .map(|(side, zone)| ZoneView {
                delegation: side.0,
                zone: zone.clone(),
            })
            .collect(),
        last: meeting.last,
    }
}

/// By what the heads said about the order, and then by age.
fn agenda(life: &Life, standing: &Standing) -> Vec<ItemView> {
    let mut sorted: Vec<_> = in_order(life.agenda(), |item| item.since).collect();
    sorted.sort_by_key(|(_, item)| item.order);
    let views = sorted.into_iter().map(|(id, item)| ItemView {
        id: id.to_text(),
        title: item.title.to_string(),
        order: item.order,
        minutes: item.minutes,
        state: item.state.into(),
        marks: list(item.marks.delegations()),
        sides: standing
            .charter()
            .all()
            .iter()
            .map(|delegation| {
                let side = item.sides.get(&delegation);
                let texts = |of: fn(&incamera_talk::life::Side) -> &Vec<Written>| {
                    side.into_iter().flat_map(of).map(written).collect()
                };
                SideView {
                    delegation: delegation.0,
                    position: texts(|side| &side.position),
                    request: texts(|side| &side.request),
                }
            })
            .collect(),
        current_since: life
            .current()
            .filter(|current| current.item == *id)
            // What somebody claims is to be a time that can be shown.
            .map(|current| current.since.min(MAX_TIME)),
        time: time(item, standing),
        last: item.last,
    });
    views.collect()
}

fn time(item: &Item, standing: &Standing) -> TimeView {
    let agreed = item.time.agreed(standing.charter().principals());
    let said = item.time.said();
    TimeView {
        agreed: agreed.filter(|minutes| *minutes > 0),
        said: said
            .map(|(side, minutes)| SaidTimeView {
                delegation: side.0,
                minutes,
            })
            .collect(),
    }
}

fn commitment(id: &ObjectId, commitment: &Commitment) -> CommitmentView {
    let pledge = &commitment.pledge;
    let asked = commitment.drops.delegations().iter().next();
    let open = commitment.state == CommitmentState::Open;
    CommitmentView {
        id: id.to_text(),
        text: pledge.text.to_string(),
        owner: pledge.owner.0,
        who: pledge.who.to_string(),
        due: pledge.due,
        team: pledge.team.map(|team| team.to_text()),
        state: commitment.state.into(),
        agreed: list(commitment.agreed.delegations()),
        drop_asked: asked.filter(|_| open).map(|side| side.0),
        reason: commitment.reason.as_ref().map(|(reason, _)| reason.clone()),
        reason_by: commitment.reason.as_ref().map(|(_, side)| side.0),
        last: commitment.last,
    }
}

fn readout(id: &ObjectId, readout: &Readout) -> ReadoutView {
    let versions = readout.versions.iter();
    let comments = readout.comments.iter();
    let disputes = readout.disputes.iter();
    let signatures = readout.signatures.iter();
    ReadoutView {
        id: id.to_text(),
        versions: versions
            .map(|(entry, version)| VersionView {
                entry: *entry,
                parents: version.parents.clone(),
                by: by(&version.by),
                at: version.at,
                document: (*version.document).clone(),
                brackets: version.document.brackets(),
            })
            .collect(),
        tips: readout.tips.iter().copied().collect(),
        comments: comments
            .map(|comment| CommentView {
                entry: comment.written.entry,
                on: comment.on,
                paragraph: comment.paragraph,
                text: comment.written.text.to_string(),
                by: by(&comment.written.by),
                at: comment.written.at,
            })
            .collect(),
        disputes: disputes
            .map(|(side, (on, text))| DisputeView {
                delegation: side.0,
                text: text.text.to_string(),
                on: *on,
                by: by(&text.by),
            })
            .collect(),
        signatures: signatures
            .map(|(side, signed)| SignatureView {
                delegation: side.0,
                by: signed.by.name.as_str().to_owned(),
                on: signed.on,
                entry: signed.entry,
                key: encode_base64url(&signed.by.key),
                signature: encode_base64url(&signed.signature),
            })
            .collect(),
        agreed: readout.agreed.map(|(on, _)| on),
        hash: readout.agreed.map(|(_, hash)| hex(&hash)),
        stands: readout
            .agreed
            .and_then(|(on, _)| readout.versions.get(&on))
            .map(|version| StandsView {
                charter: encode_base64url(&version.charter_hash()),
                entry: encode_base64url(&version.entry_hash()),
            }),
        published: readout.published,
        last: readout.last,
    }
}
