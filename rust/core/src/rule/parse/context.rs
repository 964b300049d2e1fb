//! What line items ask of the context: `ctx.NAME` and what stands after it.

use super::Parser;
use crate::auction::context::Place;
use crate::error::Result;
use crate::rule::ast::{Condition, ContextCondition, Name};
use crate::rule::at;
use crate::rule::token::Kind;

impl Parser<'_> {
    /// `.NAME` after `ctx`.
    pub(super) fn dimension(&mut self) -> Result<Name> {
        self.expect(&Kind::Dot, "\".\" and a dimension of the context")?;
        self.name("a dimension of the context")
    }

    /// The condition on the dimension that has just been read.
    pub(super) fn context_condition(&mut self, dimension: &Name) -> Result<ContextCondition> {
        if self.eat_word("within")? {
            return self.within();
        }
        // A look ahead: what stands before `list` decides what is asked of it.
        let mut ahead = self.lexer.clone();
        let second = ahead.token()?.kind;
        let third = ahead.token()?.kind;
        match (&self.token.kind, second, third) {
            (Kind::Word("in"), Kind::Word("list"), _) => {
                self.advance()?;
                Ok(ContextCondition::InList(self.list()?, true))
            }
            (Kind::Word("not"), Kind::Word("in"), Kind::Word("list")) => {
                self.advance()?;
                self.advance()?;
                Ok(ContextCondition::InList(self.list()?, false))
            }
            (Kind::Word("has"), Kind::Word("any"), Kind::Word("list")) => {
                self.advance()?;
                self.advance()?;
                Ok(ContextCondition::HasAnyList(self.list()?))
            }
            _ => Ok(ContextCondition::Value(self.value_condition(dimension)?)),
        }
    }

    fn value_condition(&mut self, dimension: &Name) -> Result<Condition> {
        let text = format!("ctx.{}", dimension.text);
        let span = dimension.span;
        self.condition(&Name { text, span })
    }

    /// `list("x")`.
    fn list(&mut self) -> Result<Name> {
        self.expect(&Kind::Word("list"), "list")?;
        self.expect(&Kind::LeftParenthesis, "\"(\"")?;
        let name = self.quoted("the name of a list")?;
        self.expect(&Kind::RightParenthesis, "\")\"")?;
        Ok(name)
    }

    /// `5km of (52.52, 13.4)`.
    fn within(&mut self) -> Result<ContextCondition> {
        let Kind::Distance(metres) = self.token.kind else {
            return Err(self.expected(&["a distance such as 5km"]));
        };
        self.advance()?;
        self.expect(&Kind::Word("of"), "of")?;
        self.expect(&Kind::LeftParenthesis, "a place such as (52.52, 13.4)")?;
        let latitude = self.degrees(90)?;
        self.expect(&Kind::Comma, "\",\"")?;
        let longitude = self.degrees(180)?;
        self.expect(&Kind::RightParenthesis, "\")\"")?;
        let place = Place {
            latitude,
            longitude,
        };
        Ok(ContextCondition::Within(metres, place))
    }

    /// Millionths of a degree, at most `most` degrees from zero.
    fn degrees(&mut self, most: i32) -> Result<i32> {
        let Kind::Number(micros) = self.token.kind else {
            return Err(self.expected(&["a number of degrees"]));
        };
        let degrees = i32::try_from(micros).ok();
        let degrees = degrees.filter(|own| own.unsigned_abs() <= most.unsigned_abs() * 1_000_000);
        let Some(degrees) = degrees else {
            let message = format!("degrees lie within {most} of zero");
            return Err(at(self.token.span, message));
        };
        self.advance()?;
        Ok(degrees)
    }
}
