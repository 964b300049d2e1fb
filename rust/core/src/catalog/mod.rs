//! What has been declared: namespaces, attributes, items, event types, segments.

mod definition;

pub use definition::{
    AttributeDefinition, EventTypeDefinition, ItemAttributeDefinition, NamespaceDefinition,
    NormalForm, PropertyDefinition, SegmentDefinition,
};
