//! Segments that follow the level of one group.
//!
//! Most rules are one comparison, or not one: such a segment turns whenever its comparison does, and nothing is to be looked up. By
//! level the followers lie in one piece of memory, so a step over many levels is one walk.

use super::formula::{Formula, Node};
use super::ladder::{Extent, Ladder};
use super::network::Network;
use crate::id::{AtomId, GroupId, SegmentId};

/// A segment whose rule names a comparison of the group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follower {
    pub(super) segment: SegmentId,
    pub(super) extent: Extent,
    pub(super) bond: Bond,
}

/// What the comparison says of the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    /// They are the same.
    Equal,
    /// They are opposites.
    Opposite,
    /// The rule names more.
    Part,
}

/// All followers of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct Followers {
    /// By level where those end that may turn between it and the next.
    ends: Vec<u32>,
    all: Vec<Follower>,
}

impl Followers {
    /// The followers of a ladder; `users` tells the segments that name a comparison.
    pub(super) fn new<'a>(
        ladder: &Ladder,
        users: impl Fn(AtomId) -> &'a [SegmentId],
        bond: impl Fn(AtomId, SegmentId) -> Bond,
    ) -> Self {
        let mut own = Self::default();
        for turning in ladder.turning() {
            for (atom, extent) in turning {
                own.all.extend(users(*atom).iter().map(|segment| Follower {
                    segment: *segment,
                    extent: *extent,
                    bond: bond(*atom, *segment),
                }));
            }
            own.ends.push(own.all.len() as u32);
        }
        own
    }

    /// Those that follow a comparison that holds on one of two levels and not on the other; some of them twice.
    #[inline]
    pub(super) fn turned(&self, a: u32, b: u32) -> impl Iterator<Item = &Follower> {
        let end = |level: u32| {
            let before = (level as usize).checked_sub(1);
            before.map_or(0, |before| {
                let last = self.ends.len().saturating_sub(1);
                self.ends
                    .get(before.min(last))
                    .map_or(0, |end| *end as usize)
            })
        };
        let between = self.all.get(end(a.min(b))..end(a.max(b)));
        let between = between.unwrap_or_default().iter();
        between.filter(move |own| own.extent.holds(a) != own.extent.holds(b))
    }
}

impl Bond {
    fn of(formula: &Formula) -> Self {
        match formula {
            Formula::Atom(_) => Self::Equal,
            Formula::Not(part) => Self::of(part).opposite(),
            Formula::And(_) | Formula::Or(_) | Formula::Segment(_) => Self::Part,
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::Opposite,
            Self::Opposite => Self::Equal,
            Self::Part => Self::Part,
        }
    }
}

impl Network {
    /// The segments that follow a group.
    #[inline]
    pub(super) fn followers(&self, group: GroupId) -> Option<&Followers> {
        self.followers.get(group.index())
    }

    /// Sees to it that whatever follows a group does so by the rules of now; to be called before anything is judged.
    pub(super) fn follow(&mut self) {
        for id in std::mem::take(&mut self.unfollowed) {
            let own = self.group(id).map(|group| {
                let users = |atom| self.users(Node::atom(atom));
                let bond = |atom, segment| {
                    let rule = self.rule(segment);
                    let own = rule.map_or(Bond::Part, |own| Bond::of(own.0));
                    if self.is_complement(atom) {
                        own.opposite()
                    } else {
                        own
                    }
                };
                Followers::new(&group.ladder, users, bond)
            });
            if self.followers.len() <= id.index() {
                self.followers
                    .resize_with(id.index() + 1, Followers::default);
            }
            if let Some(place) = self.followers.get_mut(id.index()) {
                *place = own.unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rule::ast::Function;
    use crate::rule::testing::operators;
    use crate::segment::ladder::Comparison;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_step_turns_just_what_holds_at_one_end(
            asked in prop::collection::vec((operators(), -3i128..5), 1..6), a in 0u32..9, b in 0u32..9,
        ) {
            let comparison = |(operator, half)| Comparison { operator, operand: half * 500_000 };
            let asked: Vec<Comparison> = asked.into_iter().map(comparison).collect();
            let ladder = Ladder::new(Function::Count, (0..).map(AtomId).zip(asked.iter().copied()));
            let users: Vec<SegmentId> = (0..asked.len() as u32).map(SegmentId).collect();
            let followers = Followers::new(&ladder, |atom| std::slice::from_ref(&users[atom.index()]), |_, _| Bond::Equal);
            let top = ladder.turning().len() as u32;
            let (a, b) = (a.min(top), b.min(top));

            let turned: BTreeSet<SegmentId> = followers.turned(a, b).map(|own| own.segment).collect();

            for (comparison, segment) in asked.iter().zip(users) {
                let extent = ladder.extent(comparison);
                prop_assert_eq!(extent.holds(a) != extent.holds(b), turned.contains(&segment));
            }
        }
    }
}
