//! A declared event type and the order in which its fields are stored.

use super::definition::EventTypeDefinition;
use crate::id::PropertyId;
use crate::rule::plan::Field;
use crate::value::Kind;

/// A declared event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType {
    /// As declared, with all properties added since.
    pub definition: EventTypeDefinition,
    /// The properties of the definition, in the same order, which never changes: new ones come last.
    pub properties: Vec<PropertyId>,
}

/// The fields that every type has, in the order of their slots.
const BUILT_IN: [(Field, Kind); 4] = [
    (Field::Item, Kind::String),
    (Field::Value, Kind::Decimal),
    (Field::Quantity, Kind::Integer),
    (Field::Channel, Kind::String),
];

impl EventType {
    /// Where `field` is stored: 0 item, 1 value, 2 quantity, 3 channel, from 4 on the properties in declared order.
    ///
    /// `None` for attributes of items, which are not stored with events, and for properties of other types.
    pub fn slot(&self, field: Field) -> Option<usize> {
        match field {
            Field::Item => Some(0),
            Field::Value => Some(1),
            Field::Quantity => Some(2),
            Field::Channel => Some(3),
            Field::ItemAttribute(_) => None,
            Field::Property(id) => {
                let place = self.properties.iter().position(|own| *own == id)?;
                Some(BUILT_IN.len() + place)
            }
        }
    }

    /// The stored fields and their kinds, in the order of their slots.
    pub fn fields(&self) -> Vec<(Field, Kind)> {
        let declared = self.properties.iter().zip(&self.definition.properties);
        let declared = declared.map(|(id, property)| (Field::Property(*id), property.kind));
        BUILT_IN.into_iter().chain(declared).collect()
    }
}

/// The field that every type has under this name, and its kind.
pub(crate) fn built_in(name: &str) -> Option<(Field, Kind)> {
    let place = ["item", "value", "quantity", "channel"]
        .iter()
        .position(|own| *own == name)?;
    BUILT_IN.get(place).copied()
}
