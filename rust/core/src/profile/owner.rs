//! To whom a row belongs: of its ids the one of the highest namespace priority, then the bytewise smallest.

use std::cmp::Reverse;

use crate::catalog::Catalog;
use crate::id::NamespaceId;
use crate::profile::identifier::{IdColumn, Identifier};
use crate::refusals::Refusals;
use crate::rows::{Column, Reason};

/// The ids of a batch: in each row the first present one owns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owners {
    /// By falling priority, then by name; those of households, which own nothing, come last.
    pub columns: Vec<IdColumn>,
}

impl Owners {
    /// Judges the id columns of a batch of `len` rows; a row without an owner is refused.
    pub(crate) fn fit(
        catalog: &Catalog,
        columns: Vec<(NamespaceId, Column)>,
        len: usize,
        refusals: &mut Refusals,
        blocked: &mut Vec<u32>,
    ) -> Self {
        let mut fitted = Vec::new();
        for (namespace, column) in columns {
            if let Some(definition) = catalog.namespace(namespace) {
                fitted.extend(
                    Identifier::new(namespace, definition).fit(column, len, refusals, blocked),
                );
            }
        }
        // The name with its colon decides between any two ids of different namespaces, for neither is a prefix of the other.
        fitted.sort_by_cached_key(|column| {
            catalog.namespace(column.namespace).map(|definition| {
                (
                    definition.household,
                    Reverse(definition.priority),
                    format!("{}:", definition.name),
                )
            })
        });
        let owners = Self { columns: fitted };
        let own = owners.owning(catalog);
        for row in 0..len {
            if !own.iter().any(|column| column.values.is_present(row)) {
                refusals.add(row, "id", Reason::NoId, "no id, or only blocked ids");
            }
        }
        owners
    }

    /// The columns whose ids are profiles.
    pub(crate) fn owning(&self, catalog: &Catalog) -> &[IdColumn] {
        let owns = |column: &IdColumn| {
            catalog
                .namespace(column.namespace)
                .is_some_and(|definition| !definition.household)
        };
        let end = self
            .columns
            .iter()
            .position(|column| !owns(column))
            .unwrap_or(self.columns.len());
        self.columns.get(..end).unwrap_or_default()
    }

    /// The columns whose ids are households.
    pub(crate) fn households(&self, catalog: &Catalog) -> &[IdColumn] {
        let owning = self.owning(catalog).len();
        self.columns.get(owning..).unwrap_or_default()
    }

    /// All ids of a row, the owner first.
    pub(crate) fn ids(&self, row: usize) -> impl Iterator<Item = (NamespaceId, &str)> {
        self.columns
            .iter()
            .filter_map(move |column| Some((column.namespace, column.values.text(row)?)))
    }

    /// Only the chosen rows of `len`; columns without an id fall away.
    pub(crate) fn select(self, rows: &[u32], len: usize) -> Self {
        let columns = self.columns.into_iter().map(|column| IdColumn {
            values: column.values.select(rows, len),
            ..column
        });
        let is_used = |column: &IdColumn| (0..rows.len()).any(|row| column.values.is_present(row));
        Self {
            columns: columns.filter(is_used).collect(),
        }
    }
}
