//! Segments that hold of a profile of which nothing is known.

use std::collections::BTreeSet;

use super::formula::Node;
use super::network::Network;
use crate::id::SegmentId;

impl Network {
    /// The segments to be decided for a new profile, whatever was touched: those that hold of a profile of which nothing is known,
    /// and those that name one of them.
    pub(super) fn born(&self) -> &[SegmentId] {
        &self.born
    }

    /// Finds the segments that hold where no atom does.
    pub(super) fn judge_births(&mut self) {
        let rules = self.segments.iter().enumerate();
        let ranked =
            rules.filter_map(|(id, rule)| Some((rule.as_ref()?.rank, SegmentId(id as u32))));
        let mut order: Vec<(u32, SegmentId)> = ranked.collect();
        order.sort_unstable();
        let mut born = BTreeSet::new();
        for (_, id) in order {
            let truth = |node: Node| node.as_segment().is_some_and(|other| born.contains(&other));
            if self
                .rule(id)
                .is_some_and(|(formula, _)| formula.holds(&truth))
            {
                born.insert(id);
            }
        }
        // Who is not in such a segment after all may be in one that is built on it.
        let users = born.iter().flat_map(|id| self.users(Node::segment(*id)));
        let users: Vec<SegmentId> = users.copied().collect();
        born.extend(users);
        self.born = born.into_iter().collect();
    }
}
