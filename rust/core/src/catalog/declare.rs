//! Declarations: equal ones change nothing, additions are taken, everything else is refused.

use std::sync::Arc;

use super::name::{check_event_column, check_id_column, check_row_column, check_word};
use super::{
    AttributeDefinition, Catalog, EventType, EventTypeDefinition, ItemAttributeDefinition,
    NamespaceDefinition, PropertyDefinition,
};
use crate::auction::dimension::{DimensionDefinition, MOST_DIMENSIONS};
use crate::error::{Error, Result};
use crate::id::{AttributeId, DimensionId, EventTypeId, ItemAttributeId, NamespaceId, PropertyId};
use crate::time::{Duration, Instant};
use crate::value::Kind;

/// Most properties of one event type.
const MOST_PROPERTIES: u64 = 256;

/// One thing to declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// A namespace of ids.
    Namespace(NamespaceDefinition),
    /// A profile attribute.
    Attribute(AttributeDefinition),
    /// An attribute of items.
    ItemAttribute(ItemAttributeDefinition),
    /// A type of event.
    EventType(EventTypeDefinition),
    /// A dimension of the context of auctions.
    Dimension(DimensionDefinition),
}

impl Catalog {
    /// Declares all of them, in order, or none: at the first error nothing has changed.
    pub fn declare(&mut self, declarations: &[Declaration]) -> Result<()> {
        let mut next = self.clone();
        for declaration in declarations {
            match declaration {
                Declaration::Namespace(definition) => {
                    next.declare_namespace(definition)?;
                }
                Declaration::Attribute(definition) => {
                    next.declare_attribute(definition)?;
                }
                Declaration::ItemAttribute(definition) => {
                    next.declare_item_attribute(definition)?;
                }
                Declaration::EventType(definition) => {
                    next.declare_event_type(definition)?;
                }
                Declaration::Dimension(definition) => {
                    next.declare_dimension(definition)?;
                }
            }
        }
        *self = next;
        Ok(())
    }

    /// Declares a namespace. Again with other settings is an error: ids may have been judged by the old ones.
    pub fn declare_namespace(&mut self, definition: &NamespaceDefinition) -> Result<NamespaceId> {
        let name = &definition.name;
        if let Some(id) = self.namespace_id(name) {
            if self.namespace(id) != Some(definition) {
                let message = format!("{name:?} is already declared with other settings");
                return Err(Error::state("namespace", message));
            }
            return Ok(id);
        }
        check_id_column("namespace.name", name)?;
        self.refuse_taken("namespace.name", name, &[Noun::Attribute, Noun::Property])?;
        check_namespace(definition)?;
        let table = Arc::make_mut(&mut self.namespaces);
        Ok(NamespaceId(table.push(name, definition.clone())))
    }

    /// Declares a profile attribute. Again with another kind is an error.
    pub fn declare_attribute(&mut self, definition: &AttributeDefinition) -> Result<AttributeId> {
        let name = &definition.name;
        if let Some(id) = self.attribute_id(name) {
            let kind = self.attribute(id).map(|declared| declared.kind);
            return same_kind("attribute.kind", name, kind, definition.kind).map(|()| id);
        }
        check_row_column("attribute.name", name)?;
        self.refuse_taken("attribute.name", name, &[Noun::Namespace])?;
        let table = Arc::make_mut(&mut self.attributes);
        Ok(AttributeId(table.push(name, definition.clone())))
    }

    /// Declares an attribute of items. Again with another kind is an error.
    pub fn declare_item_attribute(
        &mut self,
        definition: &ItemAttributeDefinition,
    ) -> Result<ItemAttributeId> {
        let name = &definition.name;
        if let Some(id) = self.item_attribute_id(name) {
            let kind = self.item_attribute(id).map(|declared| declared.kind);
            return same_kind("item_attribute.kind", name, kind, definition.kind).map(|()| id);
        }
        check_row_column("item_attribute.name", name)?;
        let table = Arc::make_mut(&mut self.item_attributes);
        Ok(ItemAttributeId(table.push(name, definition.clone())))
    }

    /// Declares an event type, or adds properties to a declared one: those it has and the definition lacks stay.
    ///
    /// Another kind for a property of the same name, in any type, and another retention are errors. So is a new type
    /// whose retention is shorter than what a live segment over `any` looks back.
    pub fn declare_event_type(&mut self, definition: &EventTypeDefinition) -> Result<EventTypeId> {
        let declared = self.event_type_id(&definition.name);
        let mut event_type = match declared.and_then(|id| self.event_type(id)) {
            Some(declared) => same_retention(declared, definition)?.clone(),
            None => self.new_event_type(definition)?,
        };
        // On a copy of the properties, so that an error leaves nothing behind.
        let mut properties = self.clone();
        for (place, property) in definition.properties.iter().enumerate() {
            let id = properties.declare_property(property)?;
            let earlier = definition.properties.iter().take(place);
            if earlier.into_iter().any(|other| other.name == property.name) {
                let message = format!("{:?} is listed twice", property.name);
                return Err(Error::invalid("event_type.properties", message));
            }
            if !event_type.properties.contains(&id) {
                event_type.properties.push(id);
                event_type.definition.properties.push(property.clone());
            }
        }
        let actual = event_type.properties.len() as u64;
        if actual > MOST_PROPERTIES {
            let (field, limit) = ("event_type.properties".to_owned(), MOST_PROPERTIES);
            return Err(Error::Limit {
                field,
                limit,
                actual,
            });
        }
        self.properties = properties.properties;
        let table = Arc::make_mut(&mut self.event_types);
        if let Some(id) = declared {
            if let Some(entry) = table.entry_mut(id.0) {
                *entry = event_type;
            }
            return Ok(id);
        }
        Ok(EventTypeId(table.push(&definition.name, event_type)))
    }

    /// Declares a dimension. Again with another kind or stage is an error, and so is a stage that has no conditions.
    pub fn declare_dimension(&mut self, definition: &DimensionDefinition) -> Result<DimensionId> {
        let name = &definition.name;
        if let Some(id) = self.dimension_id(name) {
            if self.dimension(id) != Some(definition) {
                let message = format!("{name:?} is already declared with another kind or stage");
                return Err(Error::state("dimension", message));
            }
            return Ok(id);
        }
        check_word("dimension.name", name)?;
        if !definition.stage.is_of_context() {
            let message = format!("dimensions cannot belong to {}", definition.stage.name());
            return Err(Error::invalid("dimension.stage", message));
        }
        if self.dimensions.iter().len() == MOST_DIMENSIONS {
            return Err(Error::Limit {
                field: "dimensions".to_owned(),
                limit: MOST_DIMENSIONS as u64,
                actual: MOST_DIMENSIONS as u64 + 1,
            });
        }
        let table = Arc::make_mut(&mut self.dimensions);
        Ok(DimensionId(table.push(name, definition.clone())))
    }

    fn new_event_type(&self, definition: &EventTypeDefinition) -> Result<EventType> {
        check_word("event_type.name", &definition.name)?;
        if let Some(retention) = definition.retention {
            if retention < Duration::SECOND || retention > Instant::MAX.since(Instant::MIN) {
                let message = format!("{retention} is not between 1s and 300 years");
                return Err(Error::invalid("event_type.retention", message));
            }
            self.refuse_short_retention(&definition.name, retention)?;
            self.refuse_shorter_than_caps(&definition.name, retention)?;
        }
        Ok(EventType {
            definition: EventTypeDefinition {
                properties: Vec::new(),
                ..definition.clone()
            },
            properties: Vec::new(),
        })
    }

    fn declare_property(&mut self, property: &PropertyDefinition) -> Result<PropertyId> {
        let (name, field) = (&property.name, "event_type.properties");
        if let Some(id) = self.property_id(name) {
            let kind = self.property(id).map(|declared| declared.kind);
            return same_kind(field, name, kind, property.kind).map(|()| id);
        }
        check_event_column(field, name)?;
        self.refuse_taken(field, name, &[Noun::Namespace])?;
        if property.kind == Kind::StringSet {
            let message = format!("{name:?} is a string set: a property holds one value");
            return Err(Error::invalid(field, message));
        }
        let table = Arc::make_mut(&mut self.properties);
        Ok(PropertyId(table.push(name, property.clone())))
    }

    /// Columns of one table of rows are told apart by name alone.
    fn refuse_taken(&self, field: &str, name: &str, others: &[Noun]) -> Result<()> {
        for other in others {
            let (taken, noun) = match other {
                Noun::Namespace => (self.namespace_id(name).is_some(), "a namespace"),
                Noun::Attribute => (self.attribute_id(name).is_some(), "an attribute"),
                Noun::Property => (self.property_id(name).is_some(), "an event property"),
            };
            if taken {
                let message = format!("{name:?} is already the name of {noun}");
                return Err(Error::state(field, message));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Noun {
    Namespace,
    Attribute,
    Property,
}

fn check_namespace(definition: &NamespaceDefinition) -> Result<()> {
    if definition.limit == Some(0) {
        return Err(Error::invalid(
            "namespace.limit",
            "at least 1, or none for no limit",
        ));
    }
    if definition.unique && definition.limit.is_some_and(|limit| limit > 1) {
        let message = "a unique namespace has at most one id in a profile";
        return Err(Error::invalid("namespace.limit", message));
    }
    if definition.household && definition.unique {
        let message = "a household has many profiles and cannot be unique";
        return Err(Error::invalid("namespace.unique", message));
    }
    if definition.household && definition.limit.is_some_and(|limit| limit > 1) {
        let message = "a profile has at most one household";
        return Err(Error::invalid("namespace.limit", message));
    }
    match definition.blocked.iter().find(|value| value.len() > 256) {
        Some(value) => {
            let message = format!("{}: ids have at most 256 bytes", crate::rule::shown(value));
            Err(Error::invalid("namespace.blocked", message))
        }
        None => Ok(()),
    }
}

fn same_kind(field: &str, name: &str, declared: Option<Kind>, kind: Kind) -> Result<()> {
    match declared {
        Some(declared) if declared != kind => {
            let message = format!("{name:?} is declared as {declared} and cannot become {kind}");
            Err(Error::state(field, message))
        }
        Some(_) | None => Ok(()),
    }
}

fn same_retention<'a>(
    declared: &'a EventType,
    definition: &EventTypeDefinition,
) -> Result<&'a EventType> {
    let old = declared.definition.retention;
    if old == definition.retention {
        return Ok(declared);
    }
    let shown = |span: Option<Duration>| span.map_or("none".to_owned(), |span| span.to_string());
    let message = format!(
        "{:?} is declared with retention {} and cannot change to {}",
        definition.name,
        shown(old),
        shown(definition.retention)
    );
    Err(Error::state("event_type.retention", message))
}
