//! Aggregates: functions fit their fields, windows are not empty and not longer than the retention.

use super::condition::{span_order, with_article};
use super::{Checker, check_duration};
use crate::error::Result;
use crate::rule::ast::{Aggregate, Field, Function, Literal, Span};
use crate::rule::at;
use crate::rule::literal::is_writable;
use crate::rule::plan::{self, EventTypes};
use crate::time::{Duration, Window};
use crate::value::Kind;

impl Checker<'_> {
    pub(super) fn aggregate(
        &mut self,
        aggregate: &Aggregate,
        span: Span,
    ) -> Result<plan::Aggregate> {
        let selection = self.selection(&aggregate.selection)?;
        let field = self.aggregated(aggregate, selection.types, span)?;
        self.window(aggregate.window, selection.types, span)?;
        let operand = operand(aggregate, span)?;
        Ok(plan::Aggregate {
            function: aggregate.function,
            selection,
            field,
            window: aggregate.window,
            operator: aggregate.operator,
            operand,
        })
    }

    fn aggregated(
        &self,
        aggregate: &Aggregate,
        types: EventTypes,
        span: Span,
    ) -> Result<Option<(plan::Field, Kind)>> {
        let (function, name) = (aggregate.function, aggregate.function.name());
        let field = match &aggregate.field {
            Some(field) if function.takes_field() => field,
            None if !function.takes_field() => return Ok(None),
            Some(_) => {
                return Err(at(
                    span,
                    format!("{name} is taken of events, not of a field"),
                ));
            }
            None => return Err(at(span, format!("{name} is taken of a field"))),
        };
        let (resolved, kind) = self.field(field, types)?;
        match kind {
            Kind::Integer | Kind::Decimal => Ok(Some((resolved, kind))),
            Kind::StringSet => Err(not_one_value(name, field)),
            Kind::String | Kind::Bool | Kind::Instant if function == Function::Distinct => {
                Ok(Some((resolved, kind)))
            }
            Kind::String | Kind::Bool | Kind::Instant => {
                let own = with_article(kind);
                let message = format!("{name} needs a number, {field} is {own}");
                Err(at(place(field), message))
            }
        }
    }

    fn window(&self, window: Window, types: EventTypes, span: Span) -> Result<()> {
        match window {
            Window::All => Ok(()),
            Window::Last(last) => self.last(last, types, span),
            Window::Since(start) => start
                .checked("rule")
                .map(|_| ())
                .map_err(|error| at(span, error.to_string())),
            Window::Between(start, end) => {
                for instant in [start, end] {
                    instant
                        .checked("rule")
                        .map_err(|error| at(span, error.to_string()))?;
                }
                if end <= start {
                    let message =
                        format!("the window is empty: it ends at {end} and begins at {start}");
                    return Err(at(span, message));
                }
                Ok(())
            }
        }
    }

    /// `last D` must not look back further than events are kept.
    pub(super) fn last(&self, last: Duration, types: EventTypes, span: Span) -> Result<()> {
        check_duration(last, span)?;
        for (id, event_type) in self.catalog.event_types() {
            let asked = match types {
                EventTypes::Any => true,
                EventTypes::One(own) => own == id,
            };
            if let Some(retention) = event_type
                .definition
                .retention
                .filter(|retention| asked && *retention < last)
            {
                let name = &event_type.definition.name;
                let message = format!(
                    "last {last} looks back further than {name:?} is kept, which is {retention}"
                );
                return Err(at(span, message));
            }
        }
        Ok(())
    }
}

fn operand(aggregate: &Aggregate, span: Span) -> Result<i128> {
    let (function, operand) = (aggregate.function, &aggregate.operand);
    let (name, written) = (
        function.name(),
        crate::rule::word::shortened(&operand.to_string()),
    );
    match operand {
        Literal::Duration(than) if function.is_span() => {
            span_order(aggregate.operator, *than, span)?;
            Ok(i128::from(than.0))
        }
        Literal::Number(micros) if !function.is_span() => {
            if !is_writable(*micros) {
                return Err(at(span, "a number is out of range"));
            }
            Ok(*micros)
        }
        Literal::Text(_)
        | Literal::Number(_)
        | Literal::Bool(_)
        | Literal::Instant(_)
        | Literal::Duration(_) => {
            let own = if function.is_span() {
                "a duration such as 30d"
            } else {
                "a number"
            };
            Err(at(
                span,
                format!("{name} gives {own}, {written} is {}", operand.noun()),
            ))
        }
    }
}

/// A set of strings is neither one value nor several.
pub(super) fn not_one_value(what: &str, field: &Field) -> crate::error::Error {
    let message = format!("{what} needs one value, {field} is a string set");
    at(place(field), message)
}

fn place(field: &Field) -> Span {
    match field {
        Field::ItemAttribute(name) | Field::Property(name) => name.span,
    }
}
