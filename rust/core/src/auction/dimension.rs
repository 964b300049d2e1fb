//! Dimensions: what a request may say of the moment.

use super::context::{Context, ContextValue};
use super::reason::Stage;
use crate::value::Kind;

/// Most dimensions that can be declared.
pub const MOST_DIMENSIONS: usize = 64;

/// A declared attribute of the context.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DimensionDefinition {
    /// Name in rules (`ctx.NAME`) and requests.
    pub name: String,
    /// What it holds.
    pub kind: DimensionKind,
    /// Where line items fall that ask something else of it.
    pub stage: Stage,
}

/// What a dimension holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DimensionKind {
    /// One text of a few: country, device type.
    Choice,
    /// One text of many: domain, city.
    Vocabulary,
    /// Several texts: deals, keywords.
    Set,
    /// A number.
    Number,
    /// 0, the first hour of Monday, to 167.
    HourOfWeek,
    /// A point on the globe.
    Place,
}

impl DimensionKind {
    /// Whether it holds one text.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Choice | Self::Vocabulary)
    }

    /// The kind of value that conditions are checked against; `None` for places.
    pub const fn value_kind(self) -> Option<Kind> {
        match self {
            Self::Choice | Self::Vocabulary => Some(Kind::String),
            Self::Set => Some(Kind::StringSet),
            Self::Number => Some(Kind::Decimal),
            Self::HourOfWeek => Some(Kind::Integer),
            Self::Place => None,
        }
    }

    /// With its article, for errors.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Choice => "a choice",
            Self::Vocabulary => "a vocabulary",
            Self::Set => "a set",
            Self::Number => "a number",
            Self::HourOfWeek => "an hour of the week",
            Self::Place => "a place",
        }
    }

    /// `value` when it is of this kind; what is of another is absent. A set takes a lone text.
    pub fn fitting(self, value: &ContextValue) -> Option<&ContextValue> {
        let fits = match (self, value) {
            (Self::Choice | Self::Vocabulary | Self::Set, ContextValue::Text(_))
            | (Self::Set, ContextValue::Texts(_))
            | (Self::Number, ContextValue::Number(_))
            | (Self::Place, ContextValue::Place(_)) => true,
            (Self::HourOfWeek, ContextValue::Number(micros)) => is_hour(*micros),
            (
                Self::Choice
                | Self::Vocabulary
                | Self::Set
                | Self::Number
                | Self::HourOfWeek
                | Self::Place,
                _,
            ) => false,
        };
        fits.then_some(value)
    }
}

/// Whether micro units are an hour of the week.
pub(super) const fn is_hour(micros: i64) -> bool {
    micros % 1_000_000 == 0 && 0 <= micros && micros < 168_000_000
}

impl DimensionDefinition {
    /// What is said of this dimension, first by the impression, then by the request; `None` when it is absent.
    pub fn read<'a>(
        &self,
        impression: &'a Context,
        request: &'a Context,
    ) -> Option<&'a ContextValue> {
        let value = impression.get(&self.name);
        let value = value.or_else(|| request.get(&self.name))?;
        self.kind.fitting(value)
    }
}

/// The dimensions that `OpenRTB` requests usually fill.
pub fn openrtb() -> Vec<DimensionDefinition> {
    let define = |(name, kind, stage): &(&str, DimensionKind, Stage)| DimensionDefinition {
        name: (*name).to_owned(),
        kind: *kind,
        stage: *stage,
    };
    OPENRTB.iter().map(define).collect()
}

use DimensionKind::{Choice, HourOfWeek, Number, Place, Set, Vocabulary};
use Stage::{Audience, Daypart, Deal, Device, Format, Geo, Inventory};

const OPENRTB: [(&str, DimensionKind, Stage); 45] = [
    ("exchange", Choice, Inventory),
    ("channel", Choice, Inventory),
    ("domain", Vocabulary, Inventory),
    ("app", Vocabulary, Inventory),
    ("publisher", Vocabulary, Inventory),
    ("page_language", Choice, Inventory),
    ("categories", Set, Inventory),
    ("keywords", Set, Inventory),
    ("supply_chain", Choice, Inventory),
    ("supply_chain_hops", Number, Inventory),
    ("sellers", Set, Inventory),
    ("hour_of_week", HourOfWeek, Daypart),
    ("country", Choice, Geo),
    ("region", Choice, Geo),
    ("city", Vocabulary, Geo),
    ("zip", Vocabulary, Geo),
    ("place", Place, Geo),
    ("device_type", Choice, Device),
    ("os", Choice, Device),
    ("os_version", Vocabulary, Device),
    ("browser", Choice, Device),
    ("make", Vocabulary, Device),
    ("model", Vocabulary, Device),
    ("connection_type", Choice, Device),
    ("carrier", Vocabulary, Device),
    ("language", Choice, Device),
    ("format", Set, Format),
    ("media_type", Set, Format),
    ("position", Choice, Format),
    ("rewarded", Choice, Format),
    ("instl", Choice, Format),
    ("skippable", Choice, Format),
    ("placement", Choice, Format),
    ("feed", Choice, Format),
    ("start_delay", Choice, Format),
    ("pod_sequence", Choice, Format),
    ("slot_in_pod", Choice, Format),
    ("ad_insertion", Choice, Format),
    ("all_impressions", Choice, Format),
    ("native_context", Choice, Format),
    ("native_placement", Choice, Format),
    ("min_duration", Number, Format),
    ("max_duration", Number, Format),
    ("deals", Set, Deal),
    ("data", Set, Audience),
];
