//! The bare search: which line items match, without bids.

use super::decide::{Decider, Left, Pass};
use super::decision::Outcome;
use super::request::{Impression, Request};
use super::scratch::Scratch;
use super::viewer::Viewer;
use crate::id::LineItemId;

impl<'a> Decider<'a> {
    /// Writes the line items that fall at no stage up to the audience to `found`, in the order in which the index has them.
    ///
    /// Caps, creatives, floors and pacing are not looked at. Nothing is found when nothing matches; what was in `found` is gone.
    pub fn search(
        &self,
        request: &'a Request,
        impression: &'a Impression,
        viewer: Viewer<'a>,
        scratch: &mut Scratch,
        found: &mut Vec<LineItemId>,
    ) {
        found.clear();
        let pass = Pass::of(*self, request, impression, viewer);
        scratch.start(&pass);
        let mut left = Left {
            outcome: &mut Outcome::default(),
            count: self.mask.counts.eligible,
        };
        if left.count > 0 {
            pass.match_rows(scratch, &mut left);
        }
        if left.count > 0 {
            scratch.list_rows();
            let numbers = scratch.rows.iter();
            let numbers = numbers.filter_map(|row| self.index.numbers.get(*row as usize));
            found.extend(numbers.copied());
            // Rows of one line item lie together.
            found.dedup();
        }
        scratch.end();
    }
}
