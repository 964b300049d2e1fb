//! Segments that follow the level of one group.
//!
//! Most rules are one comparison, or not one: such a segment turns whenever its comparison does, and nothing is to be looked up. By
//! level the followers lie in one piece of memory, so a step over many levels is one walk.

use super::flips::Switch;
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
    /// Segments that are one comparison, or its opposite, which turns once on the way from level 1 up: what they become there.
    plain: ByLevel<Switch>,
    /// Those that are not plain.
    others: ByLevel<Follower>,
    all: ByLevel<Follower>,
}

/// What may turn between each level and the next.
#[derive(Clone, Debug)]
struct ByLevel<T> {
    /// By level where those of it end.
    ends: Vec<u32>,
    all: Vec<T>,
}

impl<T> Default for ByLevel<T> {
    fn default() -> Self {
        Self {
            ends: Vec::new(),
            all: Vec::new(),
        }
    }
}

impl<T> ByLevel<T> {
    fn push_level(&mut self, own: impl IntoIterator<Item = T>) {
        self.all.extend(own);
        self.ends.push(self.all.len() as u32);
    }

    /// What may turn between two levels.
    #[inline]
    fn between(&self, a: u32, b: u32) -> &[T] {
        let end = |level: u32| {
            let before = (level as usize).checked_sub(1);
            before.map_or(0, |before| {
                let end = self.ends.get(before).or(self.ends.last());
                end.map_or(0, |end| *end as usize)
            })
        };
        let between = self.all.get(end(a.min(b))..end(a.max(b)));
        between.unwrap_or_default()
    }
}

impl Followers {
    /// The followers of a ladder; `users` tells the segments that name a comparison.
    pub(super) fn new<'a>(
        ladder: &Ladder,
        users: impl Fn(AtomId) -> &'a [SegmentId],
        bond: impl Fn(AtomId, SegmentId) -> Bond,
    ) -> Self {
        let mut own = Self::default();
        for (level, turning) in ladder.turning().iter().enumerate() {
            let with_users = turning.iter().flat_map(|(atom, extent)| {
                users(*atom).iter().map(|segment| Follower {
                    segment: *segment,
                    extent: *extent,
                    bond: bond(*atom, *segment),
                })
            });
            let all: Vec<Follower> = with_users.collect();
            let is_plain = |own: &Follower| own.is_plain();
            let (plain, others): (Vec<Follower>, Vec<Follower>) =
                all.iter().copied().partition(is_plain);
            let up = plain.iter().map(|own| own.becomes(level as u32 + 1));
            let mut up: Vec<Switch> = up.flatten().collect();
            up.sort_unstable();
            own.plain.push_level(up);
            own.others.push_level(others);
            own.all.push_level(all);
        }
        own
    }

    /// What follows a step from level `a` to `b`: the segments that turn just once on the way, as they turn on the way up, on the way
    /// down each is the opposite; and all others of which a comparison holds on one of the two levels and not on the other, some of
    /// them twice.
    #[inline]
    pub(super) fn step(&self, a: u32, b: u32) -> (&[Switch], impl Iterator<Item = &Follower>) {
        // What holds on levels in the middle turns there and back between no value and a high one.
        let (plain, others) = if a.min(b) == 0 && a.max(b) > 1 {
            (&[][..], self.all.between(a, b))
        } else {
            (self.plain.between(a, b), self.others.between(a, b))
        };
        let others = others.iter();
        (
            plain,
            others.filter(move |own| own.extent.holds(a) != own.extent.holds(b)),
        )
    }
}

impl Follower {
    fn is_plain(&self) -> bool {
        self.bond != Bond::Part && self.extent.turns_once()
    }

    /// What the segment is on a level; `None` where the level alone does not tell.
    pub(super) const fn becomes(&self, level: u32) -> Option<Switch> {
        let holds = self.extent.holds(level);
        match self.bond {
            Bond::Equal => Some(Switch::new(self.segment, holds)),
            Bond::Opposite => Some(Switch::new(self.segment, !holds)),
            Bond::Part => None,
        }
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
    use std::collections::BTreeMap;

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

            let (plain, others) = followers.step(a, b);
            let mut turned: BTreeMap<SegmentId, bool> = others.map(|own| (own.segment, own.extent.holds(b))).collect();
            for own in plain {
                let before = turned.insert(own.segment(), own.entered() == (a < b));
                prop_assert!(before.is_none(), "once is enough");
            }

            for (comparison, segment) in asked.iter().zip(users) {
                let extent = ladder.extent(comparison);
                let expected = (extent.holds(a) != extent.holds(b)).then(|| extent.holds(b));
                prop_assert_eq!(expected, turned.get(&segment).copied());
            }
        }
    }
}
