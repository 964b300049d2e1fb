//! Named lists, for long rows of domains, apps or places.

use std::collections::BTreeSet;

/// A list that rules name: `ctx.domain in list("brand_safe")`. An edit replaces it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListDefinition {
    /// Its name.
    pub name: String,
    /// What is in it; empty: nothing is.
    pub members: BTreeSet<String>,
}
