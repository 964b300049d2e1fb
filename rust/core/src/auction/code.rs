//! Rows in numbers: what an index is made from, small enough for a million line items.

use std::ops::Range;

use hashbrown::HashMap;

use super::check::{Checks, needs_person};
use super::clause::{Domain, Key, Members, Row};
use super::compile::compile;
use super::line_item::LineItem;
use super::reason::Stage;
use crate::catalog::Catalog;
use crate::id::DimensionId;

/// What a clause is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    /// A dimension of the context.
    Dimension(DimensionId),
    /// The segments of the person.
    Segments,
}

/// A clause: a row passes when a value is among those to add, or by itself, and no value among those to take away.
#[derive(Clone, Debug)]
pub(super) struct CodedClause {
    /// Of what.
    pub(super) subject: Subject,
    /// Which of the groups of the row on this subject.
    pub(super) group: u8,
    /// Whether the row passes by itself when something is said.
    pub(super) present: bool,
    /// Whether it passes when nothing is.
    pub(super) absent: bool,
    /// Codes to add, in [`Code::values`].
    pub(super) add: Range<u32>,
    /// Codes to take away.
    pub(super) sub: Range<u32>,
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct CodedRow {
    /// In [`Code::clauses`].
    pub(super) clauses: Range<u32>,
    /// In [`Code::checks`].
    pub(super) checks: Range<u32>,
    /// Whether it cannot hold unless something is known of the person.
    pub(super) needs_person: bool,
}

/// All rows of all line items.
#[derive(Debug, Default)]
pub(super) struct Code<'a> {
    /// Rows; those of one line item lie together.
    pub(super) rows: Vec<CodedRow>,
    /// By line item: its rows.
    pub(super) items: Vec<Range<u32>>,
    pub(super) clauses: Vec<CodedClause>,
    pub(super) values: Vec<u32>,
    /// Stage and number.
    pub(super) checks: Vec<(Stage, u32)>,
    /// By dimension: the codes of values.
    pub(super) keys: HashMap<DimensionId, HashMap<Key<'a>, u32>>,
}

impl<'a> Code<'a> {
    /// Compiles a line item and takes its rows.
    pub(super) fn push(&mut self, catalog: &'a Catalog, item: &'a LineItem, checks: &mut Checks) {
        let compiled = compile(catalog, item.targeting.as_ref());
        let start = self.rows.len() as u32;
        for row in &compiled.rows {
            self.push_row(catalog, row, checks);
        }
        self.items.push(start..self.rows.len() as u32);
    }

    fn push_row(&mut self, catalog: &Catalog, row: &Row<'a>, checks: &mut Checks) {
        let clauses = self.clauses.len() as u32;
        for (dimension, domain) in &row.values {
            self.push_domain(*dimension, domain);
        }
        for (dimension, members) in &row.sets {
            let codes = |code: &mut Self, text: &&'a str| code.code(*dimension, &Key::Text(text));
            self.push_members(Subject::Dimension(*dimension), members, codes);
        }
        if let Some(members) = &row.segments {
            self.push_members(Subject::Segments, members, |_, segment| segment.0);
        }
        let first_check = self.checks.len() as u32;
        let asked = row.checks.iter();
        let asked = asked.map(|(stage, shape)| (*stage, checks.number(catalog, shape)));
        self.checks.extend(asked);
        let needs = row.checks.iter().any(|(_, shape)| needs_person(shape));
        self.rows.push(CodedRow {
            clauses: clauses..self.clauses.len() as u32,
            checks: first_check..self.checks.len() as u32,
            needs_person: needs || row.segments.is_some(),
        });
    }

    fn push_domain(&mut self, dimension: DimensionId, domain: &Domain<'a>) {
        let start = self.values.len() as u32;
        for key in &domain.values {
            let code = self.code(dimension, key);
            self.values.push(code);
        }
        let end = self.values.len() as u32;
        let (add, sub) = if domain.negated {
            (end..end, start..end)
        } else {
            (start..end, end..end)
        };
        self.clauses.push(CodedClause {
            subject: Subject::Dimension(dimension),
            group: 0,
            present: domain.negated,
            absent: domain.absent,
            add,
            sub,
        });
    }

    fn push_members<T: Ord>(
        &mut self,
        subject: Subject,
        members: &Members<T>,
        code: impl Fn(&mut Self, &T) -> u32,
    ) {
        let range = |own: &mut Self, values: &mut dyn Iterator<Item = &T>| {
            let start = own.values.len() as u32;
            for value in values {
                let value = code(own, value);
                own.values.push(value);
            }
            start..own.values.len() as u32
        };
        let sub = range(self, &mut members.none.iter());
        let no_groups = members.any.is_empty();
        let mut groups: Vec<_> = members.any.iter().map(Some).collect();
        if no_groups {
            groups.push(None);
        }
        for (number, group) in groups.into_iter().enumerate() {
            let wanted = group.filter(|_| members.present);
            let add = range(self, &mut wanted.into_iter().flatten());
            self.clauses.push(CodedClause {
                subject,
                group: number as u8,
                present: no_groups && members.present,
                absent: no_groups && members.absent,
                add,
                sub: if number == 0 { sub.clone() } else { 0..0 },
            });
        }
    }

    fn code(&mut self, dimension: DimensionId, key: &Key<'a>) -> u32 {
        let keys = self.keys.entry(dimension).or_default();
        if let Some(code) = keys.get(key) {
            return *code;
        }
        let next = keys.len() as u32;
        keys.insert(*key, next);
        next
    }

    /// The clauses of a row.
    pub(super) fn clauses_of(&self, row: &CodedRow) -> &[CodedClause] {
        let range = row.clauses.start as usize..row.clauses.end as usize;
        self.clauses.get(range).unwrap_or_default()
    }

    /// The checks of a row.
    pub(super) fn checks_of(&self, row: &CodedRow) -> &[(Stage, u32)] {
        let range = row.checks.start as usize..row.checks.end as usize;
        self.checks.get(range).unwrap_or_default()
    }

    /// The codes in a range.
    pub(super) fn codes(&self, range: &Range<u32>) -> &[u32] {
        let range = range.start as usize..range.end as usize;
        self.values.get(range).unwrap_or_default()
    }
}
