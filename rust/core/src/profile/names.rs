//! What deciding about ids needs to know of them.

use crate::catalog::{Catalog, NamespaceDefinition};
use crate::id::NamespaceId;
use crate::pool::Pool;
use crate::profile::dictionary::read_key;

/// Ids by slot, with what their namespaces allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) catalog: &'a Catalog,
}

impl<'a> Names<'a> {
    /// The namespace of an id.
    pub(crate) fn namespace(self, slot: u32) -> Option<(NamespaceId, &'a NamespaceDefinition)> {
        let (namespace, _) = read_key(self.pool.get(slot)?)?;
        Some((namespace, self.catalog.namespace(namespace)?))
    }

    /// Whether two ids of its namespace never share a profile.
    pub(crate) fn is_unique(self, slot: u32) -> bool {
        self.namespace(slot)
            .is_some_and(|(_, definition)| definition.unique)
    }

    /// How many ids of a namespace a profile may hold; `None`: any number.
    pub(crate) fn most(self, namespace: NamespaceId) -> Option<u32> {
        let definition = self.catalog.namespace(namespace)?;
        if definition.unique {
            Some(1)
        } else {
            definition.limit
        }
    }

    /// An id as `crm:4711`; empty for a slot that was never given.
    pub(crate) fn text(self, slot: u32) -> String {
        let id = self.pool.get(slot).and_then(read_key);
        let named = id.and_then(|(namespace, value)| {
            Some(format!(
                "{}:{value}",
                self.catalog.namespace(namespace)?.name
            ))
        });
        named.unwrap_or_default()
    }
}
