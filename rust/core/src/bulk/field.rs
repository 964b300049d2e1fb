//! A field of the events of one type, resolved to where it is stored.

use crate::bulk::values::Values;
use crate::event::run::{PostingsKey, Run};
use crate::id::EventTypeId;
use crate::profile::attribute::AttributeColumn;
use crate::rule::plan::{Field, FieldTest, Test};
use crate::time::Instant;
use crate::value::Kind;
use crate::view::View;

/// Where a field's values are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader<'v> {
    /// The type has no such field.
    Missing,
    /// In a slot of the run.
    Slot(usize),
    /// In a column of items, behind the item slot.
    Item(crate::id::ItemAttributeId, usize, &'v AttributeColumn),
}

impl<'v> Reader<'v> {
    /// Resolves `field` for events of `event_type`.
    pub(super) fn new(view: &'v View, event_type: EventTypeId, field: Field) -> Self {
        let catalog = view.catalog();
        match field {
            Field::ItemAttribute(attribute) => match catalog.slot(event_type, Field::Item) {
                Some(slot) => Self::Item(attribute, slot, view.item_attribute(attribute)),
                None => Self::Missing,
            },
            Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_) => {
                catalog
                    .slot(event_type, field)
                    .map_or(Self::Missing, Self::Slot)
            }
        }
    }

    /// The stored value of an event; `None` where absent.
    #[inline]
    pub(super) fn read(self, run: &Run, event: usize) -> Option<i64> {
        match self {
            Self::Missing => None,
            Self::Slot(slot) => run.field(slot)?.get(event),
            Self::Item(_, slot, column) => {
                let item = run.field(slot)?.get(event)?;
                column.read(item as u32).map(|(value, _)| value)
            }
        }
    }

    /// What an index over this field is called; `None` where there is nothing to index.
    pub(super) fn postings_key(self) -> Option<PostingsKey> {
        match self {
            Self::Missing => None,
            Self::Slot(slot) => Some(PostingsKey::Slot(slot)),
            Self::Item(attribute, _, column) => {
                Some(PostingsKey::ItemAttribute(attribute, column.version()))
            }
        }
    }
}

/// What a test of a field accepts, in the units in which the field is stored.
pub(super) fn values_of(view: &View, test: &FieldTest, t: Instant) -> Values {
    match test.kind {
        Kind::String => match test.field {
            Field::Item => Values::of_text(&test.test, view.item_pool()),
            Field::ItemAttribute(attribute) => {
                Values::of_text(&test.test, view.item_attribute_pool(attribute))
            }
            Field::Channel => Values::of_text(&test.test, view.channel_pool()),
            Field::Property(property) => Values::of_text(&test.test, view.property_pool(property)),
            Field::Value | Field::Quantity => Values::Ranges(Vec::new()),
        },
        Kind::StringSet => match test.field {
            Field::ItemAttribute(attribute) => Values::of_set(
                &test.test,
                view.item_attribute_pool(attribute),
                view.item_set_pool(attribute),
            ),
            Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_) => {
                Values::Ranges(Vec::new())
            }
        },
        Kind::Integer | Kind::Decimal | Kind::Bool | Kind::Instant => {
            Values::of_scalar(&test.test, test.kind, t)
        }
    }
}

/// Whether the test picks listed texts, which an index finds without a scan.
pub(super) const fn is_lookup(test: &FieldTest) -> bool {
    let listed = matches!(test.test, Test::TextIn(_, true));
    listed
        && matches!(
            test.field,
            Field::Item | Field::ItemAttribute(_) | Field::Property(_)
        )
}
