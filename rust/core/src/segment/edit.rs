//! What edits of segments change once a record is judged: redefined segments are decided anew, and those that begin are told whole.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::decide::Open;
use super::feed::Cause;
use super::flips::{Flip, Flips};
use super::formula::Node;
use super::live::Live;
use crate::bitmap::Bitmap;
use crate::id::{ProfileId, SegmentId};
use crate::time::Instant;
use crate::view::View;

impl Live {
    /// Decides redefined segments for every profile.
    pub(super) fn redefine(&mut self, view: &View) {
        let mut open = Open::default();
        let is_edit = !self.reconsidered.is_empty();
        for (segment, profile) in std::mem::take(&mut self.reconsidered) {
            if let Some((_, rank)) = self.network.rule(segment) {
                open.ask(rank, segment, Cause::Edit);
                self.decide(profile, &mut open);
            }
        }
        let redefined = std::mem::take(&mut self.redefined);
        let for_all = std::mem::take(&mut self.redefined_for_all);
        if redefined.is_empty() && for_all.is_empty() {
            if is_edit {
                self.net();
            }
            return;
        }
        for profile in view.live.iter().map(ProfileId) {
            self.open_redefined(profile, &redefined, &for_all, &mut open);
            self.decide(profile, &mut open);
        }
        self.net();
    }

    /// Opens those of the segments that name something that is true of a profile, and others whatever is.
    pub(super) fn open_redefined(
        &self,
        profile: ProfileId,
        redefined: &BTreeSet<SegmentId>,
        for_all: &[SegmentId],
        open: &mut Open,
    ) {
        let network = &self.network;
        let groups = self.roster.groups(profile);
        let atoms = groups.flat_map(|group| network.atoms_of(group));
        let atoms = atoms.map(|atom| Node::atom(*atom));
        let nodes = self.roster.nodes(profile);
        let named = nodes.chain(atoms).flat_map(|node| network.users(node));
        let named = named.filter(|segment| redefined.contains(segment));
        for segment in named.chain(for_all) {
            if let Some((_, rank)) = network.rule(*segment) {
                open.ask(rank, *segment, Cause::Edit);
            }
        }
    }

    /// Of what flipped more than once while an edit was settled leaves the last flip where it is another than before.
    fn net(&mut self) {
        let own: Vec<Flip> = self.flips.iter_from(self.past).collect();
        let mut times: HashMap<(SegmentId, ProfileId), (u32, u32)> = HashMap::new();
        for flip in &own {
            times.entry((flip.segment, flip.profile)).or_default().0 += 1;
        }
        if times.len() == own.len() {
            return;
        }
        self.drafts.spoil();
        self.flips.truncate(self.past);
        self.flips.extend(own.into_iter().filter(|flip| {
            let own = times.get_mut(&(flip.segment, flip.profile));
            own.is_none_or(|(all, seen)| {
                *seen += 1;
                seen == all && *all % 2 == 1
            })
        }));
    }
}

/// Tells the first members of segments that begin as one set each; gives the other flips.
pub(super) fn activate(
    view: &mut View,
    t: Instant,
    begun: BTreeSet<SegmentId>,
    flips: impl Iterator<Item = Flip>,
) -> Flips {
    let begun = begun.into_iter();
    let mut first: BTreeMap<SegmentId, Vec<u32>> =
        begun.map(|segment| (segment, Vec::new())).collect();
    let mut rest = Flips::default();
    for flip in flips {
        match first.get_mut(&flip.segment) {
            Some(members) => members.push(flip.profile.0),
            None => rest.push(flip),
        }
    }
    for (segment, mut members) in first {
        members.sort_unstable();
        let members = Bitmap::from_sorted(members);
        view.feed.activate(t, segment, &members);
    }
    rest
}
