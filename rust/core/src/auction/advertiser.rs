//! Advertisers: who pays, and what publishers may block.

use super::cap::CapDefinition;

/// An advertiser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AdvertiserDefinition {
    /// Its name.
    pub name: String,
    /// Its domain, which block lists name.
    pub domain: Option<String>,
    /// The app that it advertises.
    pub bundle: Option<String>,
    /// Its categories.
    pub categories: Labels,
    /// The seat that it bids on.
    pub seat: Option<String>,
    /// Caps over all its campaigns.
    pub caps: Vec<CapDefinition>,
}

/// Categories of one taxonomy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// Which taxonomy: `cattax` of `OpenRTB`; `None` is 1.
    pub taxonomy: Option<u32>,
    /// Codes of categories; empty: none.
    pub codes: Vec<String>,
}

/// Whether a category is `above` or below it in the tree that its code tells: `IAB7-39` is below `IAB7`.
pub fn is_below(code: &str, above: &str) -> bool {
    let rest = code.strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
