//! A test of a profile attribute as a computed operand.

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::bulk::scan;
use crate::bulk::values::Values;
use crate::id::AttributeId;
use crate::profile::attribute::{AttributeChunk, AttributeColumn};
use crate::profile::code_index::CodeIndex;
use crate::rule::plan::Test;
use crate::time::Instant;
use crate::value::Kind;
use crate::view::View;

/// The profiles whose attribute passes a test.
#[derive(Debug)]
pub(super) struct AttributeSource<'v> {
    view: &'v View,
    attribute: AttributeId,
    column: &'v AttributeColumn,
    values: Values,
    /// For tests that name texts: their codes, and how many of them a profile needs.
    lookup: Option<Lookup>,
}

#[derive(Debug)]
struct Lookup {
    codes: Vec<u32>,
    all: bool,
}

impl<'v> AttributeSource<'v> {
    /// Compiles a test of an attribute at `t`.
    pub(super) fn new(view: &'v View, attribute: AttributeId, test: &Test, t: Instant) -> Self {
        let column = view.attribute(attribute);
        let texts = view.attribute_pool(attribute);
        let code = |text: &String| texts.code(text.as_bytes());
        let (values, lookup) = match column.kind() {
            Kind::String => {
                let values = Values::of_text(test, texts);
                let lookup = match test {
                    Test::TextIn(listed, true) => Some(Lookup {
                        codes: listed.iter().filter_map(code).collect(),
                        all: false,
                    }),
                    _ => None,
                };
                (values, lookup)
            }
            Kind::StringSet => {
                let lookup = match test {
                    Test::HasAny(wanted) => Some(Lookup {
                        codes: wanted.iter().filter_map(code).collect(),
                        all: false,
                    }),
                    Test::HasAll(wanted) if !wanted.is_empty() => wanted
                        .iter()
                        .map(code)
                        .collect::<Option<Vec<u32>>>()
                        .map(|codes| Lookup { codes, all: true }),
                    _ => None,
                };
                (
                    Values::of_set(test, texts, view.set_pool(attribute)),
                    lookup,
                )
            }
            kind @ (Kind::Integer | Kind::Decimal | Kind::Bool | Kind::Instant) => {
                (Values::of_scalar(test, kind, t), None)
            }
        };
        Self {
            view,
            attribute,
            column,
            values,
            lookup,
        }
    }

    fn index<'a>(&self, chunk: &'a AttributeChunk) -> Option<&'a CodeIndex> {
        let sets = self.view.set_pool(self.attribute);
        chunk.index(|value, codes| match self.column.kind() {
            Kind::StringSet => {
                codes.extend(
                    sets.get(value as u32)
                        .into_iter()
                        .flat_map(crate::bulk::values::set_codes),
                );
            }
            Kind::String | Kind::Integer | Kind::Decimal | Kind::Bool | Kind::Instant => {
                codes.push(value as u32);
            }
        })
    }
}

impl ChunkSource for AttributeSource<'_> {
    fn fill(&self, key: u16, words: &mut Words) {
        words.fill(0);
        let Some(chunk) = self.column.chunk(u32::from(key)) else {
            return;
        };
        let found = self
            .lookup
            .as_ref()
            .and_then(|lookup| Some((lookup, self.index(chunk)?)));
        match found {
            Some((lookup, index)) if lookup.all => index.all_of(&lookup.codes, words),
            Some((lookup, index)) => index.any_of(&lookup.codes, words),
            None => scan::rows(chunk.values(), &self.values, words),
        }
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        self.fill(key, words);
        for (word, mask) in words.iter_mut().zip(mask) {
            *word &= mask;
        }
    }

    fn chunks(&self) -> ChunkRange {
        ChunkRange::of_ids(self.view.population())
    }

    fn cost(&self) -> u32 {
        if self.lookup.is_some() { 2 } else { 10 }
    }
}
