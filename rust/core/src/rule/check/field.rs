//! Names: attributes, event types, fields of events.

use super::{Checker, condition, hint, missing, shown};
use crate::catalog::built_in;
use crate::error::Result;
use crate::id::{AttributeId, EventTypeId};
use crate::rule::ast::{Field, FieldTest, Name, Selection};
use crate::rule::at;
use crate::rule::plan::{self, EventTypes};
use crate::value::Kind;

impl Checker<'_> {
    pub(super) fn attribute(&self, name: &Name) -> Result<AttributeId> {
        if let Some(id) = self.catalog.attribute_id(&name.text) {
            return Ok(id);
        }
        let text = &name.text;
        let hint = if self.catalog.event_type_id(text).is_some() {
            format!("; it is an event type: count({text}) >= 1")
        } else if self.catalog.segment_id(text).is_some() {
            format!("; it is a segment: segment(\"{text}\")")
        } else {
            hint(
                text,
                self.catalog
                    .attributes()
                    .map(|(_, known)| known.name.as_str()),
            )
        };
        Err(at(
            name.span,
            format!("there is no attribute {}{hint}", shown(text)),
        ))
    }

    pub(super) fn selection(&mut self, selection: &Selection) -> Result<plan::Selection> {
        let types = self.event_types(&selection.event)?;
        let filter = match &selection.filter {
            Some(filter) => {
                Some(self.boolean(filter, |checker, test| checker.field_test(test, types))?)
            }
            None => None,
        };
        Ok(plan::Selection { types, filter })
    }

    fn event_types(&self, name: &Name) -> Result<EventTypes> {
        if name.text == "any" {
            return Ok(EventTypes::Any);
        }
        if let Some(id) = self.catalog.event_type_id(&name.text) {
            return Ok(EventTypes::One(id));
        }
        let known = self
            .catalog
            .event_types()
            .map(|(_, known)| known.definition.name.as_str());
        let hint = hint(&name.text, known.chain(["any"]));
        let message = format!("there is no event type {}{hint}", shown(&name.text));
        Err(at(name.span, message))
    }

    fn field_test(&self, test: &FieldTest, types: EventTypes) -> Result<plan::FieldTest> {
        let (field, kind) = self.field(&test.field, types)?;
        let name = test.field.to_string();
        let test = condition::test(&name, kind, &test.condition, test.span)?;
        Ok(plan::FieldTest { field, kind, test })
    }

    /// The field and its kind. A type must declare its properties; with `any` it is enough that one type does.
    pub(super) fn field(&self, field: &Field, types: EventTypes) -> Result<(plan::Field, Kind)> {
        match field {
            Field::ItemAttribute(name) => self.item_attribute(name),
            Field::Property(name) => match built_in(&name.text) {
                Some(field) => Ok(field),
                None => self.property(name, types),
            },
        }
    }

    fn item_attribute(&self, name: &Name) -> Result<(plan::Field, Kind)> {
        let id = self.catalog.item_attribute_id(&name.text).ok_or_else(|| {
            let known = self
                .catalog
                .item_attributes()
                .map(|(_, known)| known.name.as_str());
            let hint = hint(&name.text, known);
            at(
                name.span,
                format!("there is no item attribute {}{hint}", shown(&name.text)),
            )
        })?;
        let kind = self
            .catalog
            .item_attribute(id)
            .map(|attribute| attribute.kind);
        let kind = kind.ok_or_else(|| missing("item attribute"))?;
        Ok((plan::Field::ItemAttribute(id), kind))
    }

    fn property(&self, name: &Name, types: EventTypes) -> Result<(plan::Field, Kind)> {
        let declared = self.catalog.property_id(&name.text);
        let id = declared.filter(|id| match types {
            EventTypes::Any => true,
            EventTypes::One(own) => self.catalog.slot(own, plan::Field::Property(*id)).is_some(),
        });
        let id = id.ok_or_else(|| self.no_property(name, types))?;
        let kind = self.catalog.property(id).map(|property| property.kind);
        Ok((
            plan::Field::Property(id),
            kind.ok_or_else(|| missing("property"))?,
        ))
    }

    fn no_property(&self, name: &Name, types: EventTypes) -> crate::error::Error {
        let text = &name.text;
        let own = match types {
            EventTypes::Any => "no event type has".to_owned(),
            EventTypes::One(id) => format!("event type {:?} has no", self.type_name(id)),
        };
        let hint = if self.catalog.item_attribute_id(text).is_some() {
            format!("; did you mean item.{text}?")
        } else {
            let known = self.catalog.event_types().filter(|(id, _)| match types {
                EventTypes::Any => true,
                EventTypes::One(own) => own == *id,
            });
            let known = known.flat_map(|(_, known)| &known.definition.properties);
            let known = known.map(|property| property.name.as_str());
            hint(text, known.chain(["item", "value", "quantity", "channel"]))
        };
        at(name.span, format!("{own} property {}{hint}", shown(text)))
    }

    pub(super) fn type_name(&self, id: EventTypeId) -> &str {
        self.catalog
            .event_type(id)
            .map_or("", |known| known.definition.name.as_str())
    }
}
