//! What an index takes from the index of an earlier book: the rows of line items that did not change since.

use std::collections::BTreeSet;

use super::book::Entries;
use super::index::Index;
use super::line_item::LineItem;
use super::list::ListDefinition;
use crate::catalog::Catalog;
use crate::id::{LineItemId, ListId};
use crate::rule::targeting::Target;

/// An earlier index, asked about line items whose numbers rise.
pub(super) struct Earlier<'a> {
    index: &'a Index,
    /// Lists that have changed.
    lists: BTreeSet<ListId>,
    next: usize,
}

impl<'a> Earlier<'a> {
    /// An index that was built from an earlier state of this catalog.
    pub(super) fn of(index: &'a Index, catalog: &Catalog) -> Self {
        let (old, new) = (&index.catalog.book().lists, &catalog.book().lists);
        let changed = |number: &u32| !is_same::<ListDefinition>(old, new, *number);
        Self {
            index,
            lists: (0..new.len()).filter(changed).map(ListId).collect(),
            next: 0,
        }
    }

    /// The place in [`Index::code`] of a line item whose rows would be the same today.
    ///
    /// Rows follow from the rule, from lists that it names, and from what is declared once and for all: dimensions, and the numbers
    /// of segments that are needed.
    pub(super) fn place(
        &mut self,
        catalog: &Catalog,
        (number, item): (LineItemId, &LineItem),
    ) -> Option<usize> {
        let numbers = self.index.code.numbers.get(self.next..)?;
        let place = self.next + numbers.iter().take_while(|own| **own < number).count();
        self.next = place;
        let is_known = self.index.code.numbers.get(place) == Some(&number);
        let (old, new) = (
            &self.index.catalog.book().line_items,
            &catalog.book().line_items,
        );
        let is_same = is_known && is_same(old, new, number.0);
        (is_same && !self.has_other_lists(item)).then_some(place)
    }

    fn has_other_lists(&self, item: &LineItem) -> bool {
        if self.lists.is_empty() {
            return false;
        }
        let leaves = item.targeting.iter().flat_map(|rule| rule.leaves());
        let mut named = leaves.filter_map(Target::list);
        named.any(|own| self.lists.contains(&own))
    }
}

/// Whether an entry is the very same: every edit makes another.
fn is_same<T>(old: &Entries<T>, new: &Entries<T>, number: u32) -> bool {
    let both = old.entry(number).zip(new.entry(number));
    both.is_some_and(|(old, new)| std::ptr::eq(old, new))
}
