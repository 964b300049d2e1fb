//! What has been declared: namespaces, attributes, items, event types, segments.

mod declare;
mod definition;
mod event_type;
mod name;
pub mod preset;
mod segment;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use declare::Declaration;
pub use definition::{
    AttributeDefinition, EventTypeDefinition, ItemAttributeDefinition, NamespaceDefinition,
    NormalForm, PropertyDefinition, SegmentDefinition,
};
pub use event_type::EventType;
pub(crate) use event_type::built_in;
pub use name::{EVENT_COLUMNS, LONGEST_NAME};
pub use segment::{Segment, SegmentVersion};

use crate::auction::book::Book;
use crate::auction::dimension::DimensionDefinition;
use crate::error::Result;
use crate::id::{
    AttributeId, DimensionId, EventTypeId, ItemAttributeId, NamespaceId, PropertyId, SegmentId,
};
use crate::rule::{Limits, Plan, check, parse, plan::Field};
use crate::value::Kind;
use table::Table;

/// Everything that is declared. A clone is cheap and does not see later changes.
///
/// Declarations only add: what is declared keeps its kind and its number for ever, and a repeated declaration changes
/// nothing. Look-ups of unknown names and numbers give `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    limits: Limits,
    namespaces: Arc<Table<NamespaceDefinition>>,
    attributes: Arc<Table<AttributeDefinition>>,
    item_attributes: Arc<Table<ItemAttributeDefinition>>,
    event_types: Arc<Table<EventType>>,
    properties: Arc<Table<PropertyDefinition>>,
    // A deleted segment leaves its place empty: numbers are not used again.
    segments: Arc<Table<Option<Arc<Segment>>>>,
    /// The names of those that were deleted.
    former_segments: Arc<BTreeMap<SegmentId, String>>,
    dimensions: Arc<Table<DimensionDefinition>>,
    pub(crate) book: Arc<Book>,
}

macro_rules! lookups {
    ($($table:ident: $id:ident, $entry:ty, $one:ident, $number:ident, $noun:literal;)*) => {$(
        #[doc = concat!("The ", $noun, " with this number.")]
        pub fn $one(&self, id: $id) -> Option<&$entry> {
            self.$table.entry(id.0)
        }

        #[doc = concat!("The number of the ", $noun, " called `name`.")]
        pub fn $number(&self, name: &str) -> Option<$id> {
            self.$table.number(name).map($id)
        }

        #[doc = concat!("All of them, in order of declaration: each ", $noun, " with its number.")]
        pub fn $table(&self) -> impl DoubleEndedIterator<Item = ($id, &$entry)> + ExactSizeIterator {
            self.$table.iter().map(|(number, entry)| ($id(number), entry))
        }
    )*};
}

impl Catalog {
    /// An empty catalog with other limits than the usual ones.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// How large rules may be.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    lookups! {
        namespaces: NamespaceId, NamespaceDefinition, namespace, namespace_id, "namespace";
        attributes: AttributeId, AttributeDefinition, attribute, attribute_id, "attribute";
        item_attributes: ItemAttributeId, ItemAttributeDefinition, item_attribute, item_attribute_id, "item attribute";
        event_types: EventTypeId, EventType, event_type, event_type_id, "event type";
        properties: PropertyId, PropertyDefinition, property, property_id, "event property";
        dimensions: DimensionId, DimensionDefinition, dimension, dimension_id, "dimension";
    }

    /// Whether another catalog is the same to auctions: the same book, segments and event types, not only equal ones.
    pub fn is_for_auctions(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.book, &other.book)
            && Arc::ptr_eq(&self.segments, &other.segments)
            && Arc::ptr_eq(&self.event_types, &other.event_types)
            && Arc::ptr_eq(&self.properties, &other.properties)
    }

    /// What auctions know of advertisers and what they want.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Where events of a type store a field, see [`EventType::slot`]; `None` for an unknown type too.
    pub fn slot(&self, event_type: EventTypeId, field: Field) -> Option<usize> {
        self.event_type(event_type)?.slot(field)
    }

    /// The stored fields of a type in the order of their slots, see [`EventType::fields`]; none for an unknown type.
    pub fn field_slots(&self, event_type: EventTypeId) -> Vec<(Field, Kind)> {
        self.event_type(event_type)
            .map_or_else(Vec::new, EventType::fields)
    }

    /// Whether another catalog declares the same event types with the same properties.
    pub fn has_events_of(&self, other: &Self) -> bool {
        self.event_types == other.event_types
    }

    /// Parses and checks a rule within the catalog's limits.
    pub fn plan(&self, rule: &str) -> Result<Plan> {
        check(&parse(rule, &self.limits)?, self, &self.limits)
    }
}
