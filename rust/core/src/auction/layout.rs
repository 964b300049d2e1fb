//! Where rows lie: those that look at the same places together, those of one line item within one word.

use hashbrown::HashMap;

use super::code::{Code, CodedClause, Subject};
use crate::bitmap::line::LINE_BITS;
use crate::id::DimensionId;

/// Dimensions that decide the order.
const DIMENSIONS: usize = 3;
/// Ranks of values that fit a key.
const MOST_RANKS: u64 = 255;

/// The order of line items and their rows.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Line items as [`Code::items`] numbers them, each with its first row.
    pub(super) order: Vec<(u32, u32)>,
    /// Rows, with those left out so that no line item straddles two words.
    pub(super) rows: usize,
    /// Lines of 512 rows.
    pub(super) width: usize,
}

impl Layout {
    /// The layout of all rows.
    pub(super) fn of(code: &Code) -> Self {
        let ranks = ranks(code);
        let mut order: Vec<_> = (0..code.items.len() as u32)
            .map(|item| (key(code, &ranks, item), item))
            .collect();
        order.sort_unstable();
        let mut next = 0;
        let mut layout = Self {
            order: Vec::with_capacity(order.len()),
            rows: 0,
            width: 0,
        };
        for (_, item) in order {
            let rows = layout.len(code, item);
            if next % 64 + rows > 64 {
                next += 64 - next % 64;
            }
            layout.order.push((item, next));
            next += rows;
        }
        layout.rows = next as usize;
        layout.width = layout.rows.div_ceil(LINE_BITS);
        layout
    }

    /// How many rows a line item has.
    #[expect(clippy::unused_self, reason = "reads as a question to the layout")]
    pub(super) fn len(&self, code: &Code, item: u32) -> u32 {
        code.items
            .get(item as usize)
            .map_or(0, |rows| rows.len() as u32)
    }
}

/// By code of a value: its place by popularity.
type Ranks = (DimensionId, Vec<u64>);

/// The dimensions that narrow most, and their values by popularity.
fn ranks(code: &Code) -> Vec<Ranks> {
    let mut counts: HashMap<DimensionId, (f64, Vec<u64>)> = HashMap::new();
    for clause in &code.clauses {
        let Subject::Dimension(dimension) = clause.subject else {
            continue;
        };
        let keys = code.values_of(dimension);
        if clause.add.is_empty() || keys as u64 > MOST_RANKS || clause.group > 0 {
            continue;
        }
        let (narrowing, values) = counts
            .entry(dimension)
            .or_insert_with(|| (0.0, vec![0; keys]));
        *narrowing += 1.0 - clause.add.len() as f64 / keys as f64;
        for value in code.codes(&clause.add) {
            if let Some(count) = values.get_mut(*value as usize) {
                *count += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a_id, (a, _)), (b_id, (b, _))| b.total_cmp(a).then(a_id.cmp(b_id)));
    let ranked = counts
        .into_iter()
        .take(DIMENSIONS)
        .map(|(dimension, (_, values))| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by_key(|value| (std::cmp::Reverse(values.get(*value).copied()), *value));
            let mut ranks = vec![0; values.len()];
            for (rank, value) in order.into_iter().enumerate() {
                if let Some(own) = ranks.get_mut(value) {
                    *own = rank as u64 + 1;
                }
            }
            (dimension, ranks)
        });
    ranked.collect()
}

/// The most popular values that the first row of a line item asks for, dimension by dimension.
fn key(code: &Code, ranks: &[Ranks], item: u32) -> u64 {
    let row = code
        .items
        .get(item as usize)
        .and_then(|rows| code.rows.get(rows.start as usize));
    let clauses = row.map_or(&[] as &[CodedClause], |row| code.clauses_of(row));
    let mut key = 0;
    for (dimension, ranks) in ranks {
        let own = clauses
            .iter()
            .find(|own| own.subject == Subject::Dimension(*dimension));
        let values = own.map_or(&[] as &[u32], |own| code.codes(&own.add));
        let mut best: Vec<u64> = values
            .iter()
            .filter_map(|value| ranks.get(*value as usize).copied())
            .collect();
        best.sort_unstable();
        let mut best = best.into_iter();
        key = key << 16 | best.next().unwrap_or(0) << 8 | best.next().unwrap_or(0);
    }
    key
}
