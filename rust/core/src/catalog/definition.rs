//! The declarations themselves, as callers write them.

use std::collections::BTreeSet;

use crate::time::Duration;
use crate::value::Kind;

/// How values of a namespace are rewritten before they are compared, erase included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NormalForm {
    /// Compared as they come.
    #[default]
    None,
    /// Surrounding white space removed, then Unicode lower case.
    LowercaseTrim,
}

/// A namespace of ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamespaceDefinition {
    /// `crm`, `cookie` ...: letters, digits and `_`, starting with a letter.
    pub name: String,
    /// Two ids of a unique namespace never share a profile.
    pub unique: bool,
    /// At most this many ids of the namespace in one profile; `None`: no limit.
    pub limit: Option<u32>,
    /// The owner of an event is its id of the highest priority.
    pub priority: u32,
    /// Values that name nobody, such as `unknown`.
    pub blocked: BTreeSet<String>,
    /// How values are rewritten before they are compared.
    pub normal_form: NormalForm,
    /// A household groups profiles and never merges them.
    pub household: bool,
}

/// A typed fact about profiles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttributeDefinition {
    /// Name in rules and columns.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A typed fact about items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ItemAttributeDefinition {
    /// Name in rules (`item.NAME`) and columns.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A property of an event type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PropertyDefinition {
    /// Name in rules and columns; never `item`, `value`, `quantity`, `channel`, `type`, `time`, `event_id`.
    pub name: String,
    /// What it holds; never a string set. The same in all types that declare the name.
    pub kind: Kind,
}

/// A type of event. Every type has `item` (string), `value` (decimal), `quantity` (integer) and `channel` (string).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventTypeDefinition {
    /// Name in rules and in the `type` column; never `any`.
    pub name: String,
    /// Properties beside the four that every type has.
    pub properties: Vec<PropertyDefinition>,
    /// From time + retention on an event is invisible; `None`: kept for ever.
    pub retention: Option<Duration>,
}

/// A named rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SegmentDefinition {
    /// Name in `segment("...")`; never changes.
    pub name: String,
    /// Rule text.
    pub rule: String,
    /// For people.
    pub description: String,
}
