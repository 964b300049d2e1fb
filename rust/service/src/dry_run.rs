//! What would have become of a line item that is not defined, in auctions that were.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use treffer_core::auction::floor::auction_currency;
use treffer_core::auction::line_item::LineItem;
use treffer_core::auction::naive::Judgement;
use treffer_core::auction::request::Impression;
use treffer_core::auction::{Counts, Index, Mask, Outcome, Stage, Standing, Viewer};
use treffer_core::catalog::Catalog;
use treffer_core::explain;
use treffer_core::id::LineItemId;
use treffer_core::rule::Plan;
use treffer_core::rule::plan::Leaf;
use treffer_core::view::View;

use crate::market::past::{Answers, Past};

/// A line item that is tried, and what came of it so far.
#[derive(Debug)]
pub(crate) struct DryRun<'a> {
    /// What is defined, the line item among it.
    catalog: &'a Catalog,
    number: LineItemId,
    item: &'a LineItem,
    answers: Answers<'a>,
    /// Of today: for what was not kept.
    view: &'a View,
    /// The auction before, and how line items stood then: most auctions share that.
    last: Option<(&'a Past, Standing)>,
    /// What the auctions of one ground and time are decided by.
    grounds: Option<(&'a Past, (Arc<Index>, Mask))>,
    pub(crate) requests: u64,
    pub(crate) impressions: u64,
    pub(crate) counts: Counts,
    pub(crate) unknown: u64,
    pub(crate) recalled: u64,
    /// By currency, in the order of the auctions.
    pub(crate) prices: BTreeMap<String, Vec<i64>>,
}

/// Whether the truth about a person had to come from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Kept,
    Recalled,
    Nowhere,
}

impl<'a> DryRun<'a> {
    /// Tries the line item of this number in `catalog`; `None` where there is none.
    pub(crate) fn of(catalog: &'a Catalog, number: LineItemId, view: &'a View) -> Option<Self> {
        let item = catalog.book().line_items.entry(number.0)?;
        Some(Self {
            catalog,
            number,
            item,
            answers: Answers::of(catalog, std::iter::once(item)),
            view,
            last: None,
            grounds: None,
            requests: 0,
            impressions: 0,
            counts: Counts::default(),
            unknown: 0,
            recalled: 0,
            prices: BTreeMap::new(),
        })
    }

    /// Tries it in an auction.
    pub(crate) fn look(&mut self, past: &'a Past) {
        self.requests += 1;
        let standing = self.standing(past);
        // Of an auction that was not held here it is not known what bids on one impression and counts for the next.
        let is_held = past.outcomes.is_some() || past.request.impressions.len() < 2;
        let decided = (!is_held).then(|| self.decided(past));
        let outcomes = decided.as_deref().or(past.outcomes.as_deref());
        past.each(outcomes.unwrap_or_default(), |impression, viewer| {
            let (judgement, source) = self.judge(past, &standing, impression, viewer);
            self.count(past, &judgement, source);
        });
        self.last = Some((past, standing));
    }

    fn decided(&mut self, past: &'a Past) -> Vec<Outcome> {
        let known = self.grounds.take();
        let known = known.filter(|(of, _)| of.shares_ground(past) && of.time == past.time);
        let (_, (index, mask)) = self
            .grounds
            .insert(known.unwrap_or_else(|| (past, past.grounds())));
        past.decide_by(index, mask)
    }

    fn standing(&mut self, past: &Past) -> Standing {
        let last = self.last.take();
        let last = last.filter(|(last, _)| last.shares_ground(past));
        last.map_or_else(
            || past.standing(),
            |(_, standing)| Standing {
                time: past.time,
                ..standing
            },
        )
    }

    fn judge(
        &self,
        past: &Past,
        standing: &Standing,
        impression: &Impression,
        viewer: Viewer<'_>,
    ) -> (Judgement, Source) {
        let (source, person) = (Cell::new(Source::Kept), OnceCell::new());
        let truth = |leaf: &Leaf| {
            let kept = self.answers.get(leaf).filter(|own| {
                let segment = self.catalog.segment(*own);
                segment.is_some_and(|segment| past.knows(*own, &segment.definition.name))
            });
            if let Some(own) = kept {
                return past.is_in(own);
            }
            let Some(person) = person.get_or_init(|| past.recall(self.view)) else {
                source.set(Source::Nowhere);
                return false;
            };
            source.set(Source::Recalled);
            explain::holds(&Plan::Leaf(leaf.clone()), person, self.catalog, past.time)
        };
        let auction = past.auction(
            (self.catalog, self.catalog, standing),
            (impression, viewer),
            &truth,
        );
        (auction.judge(self.number, self.item), source.get())
    }

    fn count(&mut self, past: &Past, judgement: &Judgement, source: Source) {
        self.impressions += 1;
        // What fell before its rule asked for the person fell whoever it was.
        let is_asked = judgement.fell.is_none_or(|fell| fell >= Stage::Audience);
        match source {
            Source::Nowhere if is_asked => {
                self.unknown += 1;
                return;
            }
            Source::Recalled if is_asked => self.recalled += 1,
            Source::Kept | Source::Recalled | Source::Nowhere => {}
        }
        self.counts.count(judgement.fell);
        if judgement.fell.is_some() {
            return;
        }
        let currency = auction_currency(self.catalog.book(), &past.request).to_owned();
        let best = judgement.bids.iter().map(|own| own.price).max();
        self.prices.entry(currency).or_default().extend(best);
    }
}

/// The least, the quartiles and the highest of numbers; nothing of none.
pub(crate) fn quartiles(numbers: &mut [i64]) -> Vec<i64> {
    numbers.sort_unstable();
    let last = numbers.len().saturating_sub(1);
    let quarters = (0..=4).filter_map(|quarter| numbers.get(last * quarter / 4));
    quarters.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_numbers_that_are_there() {
        assert_eq!(Vec::<i64>::new(), quartiles(&mut []));
        assert_eq!(vec![7; 5], quartiles(&mut [7]));
        assert_eq!(vec![1, 2, 3, 4, 5], quartiles(&mut [5, 3, 1, 2, 4]));
    }
}
