//! What a rule names, and how large it is.

use std::collections::BTreeSet;

use treffer_core::catalog::Catalog;
use treffer_core::rule::Plan;
use treffer_core::rule::ast::Boolean;
use treffer_core::rule::plan::{EventTypes, Field, FieldTest, Leaf, Selection};

/// Names by what they name, and measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Event types, `any` too.
    pub event_types: BTreeSet<String>,
    /// Profile attributes.
    pub attributes: BTreeSet<String>,
    /// Item attributes.
    pub item_attributes: BTreeSet<String>,
    /// Segments that the rule names itself.
    pub segments: BTreeSet<String>,
    /// Levels, those of `where` included.
    pub depth: u32,
    /// Leaves, those of `where` included.
    pub leaves: u32,
}

impl Names {
    /// Of a plan made with `catalog`.
    pub fn of(plan: &Plan, catalog: &Catalog) -> Self {
        let mut names = Self::default();
        names.walk(plan, 1, &mut |names, leaf, level| {
            names.leaf(leaf, level, catalog);
        });
        names
    }

    fn walk<L>(
        &mut self,
        tree: &Boolean<L>,
        level: u32,
        leaf: &mut impl FnMut(&mut Self, &L, u32),
    ) {
        self.depth = self.depth.max(level);
        match tree {
            Boolean::And(parts) | Boolean::Or(parts) => {
                for part in parts {
                    self.walk(part, level + 1, leaf);
                }
            }
            Boolean::Not(part) => self.walk(part, level + 1, leaf),
            Boolean::Leaf(own) => {
                self.leaves += 1;
                leaf(self, own, level);
            }
        }
    }

    fn leaf(&mut self, leaf: &Leaf, level: u32, catalog: &Catalog) {
        match leaf {
            Leaf::Attribute(id, _) => {
                self.attributes
                    .extend(catalog.attribute(*id).map(|own| own.name.clone()));
            }
            Leaf::Aggregate(own) => {
                self.selection(&own.selection, level, catalog);
                self.field(own.field.map(|(field, _)| field), catalog);
            }
            Leaf::Sequence(own) => {
                let last = own.absent.as_ref().map(|(selection, _)| selection);
                for selection in own.steps.iter().chain(last) {
                    self.selection(selection, level, catalog);
                }
                self.field(own.key.map(|(field, _)| field), catalog);
            }
            Leaf::Segment(id, _) => {
                let segment = catalog.segment(*id);
                self.segments
                    .extend(segment.map(|own| own.definition.name.clone()));
            }
        }
    }

    fn selection(&mut self, selection: &Selection, level: u32, catalog: &Catalog) {
        match selection.types {
            EventTypes::Any => _ = self.event_types.insert("any".to_owned()),
            EventTypes::One(id) => {
                let declared = catalog.event_type(id);
                self.event_types
                    .extend(declared.map(|own| own.definition.name.clone()));
            }
        }
        if let Some(filter) = &selection.filter {
            self.walk(filter, level + 1, &mut |names, test: &FieldTest, _| {
                names.field(Some(test.field), catalog);
            });
        }
    }

    fn field(&mut self, field: Option<Field>, catalog: &Catalog) {
        match field {
            Some(Field::ItemAttribute(id)) => {
                let declared = catalog.item_attribute(id);
                self.item_attributes
                    .extend(declared.map(|own| own.name.clone()));
            }
            Some(
                Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_),
            )
            | None => {}
        }
    }
}
