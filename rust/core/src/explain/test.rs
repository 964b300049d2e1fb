//! Whether a present value passes a test.

use crate::rule::plan::Test;
use crate::time::Instant;
use crate::value::Value;

/// Whether `value` passes `test` at `t`; a value of another kind than the test asks for never does.
pub(super) fn passes(test: &Test, value: &Value, t: Instant) -> bool {
    match (test, value) {
        (Test::Present, _) => true,
        (Test::Number(operator, constant), _) => value
            .micros()
            .is_some_and(|number| operator.holds(number, *constant)),
        (Test::NumberIn(constants, among), _) => value
            .micros()
            .is_some_and(|number| constants.contains(&number) == *among),
        (Test::TextIn(constants, among), Value::String(text)) => constants.contains(text) == *among,
        (Test::StartsWith(prefix), Value::String(text)) => text.starts_with(prefix.as_str()),
        (Test::Contains(part), Value::String(text)) => text.contains(part.as_str()),
        (Test::HasAny(wanted), Value::StringSet(set)) => {
            wanted.iter().any(|text| set.contains(text))
        }
        (Test::HasAll(wanted), Value::StringSet(set)) => {
            wanted.iter().all(|text| set.contains(text))
        }
        (Test::Bool(wanted), Value::Bool(truth)) => truth == wanted,
        (Test::Instant(operator, constant), Value::Instant(instant)) => {
            operator.holds(*instant, *constant)
        }
        (Test::InstantIn(constants, among), Value::Instant(instant)) => {
            constants.contains(instant) == *among
        }
        // since(x) is absent while x is later than t, until(x) from x on.
        (Test::Since(operator, span), Value::Instant(instant)) => {
            *instant <= t && operator.holds(t.since(*instant), *span)
        }
        (Test::Until(operator, span), Value::Instant(instant)) => {
            *instant > t && operator.holds(instant.since(t), *span)
        }
        (
            Test::TextIn(..)
            | Test::StartsWith(_)
            | Test::Contains(_)
            | Test::HasAny(_)
            | Test::HasAll(_)
            | Test::Bool(_)
            | Test::Instant(..)
            | Test::InstantIn(..)
            | Test::Since(..)
            | Test::Until(..),
            _,
        ) => false,
    }
}
