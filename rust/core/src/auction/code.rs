//! Rows in numbers: what an index is made from, small enough for a million line items.

use std::ops::Range;

use super::check::{Checks, needs_person};
use super::clause::{Domain, Key, Members, Row};
use super::codes::Codes;
use super::compile::compile;
use super::dimension::is_hour;
use super::line_item::LineItem;
use super::plain::{Named, Plain};
use super::reason::Stage;
use crate::catalog::Catalog;
use crate::id::{DimensionId, LineItemId, SegmentId};

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
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// Rows; those of one line item lie together.
    pub(super) rows: Vec<CodedRow>,
    /// By line item: its rows.
    pub(super) items: Vec<Range<u32>>,
    /// The numbers of line items, rising.
    pub(super) numbers: Vec<LineItemId>,
    pub(super) clauses: Vec<CodedClause>,
    pub(super) values: Vec<u32>,
    /// Stage and number.
    pub(super) checks: Vec<(Stage, u32)>,
    /// By dimension.
    pub(super) codes: Vec<Codes>,
    /// How many line items were compiled since all were: values that none of the others names may have codes still.
    pub(super) renewed: usize,
}

impl Code {
    /// No rows, for conditions on so many dimensions.
    pub(super) fn of_none(dimensions: usize) -> Self {
        Self {
            codes: vec![Codes::default(); dimensions],
            ..Self::default()
        }
    }

    /// No rows, and the codes of an earlier book, where so many line items are new.
    pub(super) fn after(earlier: &Self, dimensions: usize, renewed: usize) -> Self {
        let mut codes = earlier.codes.clone();
        codes.resize(dimensions, Codes::default());
        Self {
            codes,
            renewed,
            ..Self::default()
        }
    }

    /// How many values of a dimension have codes.
    pub(super) fn values_of(&self, dimension: DimensionId) -> usize {
        self.codes.get(dimension.index()).map_or(0, Codes::len)
    }

    /// Compiles a line item and takes its rows; numbers rise.
    pub(super) fn push(
        &mut self,
        catalog: &Catalog,
        (number, item): (LineItemId, &LineItem),
        checks: &mut Checks,
    ) {
        let start = self.rows.len() as u32;
        let rule = item.targeting.as_ref();
        if let Some(plain) = Plain::of(catalog, rule) {
            self.push_plain(plain);
        } else {
            for row in &compile(catalog, rule).rows {
                self.push_row(catalog, row, checks);
            }
        }
        self.items.push(start..self.rows.len() as u32);
        self.numbers.push(number);
    }

    /// Takes the rows of the line item at a place of the earlier code that this one goes on from.
    pub(super) fn take(&mut self, earlier: &Self, place: usize) {
        let items = (earlier.items.get(place), earlier.numbers.get(place));
        let (Some(rows), Some(number)) = items else {
            return;
        };
        let start = self.rows.len() as u32;
        let rows = earlier.rows.get(rows.start as usize..rows.end as usize);
        for row in rows.unwrap_or_default() {
            let clauses = self.clauses.len() as u32;
            for clause in earlier.clauses_of(row) {
                let own = CodedClause {
                    sub: self.take_values(earlier, &clause.sub),
                    add: self.take_values(earlier, &clause.add),
                    ..clause.clone()
                };
                self.clauses.push(own);
            }
            let checks = self.checks.len() as u32;
            self.checks.extend_from_slice(earlier.checks_of(row));
            self.rows.push(CodedRow {
                clauses: clauses..self.clauses.len() as u32,
                checks: checks..self.checks.len() as u32,
                needs_person: row.needs_person,
            });
        }
        self.items.push(start..self.rows.len() as u32);
        self.numbers.push(*number);
    }

    fn take_values(&mut self, earlier: &Self, values: &Range<u32>) -> Range<u32> {
        let start = self.values.len() as u32;
        self.values.extend_from_slice(earlier.codes(values));
        start..self.values.len() as u32
    }

    fn push_plain(&mut self, plain: Plain<'_>) {
        let clauses = self.clauses.len() as u32;
        for (dimension, values) in &plain.values {
            let (named, end) = self.push_named(*dimension, values.named);
            let (add, sub) = if values.is_wanted {
                (named, end)
            } else {
                (end, named)
            };
            self.clauses.push(CodedClause {
                subject: Subject::Dimension(*dimension),
                group: 0,
                present: !values.is_wanted,
                absent: values.absent,
                add,
                sub,
            });
        }
        let needs_person = plain.none.is_some() || !plain.any.is_empty();
        let mut sub = self.push_segments(plain.none.unwrap_or_default());
        let asks_none = needs_person && plain.any.is_empty();
        let groups = plain.any.into_iter().map(Some);
        let groups = groups.chain(asks_none.then_some(None));
        for (number, group) in groups.enumerate() {
            let add = self.push_segments(group.unwrap_or_default());
            self.clauses.push(CodedClause {
                subject: Subject::Segments,
                group: number as u8,
                present: asks_none,
                absent: asks_none,
                add,
                sub: std::mem::take(&mut sub),
            });
        }
        let checks = self.checks.len() as u32;
        self.rows.push(CodedRow {
            clauses: clauses..self.clauses.len() as u32,
            checks: checks..checks,
            needs_person,
        });
    }

    /// Appends the codes of values; gives where they lie, and the end.
    fn push_named(&mut self, dimension: DimensionId, named: Named<'_>) -> (Range<u32>, Range<u32>) {
        let start = self.values.len() as u32;
        if let Some(codes) = self.codes.get_mut(dimension.index()) {
            match named {
                Named::Texts(all) => {
                    let all = all.iter().map(|own| codes.code(Key::Text(own)));
                    self.values.extend(all);
                }
                Named::Hours(all) => {
                    let hours = all.iter().filter_map(|own| i64::try_from(*own).ok());
                    let hours = hours.filter(|own| is_hour(*own));
                    let all = hours.map(|own| codes.code(Key::Number(own)));
                    self.values.extend(all);
                }
            }
        }
        let end = self.values.len() as u32;
        (start..end, end..end)
    }

    fn push_segments(&mut self, mut segments: Vec<SegmentId>) -> Range<u32> {
        segments.sort_unstable();
        segments.dedup();
        let start = self.values.len() as u32;
        self.values.extend(segments.iter().map(|own| own.0));
        start..self.values.len() as u32
    }

    fn push_row(&mut self, catalog: &Catalog, row: &Row<'_>, checks: &mut Checks) {
        let clauses = self.clauses.len() as u32;
        for (dimension, domain) in &row.values {
            self.push_domain(*dimension, domain);
        }
        for (dimension, members) in &row.sets {
            let codes = |code: &mut Self, text: &&str| code.code(*dimension, &Key::Text(text));
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

    fn push_domain(&mut self, dimension: DimensionId, domain: &Domain<'_>) {
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

    fn code(&mut self, dimension: DimensionId, key: &Key<'_>) -> u32 {
        let codes = self.codes.get_mut(dimension.index());
        codes.map_or(0, |own| own.code(*key))
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

    /// Gives back what is not needed.
    pub(super) fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.clauses.shrink_to_fit();
        self.values.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.codes.iter().map(Codes::heap_bytes).sum::<usize>()
            + size_of::<CodedRow>() * self.rows.capacity()
            + size_of::<CodedClause>() * self.clauses.capacity()
            + 4 * self.values.capacity()
            + size_of::<(Stage, u32)>() * self.checks.capacity()
            + size_of::<Range<u32>>() * self.items.capacity()
            + 4 * self.numbers.capacity()
    }

    /// The codes in a range.
    pub(super) fn codes(&self, range: &Range<u32>) -> &[u32] {
        let range = range.start as usize..range.end as usize;
        self.values.get(range).unwrap_or_default()
    }
}
