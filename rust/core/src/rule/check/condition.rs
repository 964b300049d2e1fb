//! Conditions against the kind of what they are asked of.

use std::collections::BTreeSet;

use super::check_duration;
use crate::error::{Error, Result};
use crate::rule::ast::{Condition, Literal, Operator, Span};
use crate::rule::at;
use crate::rule::literal::is_writable;
use crate::rule::plan::Test;
use crate::time::{Duration, Instant};
use crate::value::Kind;

/// The test that `condition` asks of `name`, which is of `kind`; `span` is the whole leaf.
pub(super) fn test(name: &str, kind: Kind, condition: &Condition, span: Span) -> Result<Test> {
    let asked = Asked { name, kind, span };
    match condition {
        Condition::Present => Ok(Test::Present),
        Condition::Compare(operator, literal) => asked.compare(*operator, literal),
        Condition::In(literals) => asked.among(literals, true),
        Condition::NotIn(literals) => asked.among(literals, false),
        Condition::StartsWith(text) => {
            asked.needs(Kind::String, "starts_with")?;
            Ok(Test::StartsWith(text.clone()))
        }
        Condition::Contains(text) => {
            asked.needs(Kind::String, "contains")?;
            Ok(Test::Contains(text.clone()))
        }
        Condition::Has(text) => {
            asked.needs(Kind::StringSet, "has")?;
            Ok(Test::HasAny(BTreeSet::from([text.clone()])))
        }
        Condition::HasAny(texts) => {
            asked.needs(Kind::StringSet, "has any")?;
            Ok(Test::HasAny(texts.iter().cloned().collect()))
        }
        Condition::HasAll(texts) => {
            asked.needs(Kind::StringSet, "has all")?;
            Ok(Test::HasAll(texts.iter().cloned().collect()))
        }
        Condition::Since(operator, than) => {
            asked.needs(Kind::Instant, "since")?;
            span_order(*operator, *than, span).map(|()| Test::Since(*operator, *than))
        }
        Condition::Until(operator, than) => {
            asked.needs(Kind::Instant, "until")?;
            span_order(*operator, *than, span).map(|()| Test::Until(*operator, *than))
        }
    }
}

/// Spans of time are compared by order: they pass through every value in an instant.
pub(super) fn span_order(operator: Operator, than: Duration, place: Span) -> Result<()> {
    if !operator.is_order() {
        let message = format!("durations are compared with <, <=, > or >=, not with {operator}");
        return Err(at(place, message));
    }
    check_duration(than, place)
}

struct Asked<'a> {
    name: &'a str,
    kind: Kind,
    span: Span,
}

impl Asked<'_> {
    fn compare(&self, operator: Operator, literal: &Literal) -> Result<Test> {
        match (self.kind, literal) {
            (Kind::String, Literal::Text(text)) => {
                if operator.is_order() {
                    let message = format!(
                        "strings have no order: ask {} with =, !=, in, starts_with or contains",
                        self.name
                    );
                    return Err(self.error(message));
                }
                let texts = BTreeSet::from([text.clone()]);
                Ok(Test::TextIn(texts, operator == Operator::Equal))
            }
            (Kind::Integer | Kind::Decimal, Literal::Number(micros)) => {
                Ok(Test::Number(operator, self.number(*micros)?))
            }
            (Kind::Bool, Literal::Bool(truth)) => {
                if operator.is_order() {
                    return Err(self.error("bools have no order: use = or !=".to_owned()));
                }
                Ok(Test::Bool(*truth == (operator == Operator::Equal)))
            }
            (Kind::Instant, Literal::Instant(instant)) => {
                Ok(Test::Instant(operator, self.instant(*instant)?))
            }
            (
                Kind::String
                | Kind::StringSet
                | Kind::Integer
                | Kind::Decimal
                | Kind::Bool
                | Kind::Instant,
                _,
            ) => Err(self.clash(literal)),
        }
    }

    fn among(&self, literals: &[Literal], among: bool) -> Result<Test> {
        match self.kind {
            Kind::String => self
                .members(literals, |literal| {
                    if let Literal::Text(text) = literal {
                        Some(Ok(text.clone()))
                    } else {
                        None
                    }
                })
                .map(|texts| Test::TextIn(texts, among)),
            Kind::Integer | Kind::Decimal => self
                .members(literals, |literal| {
                    if let Literal::Number(micros) = literal {
                        Some(self.number(*micros))
                    } else {
                        None
                    }
                })
                .map(|numbers| Test::NumberIn(numbers, among)),
            Kind::Instant => self
                .members(literals, |literal| {
                    if let Literal::Instant(instant) = literal {
                        Some(self.instant(*instant))
                    } else {
                        None
                    }
                })
                .map(|instants| Test::InstantIn(instants, among)),
            Kind::StringSet => {
                let message = format!("{} is a string set: ask with has any or has all", self.name);
                Err(self.error(message))
            }
            Kind::Bool => {
                let name = self.name;
                Err(self.error(format!(
                    "{name} is a bool: write {name} = true or {name} = false"
                )))
            }
        }
    }

    fn members<T: Ord>(
        &self,
        literals: &[Literal],
        member: impl Fn(&Literal) -> Option<Result<T>>,
    ) -> Result<BTreeSet<T>> {
        let members = literals
            .iter()
            .map(|literal| member(literal).unwrap_or_else(|| Err(self.clash(literal))));
        members.collect()
    }

    fn number(&self, micros: i128) -> Result<i128> {
        if is_writable(micros) {
            Ok(micros)
        } else {
            Err(self.error("a number is out of range".to_owned()))
        }
    }

    fn instant(&self, instant: Instant) -> Result<Instant> {
        instant
            .checked("rule")
            .map_err(|error| self.error(error.to_string()))
    }

    fn needs(&self, kind: Kind, word: &str) -> Result<()> {
        if self.kind == kind {
            return Ok(());
        }
        let name = self.name;
        let hint = match (word, self.kind) {
            ("has" | "has any" | "has all", Kind::String) => {
                format!(
                    "; a string is asked with {name} = \"...\", in or contains, presence with has({name})"
                )
            }
            ("starts_with" | "contains", Kind::StringSet) => "; a set is asked with has".to_owned(),
            _ => String::new(),
        };
        let own = with_article(self.kind);
        Err(self.error(format!(
            "{name} is {own}, {word} needs {}{hint}",
            with_article(kind)
        )))
    }

    fn clash(&self, literal: &Literal) -> Error {
        let name = self.name;
        let hint = match (self.kind, literal) {
            (Kind::StringSet, Literal::Text(text)) => {
                format!("; a set is asked with {name} has {}", super::shown(text))
            }
            (Kind::String, Literal::Number(_)) => format!("; write \"{literal}\""),
            (Kind::Instant, Literal::Duration(span)) => {
                format!("; write since({name}) < {span} or until({name}) < {span}")
            }
            (Kind::Instant, Literal::Text(_)) => {
                "; dates are written without quotes: 2017-03-01".to_owned()
            }
            (Kind::Bool, _) => format!("; write {name} = true or {name} = false"),
            _ => String::new(),
        };
        let written = super::super::word::shortened(&literal.to_string());
        let message = format!(
            "{name} is {}, {written} is {}{hint}",
            with_article(self.kind),
            literal.noun()
        );
        self.error(message)
    }

    fn error(&self, message: String) -> Error {
        at(self.span, message)
    }
}

pub(super) fn with_article(kind: Kind) -> String {
    let article = match kind {
        Kind::Integer | Kind::Instant => "an",
        Kind::String | Kind::StringSet | Kind::Decimal | Kind::Bool => "a",
    };
    format!("{article} {kind}")
}
