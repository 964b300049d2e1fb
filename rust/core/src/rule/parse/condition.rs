//! What stands after a name: comparisons, sets, words such as `has` and `starts_with`.

use super::Parser;
use crate::error::Result;
use crate::rule::ast::{Condition, Literal, Name, Operator};
use crate::rule::token::Kind;
use crate::rule::{at, word};

impl Parser<'_> {
    /// The condition on `name`, which has just been read.
    pub(super) fn condition(&mut self, name: &Name) -> Result<Condition> {
        match self.token.kind {
            Kind::Operator(operator) => {
                self.advance()?;
                Ok(Condition::Compare(operator, self.literal()?))
            }
            Kind::Word("in") => {
                self.advance()?;
                Ok(Condition::In(self.set(Self::literal)?))
            }
            Kind::Word("not") => {
                self.advance()?;
                if !self.eat_word("in")? {
                    return Err(self.expected(&["in"]));
                }
                Ok(Condition::NotIn(self.set(Self::literal)?))
            }
            Kind::Word("has") => {
                self.advance()?;
                self.holds()
            }
            Kind::Word("starts_with") => {
                self.advance()?;
                Ok(Condition::StartsWith(self.string()?))
            }
            Kind::Word("contains") => {
                self.advance()?;
                Ok(Condition::Contains(self.string()?))
            }
            _ => Err(self.no_condition(name)),
        }
    }

    /// `=`, `<` and so on, after `what`.
    pub(super) fn operator(&mut self, what: &str) -> Result<Operator> {
        let Kind::Operator(operator) = self.token.kind else {
            let expected = format!("a comparison of {what}(...) (=, !=, <, <=, >, >=)");
            return Err(self.expected(&[&expected]));
        };
        self.advance()?;
        Ok(operator)
    }

    pub(super) fn literal(&mut self) -> Result<Literal> {
        let literal = match &self.token.kind {
            Kind::Text(text) => Literal::Text(text.clone()),
            Kind::Number(micros) => Literal::Number(*micros),
            Kind::Duration(span) => Literal::Duration(*span),
            Kind::Instant(instant) => Literal::Instant(*instant),
            Kind::Word("true") => Literal::Bool(true),
            Kind::Word("false") => Literal::Bool(false),
            Kind::Word(bare) => {
                let hint = match word::closest(bare, ["true", "false"]) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("texts are written in quotes: \"{}\"", word::shortened(bare)),
                };
                let found = word::shown(bare);
                let message = format!("expected a value, found {found}; {hint}");
                return Err(at(self.token.span, message));
            }
            _ => return Err(self.expected(&["a value"])),
        };
        self.advance()?;
        Ok(literal)
    }

    fn string(&mut self) -> Result<String> {
        Ok(self.quoted("a text")?.text)
    }

    /// `"a"`, `any {"a", "b"}`, `all {"a", "b"}`.
    fn holds(&mut self) -> Result<Condition> {
        match &self.token.kind {
            Kind::Word("any") => {
                self.advance()?;
                Ok(Condition::HasAny(self.set(Self::string)?))
            }
            Kind::Word("all") => {
                self.advance()?;
                Ok(Condition::HasAll(self.set(Self::string)?))
            }
            Kind::Text(_) => Ok(Condition::Has(self.string()?)),
            Kind::LeftBrace => {
                let message = "write \"has any {...}\" or \"has all {...}\"";
                Err(at(self.token.span, message))
            }
            _ => Err(self.expected(&["a text", "any", "all"])),
        }
    }

    /// `{"a", "b"}`, with the members that `member` reads.
    fn set<T>(&mut self, member: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.token.kind == Kind::Word("list") {
            let message = "lists are asked of the context of a line item: ctx.domain in list(...)";
            return Err(at(self.token.span, message));
        }
        self.expect(&Kind::LeftBrace, "a set such as {\"DE\", \"AT\"}")?;
        let mut members = Vec::new();
        if self.eat(&Kind::RightBrace)? {
            return Ok(members);
        }
        loop {
            members.push(member(self)?);
            if self.eat(&Kind::RightBrace)? {
                return Ok(members);
            }
            if !self.eat(&Kind::Comma)? {
                return Err(self.expected(&["\",\"", "\"}\""]));
            }
        }
    }

    fn no_condition(&self, name: &Name) -> crate::error::Error {
        const WORDS: [&str; 5] = ["in", "not", "has", "starts_with", "contains"];
        let name = word::shortened(&name.text);
        let written = self.lexer.slice(self.token.span);
        let found = self.token.kind.found(written);
        let hint = match self.token.kind {
            Kind::Word("is" | "like" | "equals") => "; equality is written \"=\"".to_owned(),
            Kind::Word(wrong) => word::hint(wrong, WORDS),
            _ => String::new(),
        };
        let message = format!(
            "expected a condition on {name} (=, !=, <, <=, >, >=, in, not in, has, starts_with, contains), found {found}{hint}"
        );
        at(self.token.span, message)
    }
}
