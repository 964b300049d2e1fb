//! Which segments of a profile are to be decided, and what comes of it.
//!
//! What follows a group alone is known once the group is judged; it is written down in one go. Whatever names more is asked in order
//! of rank, so that all that it names is settled before.

use super::feed::Cause;
use super::flips::{Flip, Switch};
use super::formula::Node;
use super::live::{Live, Touch};
use super::network::Network;
use crate::id::{GroupId, ProfileId, SegmentId};
use crate::profile::dictionary::IdSlot;
use crate::view::View;

/// Segments of one profile that are to be decided.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// Those of which it is known already what they are.
    known: Vec<Known>,
    /// What made them so.
    causes: Vec<Cause>,
    /// Those to be asked, with their rank.
    asked: Vec<(u32, SegmentId, Cause)>,
}

/// What a segment is known to be, and the place of its cause: one number, that rises by segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known(u64);

impl Known {
    #[inline]
    const fn new(switch: Switch, cause: u32) -> Self {
        Self((switch.number() as u64) << 32 | cause as u64)
    }

    /// The segment, entered when it is true.
    #[inline]
    pub(super) const fn switch(self) -> Switch {
        Switch::of_number((self.0 >> 32) as u32)
    }

    #[inline]
    const fn cause(self) -> u32 {
        self.0 as u32
    }
}

impl Open {
    /// Adds a segment.
    pub(super) fn ask(&mut self, rank: u32, segment: SegmentId, cause: Cause) {
        self.asked.push((rank, segment, cause));
    }

    /// Adds the segments whose rule names the node itself.
    #[inline]
    pub(super) fn ask_users(&mut self, network: &Network, node: Node, cause: Cause) {
        for user in network.users(node) {
            if let Some((_, rank)) = network.rule(*user) {
                self.ask(rank, *user, cause);
            }
        }
    }

    /// Adds the segments that follow a group from one level to another.
    #[inline]
    pub(super) fn follow(
        &mut self,
        network: &Network,
        group: GroupId,
        (old, new): (u32, u32),
        cause: Cause,
    ) {
        let Some(followers) = network.followers(group) else {
            return;
        };
        let place = self.causes.len() as u32;
        self.causes.push(cause);
        let (plain, others) = followers.step(old, new);
        if old < new {
            self.known
                .extend(plain.iter().map(|own| Known::new(*own, place)));
        } else {
            self.known
                .extend(plain.iter().map(|own| Known::new(own.opposite(), place)));
        }
        for own in others {
            if let Some(switch) = own.becomes(new) {
                self.known.push(Known::new(switch, place));
            } else if let Some((_, rank)) = network.rule(own.segment) {
                self.ask(rank, own.segment, cause);
            }
        }
    }
}

impl Live {
    /// Decides the open segments of a profile and all that hang on those that flip.
    pub(super) fn decide(&mut self, profile: ProfileId, open: &mut Open) {
        if !open.known.is_empty() {
            self.write_known(profile, open);
        }
        open.causes.clear();
        if open.asked.is_empty() {
            return;
        }
        let asked = &mut open.asked;
        // The lowest rank lies at the end; what a flip opens is of a higher rank.
        asked.sort_unstable_by(|a, b| b.cmp(a));
        while let Some((rank, segment, cause)) = asked.pop() {
            // Of several causes the last in their order counts.
            let mut cause = cause;
            while let Some(again) = asked.pop_if(|next| (next.0, next.1) == (rank, segment)) {
                cause = again.2;
            }
            let Some((formula, _)) = self.network.rule(segment) else {
                continue;
            };
            let (network, roster) = (&self.network, &self.roster);
            let entered = formula.holds(&|node| network.holds(roster, profile, node));
            if self.roster.set(profile, Node::segment(segment), entered) {
                self.turned(Flip {
                    segment,
                    profile,
                    entered,
                    cause,
                });
                let before = asked.len();
                let users = self.network.users(Node::segment(segment)).iter();
                let ranked = users.filter_map(|user| Some((self.network.rule(*user)?.1, *user)));
                asked.extend(ranked.map(|(rank, user)| (rank, user, cause)));
                if asked.len() > before {
                    asked.sort_unstable_by(|a, b| b.cmp(a));
                }
            }
        }
    }

    /// Writes down what is known, and opens what hangs on it.
    fn write_known(&mut self, profile: ProfileId, open: &mut Open) {
        let mut known = std::mem::take(&mut open.known);
        let causes = std::mem::take(&mut open.causes);
        known.sort_unstable();
        // A comparison with two cuts may turn at each of them.
        known.dedup_by_key(|own| own.switch());
        self.roster.set_segments(profile, &mut known);
        for own in known.chunk_by(|a, b| a.cause() == b.cause()) {
            let Some(first) = own.first() else { continue };
            let Some(cause) = causes.get(first.cause() as usize) else {
                continue;
            };
            let switches = own.iter().map(|own| own.switch());
            if self.aside.is_empty() {
                self.flips.push_all(profile, *cause, switches.clone());
            } else {
                switches
                    .clone()
                    .for_each(|own| self.turned(own.flip(profile, *cause)));
            }
            for switch in switches {
                open.ask_users(&self.network, Node::segment(switch.segment()), *cause);
            }
        }
        known.clear();
        (open.known, open.causes) = (known, causes);
    }

    /// Puts new profiles of which nothing was judged into the segments that hold of whom nothing is known.
    pub(super) fn bear(&mut self, view: &View, newborn: &[(ProfileId, Cause)], touched: &[Touch]) {
        let mut open = Open::default();
        for (profile, cause) in newborn {
            if touched
                .binary_search_by_key(profile, |own| own.profile)
                .is_err()
            {
                self.open_born(view, (*profile, *cause), &mut open);
                self.decide(*profile, &mut open);
            }
        }
    }

    /// Opens the segments that hold of whom nothing is known, for a new profile.
    pub(super) fn open_born(
        &self,
        view: &View,
        (profile, cause): (ProfileId, Cause),
        open: &mut Open,
    ) {
        // The view counts its profiles at the end of a record only.
        if view.ids.profile(IdSlot(profile.0)) == profile {
            for born in self.network.born() {
                if let Some((_, rank)) = self.network.rule(*born) {
                    open.ask(rank, *born, cause);
                }
            }
        }
    }
}
