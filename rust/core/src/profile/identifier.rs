//! Ids as they come in: normal forms, blocked values, lengths.

use std::borrow::Cow;
use std::collections::BTreeSet;

use hashbrown::HashSet;

use crate::catalog::{NamespaceDefinition, NormalForm};
use crate::error::{Error, Result};
use crate::fit::names;
use crate::id::NamespaceId;
use crate::refusals::Refusals;
use crate::rows::{Cells, Column, Reason, Texts};
use crate::typed::{TypedCells, TypedColumn};

/// Longest id in bytes, `namespace:` included.
pub const LONGEST_ID: usize = 256;

/// Most ids of one namespace in one row.
pub const MOST_IDS: usize = 32;

/// Ids of one namespace, at most one per row: final texts.
#[derive(Clone, Debug, PartialEq)]
pub struct IdColumn {
    /// Of which namespace.
    pub namespace: NamespaceId,
    /// The values, in normal form.
    pub values: TypedColumn,
}

/// `namespace:value`, split at the first colon.
pub fn split(id: &str) -> Result<(&str, &str)> {
    id.split_once(':')
        .ok_or_else(|| Error::invalid("id", format!("{id:.40?} is not an id such as \"crm:4711\"")))
}

/// The value as it is compared.
pub(crate) fn normal(form: NormalForm, value: &str) -> Cow<'_, str> {
    match form {
        NormalForm::None => Cow::Borrowed(value),
        NormalForm::LowercaseTrim => Cow::Owned(value.trim().to_lowercase()),
    }
}

/// What one namespace makes of the values that come in.
pub(crate) struct Identifier<'a> {
    namespace: NamespaceId,
    definition: &'a NamespaceDefinition,
    blocked: HashSet<Cow<'a, str>>,
}

/// The verdict on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    Blocked,
    Empty,
    TooLong,
}

impl<'a> Identifier<'a> {
    pub(crate) fn new(namespace: NamespaceId, definition: &'a NamespaceDefinition) -> Self {
        let blocked = definition
            .blocked
            .iter()
            .map(|value| normal(definition.normal_form, value))
            .collect();
        Self {
            namespace,
            definition,
            blocked,
        }
    }

    /// What becomes of a value in normal form.
    pub(crate) fn judge(&self, value: &str) -> Verdict {
        if self.blocked.contains(value) {
            Verdict::Blocked
        } else if value.is_empty() {
            Verdict::Empty
        } else if value.len() + self.definition.name.len() + 1 > LONGEST_ID {
            Verdict::TooLong
        } else {
            Verdict::Fine
        }
    }

    pub(crate) fn normal<'b>(&self, value: &'b str) -> Cow<'b, str> {
        normal(self.definition.normal_form, value)
    }

    /// The ids of a column of texts, lists of texts or integers. Several ids in a row lie in several columns, the bytewise
    /// smallest in the first. The row of each blocked id goes to `blocked`.
    pub(crate) fn fit(
        &self,
        column: Column,
        len: usize,
        refusals: &mut Refusals,
        blocked: &mut Vec<u32>,
    ) -> Vec<IdColumn> {
        let Column {
            name,
            cells,
            present,
        } = column;
        let texts = match cells {
            Cells::Text(texts) => texts,
            Cells::Integer(numbers) => names(&numbers),
            Cells::TextList { offsets, texts } => {
                let lists = Lists {
                    name: &name,
                    offsets,
                    texts,
                    present,
                };
                return self.fit_lists(&lists, len, refusals, blocked);
            }
            Cells::Micros(_) | Cells::Float(_) | Cells::Bool(_) | Cells::Instant(_) => {
                let is_present = |row: &usize| {
                    present
                        .as_ref()
                        .is_none_or(|present| present.get(*row) == Some(&true))
                };
                for row in (0..len).filter(is_present) {
                    refusals.add(row, &name, Reason::WrongType, "ids are texts or integers");
                }
                return Vec::new();
            }
        };
        vec![self.fit_texts(&name, texts, present, len, refusals, blocked)]
    }

    fn fit_texts(
        &self,
        name: &str,
        texts: Texts,
        present: Option<Vec<bool>>,
        len: usize,
        refusals: &mut Refusals,
        blocked: &mut Vec<u32>,
    ) -> IdColumn {
        let distinct = texts.offsets.len().saturating_sub(1);
        let texts = match self.definition.normal_form {
            NormalForm::None => texts,
            NormalForm::LowercaseTrim => {
                let plain = Texts {
                    keys: None,
                    ..texts.clone()
                };
                let normal: Vec<_> = (0..distinct)
                    .map(|text| {
                        self.normal(plain.get(text).unwrap_or_default())
                            .into_owned()
                    })
                    .collect();
                Texts {
                    keys: texts.keys,
                    ..normal.iter().map(String::as_str).collect()
                }
            }
        };
        let plain = |text: usize| {
            let (start, end) = (texts.offsets.get(text)?, texts.offsets.get(text + 1)?);
            texts.bytes.get(*start as usize..*end as usize)
        };
        let verdicts: Vec<Verdict> = (0..distinct)
            .map(|text| self.judge(plain(text).unwrap_or_default()))
            .collect();
        let mut values = TypedColumn {
            cells: TypedCells::Number(Vec::new()),
            present,
        };
        if verdicts.iter().any(|verdict| *verdict != Verdict::Fine) {
            for row in 0..len {
                let text = texts.keys.as_ref().map_or(row, |keys| {
                    keys.get(row).map_or(usize::MAX, |key| *key as usize)
                });
                match verdicts.get(text) {
                    Some(verdict) if *verdict != Verdict::Fine && values.is_present(row) => {
                        let present = values.present.get_or_insert_with(|| vec![true; len]);
                        present
                            .get_mut(row)
                            .into_iter()
                            .for_each(|present| *present = false);
                        self.note(*verdict, row, name, refusals, blocked);
                    }
                    Some(_) | None => {}
                }
            }
        }
        values.cells = TypedCells::Text(texts);
        IdColumn {
            namespace: self.namespace,
            values,
        }
    }

    fn note(
        &self,
        verdict: Verdict,
        row: usize,
        name: &str,
        refusals: &mut Refusals,
        blocked: &mut Vec<u32>,
    ) {
        match verdict {
            Verdict::Fine => {}
            Verdict::Blocked => blocked.push(row as u32),
            Verdict::Empty => refusals.add(
                row,
                name,
                Reason::OutOfRange,
                "an id has at least one byte after its namespace",
            ),
            Verdict::TooLong => {
                let message = format!(
                    "longer than {LONGEST_ID} bytes with \"{}:\"",
                    self.definition.name
                );
                refusals.add(row, name, Reason::OutOfRange, message);
            }
        }
    }

    fn fit_lists(
        &self,
        lists: &Lists<'_>,
        len: usize,
        refusals: &mut Refusals,
        blocked: &mut Vec<u32>,
    ) -> Vec<IdColumn> {
        let mut rows: Vec<BTreeSet<String>> = Vec::with_capacity(len);
        for row in 0..len {
            let mut ids = BTreeSet::new();
            for value in lists.row(row) {
                let value = self.normal(value);
                match self.judge(&value) {
                    Verdict::Fine => _ = ids.insert(value.into_owned()),
                    verdict => self.note(verdict, row, lists.name, refusals, blocked),
                }
            }
            if ids.len() > MOST_IDS {
                let message = format!(
                    "{} ids exceed the limit of {MOST_IDS} in one row",
                    ids.len()
                );
                refusals.add(row, lists.name, Reason::OutOfRange, message);
                ids.clear();
            }
            rows.push(ids);
        }
        let columns = rows.iter().map(BTreeSet::len).max().unwrap_or(0);
        let column = |place: usize| {
            let cell = |ids: &'_ BTreeSet<String>| ids.iter().nth(place).cloned();
            let cells: Vec<Option<String>> = rows.iter().map(cell).collect();
            let texts = cells
                .iter()
                .map(|cell| cell.as_deref().unwrap_or_default())
                .collect();
            let present = Some(cells.iter().map(Option::is_some).collect());
            IdColumn {
                namespace: self.namespace,
                values: TypedColumn {
                    cells: TypedCells::Text(texts),
                    present,
                },
            }
        };
        (0..columns).map(column).collect()
    }
}

struct Lists<'a> {
    name: &'a str,
    offsets: Vec<u32>,
    texts: Texts,
    present: Option<Vec<bool>>,
}

impl Lists<'_> {
    fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        let is_present = self
            .present
            .as_ref()
            .is_none_or(|present| present.get(row) == Some(&true));
        let range = self
            .offsets
            .get(row)
            .zip(self.offsets.get(row + 1))
            .filter(|_| is_present);
        range
            .map_or(0..0, |(start, end)| *start..*end)
            .filter_map(|at| self.texts.get(at as usize))
    }
}
