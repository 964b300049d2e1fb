//! The error for `and` and `or` side by side: it shows both readings.

use super::{Join, Parser};
use crate::error::Error;
use crate::rule::ast::Span;
use crate::rule::{at, word};

/// Up to this many bytes the readings show the whole rule.
const WHOLE: usize = 1_024;

impl Parser<'_> {
    /// `spans` are the operands, `joins` what stands between them: one less, and not all the same.
    pub(super) fn mixed(&self, spans: &[Span], joins: &[Join]) -> Error {
        let start = spans.first().map_or(0, |span| span.start);
        let whole = self.span_from(start);
        let (first, second) = if self.text.len() <= WHOLE {
            let operands: Vec<&str> = spans.iter().map(|span| self.lexer.slice(*span)).collect();
            let around = |reading: String| {
                let before = self.text.get(..start as usize).unwrap_or_default();
                let after = self.text.get(whole.end as usize..).unwrap_or_default();
                format!("{before}{reading}{after}").trim().to_owned()
            };
            (
                around(reading(&operands, joins, Join::And)),
                around(reading(&operands, joins, Join::Or)),
            )
        } else {
            self.around_the_first_change(spans, joins)
        };
        let message = format!(
            "\"and\" and \"or\" may not be mixed without parentheses: write either\n  {first}\nor\n  {second}"
        );
        at(whole, message)
    }

    /// The readings of a long rule: only the operands beside the first change, cut short.
    fn around_the_first_change(&self, spans: &[Span], joins: &[Join]) -> (String, String) {
        let change = joins
            .windows(2)
            .position(|pair| pair.first() != pair.last());
        let change = change.unwrap_or_default();
        let operands: Vec<String> = spans
            .iter()
            .skip(change)
            .take(3)
            .map(|span| word::shortened(self.lexer.slice(*span)))
            .collect();
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        let joins = joins.get(change..change + 2).unwrap_or_default();
        (
            reading(&operands, joins, Join::And),
            reading(&operands, joins, Join::Or),
        )
    }
}

/// The chain with the operands that `tight` joins in parentheses.
fn reading(operands: &[&str], joins: &[Join], tight: Join) -> String {
    let loose = match tight {
        Join::And => " or ",
        Join::Or => " and ",
    };
    let mut groups: Vec<Vec<&str>> = vec![operands.iter().copied().take(1).collect()];
    for (join, operand) in joins.iter().zip(operands.iter().skip(1)) {
        match groups.last_mut() {
            Some(group) if *join == tight => group.push(operand),
            _ => groups.push(vec![operand]),
        }
    }
    let inner = match tight {
        Join::And => " and ",
        Join::Or => " or ",
    };
    let shown: Vec<String> = groups
        .iter()
        .map(|group| match group.as_slice() {
            [lone] => (*lone).to_owned(),
            several => format!("({})", several.join(inner)),
        })
        .collect();
    shown.join(loose)
}
