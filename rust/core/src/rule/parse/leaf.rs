//! Leaves: `country = "DE"`, `segment("x")` and whatever else begins with a name.

use super::Parser;
use crate::error::Result;
use crate::rule::ast::{
    Age, Condition, ContextCondition, Field, FieldTest, Function, Leaf, LeafKind, Name,
};
use crate::rule::token::{Kind, Token};
use crate::rule::{at, word};
use crate::time::Duration;

impl<'a> Parser<'a> {
    /// A condition on a profile.
    pub(super) fn leaf(&mut self) -> Result<Leaf> {
        let token = self.first_word("a condition")?;
        let kind = if self.token.kind == Kind::LeftParenthesis {
            self.function(&token)?
        } else if self.has_context && token.kind == Kind::Word("ctx") {
            let dimension = self.dimension()?;
            let condition = self.context_condition(&dimension)?;
            LeafKind::Context(dimension, condition)
        } else if self.token.kind == Kind::Dot {
            return Err(self.dotted(&token));
        } else {
            let name = self.named(&token, "a condition")?;
            let condition = self.condition(&name)?;
            LeafKind::Attribute(name, condition)
        };
        let span = self.span_from(token.span.start);
        Ok(Leaf { kind, span })
    }

    /// A condition on an event, inside `where`.
    pub(super) fn field_test(&mut self) -> Result<FieldTest> {
        let token = self.first_word("a condition on the event")?;
        let start = token.span.start;
        let word = self.lexer.slice(token.span);
        let (field, condition) = if self.token.kind == Kind::LeftParenthesis {
            if !matches!(word, "has" | "since" | "until") {
                let known = ["has", "since", "until"];
                let message = format!(
                    "{} cannot stand inside \"where\": an event has fields only{}",
                    word::shown(word),
                    word::hint(word, known)
                );
                return Err(at(token.span, message));
            }
            self.advance()?;
            let field = self.field()?;
            (field, self.asked_by(word)?)
        } else {
            let name = self.name_of(&token, "a condition on the event", word == "item")?;
            let field = self.field_of(name)?;
            let span = self.span_from(start);
            let text = self.lexer.slice(span).to_owned();
            (field, self.condition(&Name { text, span })?)
        };
        let span = self.span_from(start);
        Ok(FieldTest {
            field,
            condition,
            span,
        })
    }

    /// `item`, `item.category`, `value` or a property.
    pub(super) fn field(&mut self) -> Result<Field> {
        let token = self.first_word("a field of the event")?;
        let is_item = token.kind == Kind::Word("item");
        let name = self.name_of(&token, "a field of the event", is_item)?;
        self.field_of(name)
    }

    fn field_of(&mut self, name: Name) -> Result<Field> {
        if name.text == "item" && self.eat(&Kind::Dot)? {
            return Ok(Field::ItemAttribute(self.name("an item attribute")?));
        }
        if self.token.kind == Kind::Dot {
            let message = format!(
                "only items have attributes: write item.NAME, not {}.NAME",
                word::shortened(&name.text)
            );
            return Err(at(self.token.span, message));
        }
        Ok(Field::Property(name))
    }

    fn first_word(&mut self, what: &str) -> Result<Token<'a>> {
        if !matches!(self.token.kind, Kind::Word(_)) {
            return Err(self.expected(&[what]));
        }
        self.advance()
    }

    /// The name that `token`, already read, holds.
    fn named(&self, token: &Token<'a>, what: &str) -> Result<Name> {
        self.name_of(token, what, false)
    }

    fn name_of(&self, token: &Token<'a>, what: &str, reserved: bool) -> Result<Name> {
        let (text, span) = (self.lexer.slice(token.span), token.span);
        if word::is_reserved(text) && !reserved {
            let message = format!("expected {what}, found {text:?}, a word of the rule language");
            return Err(at(span, message));
        }
        let text = text.to_owned();
        Ok(Name { text, span })
    }

    fn dotted(&self, token: &Token<'a>) -> crate::error::Error {
        let message = match self.lexer.slice(token.span) {
            "ctx" => "only line items have a context".to_owned(),
            "item" => "item attributes are asked of events: count(purchase where item.category = \"wine\") >= 1".to_owned(),
            other => format!(
                "{} has no fields here: fields of events are asked inside count(...), sum(...) and the like",
                word::shown(other)
            ),
        };
        at(token.span, message)
    }

    /// What follows the name of a function, from the parenthesis on.
    fn function(&mut self, token: &Token<'a>) -> Result<LeafKind> {
        let name = self.lexer.slice(token.span);
        if let Some(function) = Function::ALL
            .into_iter()
            .find(|function| function.name() == name)
        {
            self.advance()?;
            return Ok(LeafKind::Aggregate(self.aggregate(function)?));
        }
        match name {
            "sequence" => {
                self.advance()?;
                Ok(LeafKind::Sequence(self.sequence(token.span)?))
            }
            "segment" => {
                self.advance()?;
                self.segment()
            }
            "has" | "since" | "until" => {
                self.advance()?;
                if name == "has" && self.has_context && self.eat_word("ctx")? {
                    let dimension = self.dimension()?;
                    let asked = ContextCondition::Value(self.asked_by(name)?);
                    return Ok(LeafKind::Context(dimension, asked));
                }
                let attribute = self.name("an attribute")?;
                Ok(LeafKind::Attribute(attribute, self.asked_by(name)?))
            }
            later if word::LATER.contains(&later) => {
                Err(at(token.span, format!("{later}(...) is not available yet")))
            }
            other => {
                let hint = word::hint(other, word::FUNCTIONS);
                let message = format!("there is no function {}{hint}", word::shown(other));
                Err(at(token.span, message))
            }
        }
    }

    /// `) < 30d` of `since(x) < 30d`, `)` of `has(x)`.
    fn asked_by(&mut self, function: &str) -> Result<Condition> {
        self.expect(&Kind::RightParenthesis, "\")\"")?;
        if function == "has" {
            return Ok(Condition::Present);
        }
        let operator = self.operator(function)?;
        let span = self.duration()?;
        Ok(if function == "since" {
            Condition::Since(operator, span)
        } else {
            Condition::Until(operator, span)
        })
    }

    /// `"x") for 10m..2d`.
    fn segment(&mut self) -> Result<LeafKind> {
        let name = self.quoted("the name of a segment")?;
        self.expect(&Kind::RightParenthesis, "\")\"")?;
        if !self.eat_word("for")? {
            return Ok(LeafKind::Segment(name, None));
        }
        let age = match self.token.kind {
            Kind::Duration(from) => {
                self.advance()?;
                self.expect(&Kind::Dots, "\"..\" and perhaps a second duration")?;
                let to = match self.token.kind {
                    Kind::Duration(_) => Some(self.duration()?),
                    _ => None,
                };
                Age { from, to }
            }
            Kind::Dots => {
                self.advance()?;
                Age {
                    from: Duration(0),
                    to: Some(self.duration()?),
                }
            }
            _ => return Err(self.expected(&["an age such as 10m..2d, 10m.. or ..2d"])),
        };
        Ok(LeafKind::Segment(name, Some(age)))
    }
}
