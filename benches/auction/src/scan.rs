//! The plain scan: every clause of every line item, until one fails.

use crate::mix::{Asked, Clause, Event};

/// Values of a clause: bits where there are few to choose from, else a list, rising.
enum Values {
    Bits([u64; 3]),
    List(Vec<usize>),
}

struct Compiled {
    asked: Asked,
    values: Values,
    is_none: bool,
}

/// All line items.
pub(crate) struct Scan(Vec<Vec<Compiled>>);

const WIDEST: usize = 192;

impl Scan {
    pub(crate) fn new(items: &[Vec<Clause>]) -> Self {
        let compiled = |clause: &Clause| {
            let is_small = clause.values.last().is_none_or(|last| *last < WIDEST);
            let is_list = matches!(clause.asked, Asked::Segments | Asked::Domain | Asked::Deals);
            let values = if is_small && !is_list {
                let mut bits = [0; 3];
                clause
                    .values
                    .iter()
                    .for_each(|own| bits[own / 64] |= 1 << (own % 64));
                Values::Bits(bits)
            } else {
                Values::List(clause.values.iter().copied().collect())
            };
            Compiled {
                asked: clause.asked,
                values,
                is_none: clause.is_none,
            }
        };
        let items = items.iter();
        Self(
            items
                .map(|item| item.iter().map(compiled).collect())
                .collect(),
        )
    }

    /// The line items that match.
    pub(crate) fn matches(&self, event: &Event, segments: &[u64]) -> Vec<u32> {
        let items = self.0.iter().enumerate();
        items
            .filter(|(_, item)| item.iter().all(|clause| clause.holds(event, segments)))
            .map(|(number, _)| number as u32)
            .collect()
    }
}

impl Compiled {
    fn holds(&self, event: &Event, segments: &[u64]) -> bool {
        let said = event.of(self.asked);
        let has = match &self.values {
            Values::Bits(bits) => said
                .iter()
                .any(|own| *own < WIDEST && bits[own / 64] & 1 << (own % 64) != 0),
            Values::List(values) if self.asked == Asked::Segments => values
                .iter()
                .any(|own| segments[own / 64] & 1 << (own % 64) != 0),
            Values::List(values) => said.iter().any(|own| values.binary_search(own).is_ok()),
        };
        has != self.is_none
    }
}

/// The segments of a request as bits.
pub(crate) fn segment_bits(event: &Event) -> Vec<u64> {
    let mut bits = vec![0; 20_000 / 64 + 1];
    for own in event.of(Asked::Segments) {
        bits[own / 64] |= 1 << (own % 64);
    }
    bits
}
