//! The rule language: text, tree, checked plan. Text and tree convert to each other without loss.

pub mod ast;
mod check;
mod display;
mod limits;
mod literal;
mod normal;
mod parse;
pub mod plan;
pub mod targeting;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod token;
mod word;

pub use ast::Rule;
pub use check::{check, check_targeting};
pub use limits::Limits;
pub use normal::normalize;
pub use parse::{parse, parse_targeting};
pub use plan::Plan;
pub use targeting::Targeting;
pub use word::{RESERVED, is_reserved};

pub(crate) use word::{hint, shown};

use crate::error::Error;

/// The rule is wrong at `span`.
pub(crate) fn at(span: ast::Span, message: impl Into<String>) -> Error {
    Error::Rule {
        field: "rule".to_owned(),
        start: span.start,
        end: span.end,
        message: message.into(),
    }
}

/// `text` as a string literal of the rule language.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                out.extend(control.escape_unicode());
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}
