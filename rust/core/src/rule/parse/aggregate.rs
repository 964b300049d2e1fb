//! Aggregates, and what they share with sequences: which events, in which window.

use super::Parser;
use crate::error::Result;
use crate::rule::ast::{Aggregate, Function, Name, Selection};
use crate::rule::at;
use crate::rule::token::Kind;
use crate::time::Window;

impl Parser<'_> {
    /// `purchase where ... last 90d) >= 2`, after the parenthesis.
    pub(super) fn aggregate(&mut self, function: Function) -> Result<Aggregate> {
        let event = self.event_type()?;
        let name = function.name();
        let field = if function.takes_field() {
            if !self.eat(&Kind::Dot)? {
                let message = format!(
                    "{name} is taken of a field: {name}({}.value ...)",
                    event.text
                );
                return Err(at(event.span, message));
            }
            Some(self.field()?)
        } else if self.token.kind == Kind::Dot {
            let message = format!(
                "{name} is taken of events, not of a field: {name}({} ...)",
                event.text
            );
            return Err(at(self.token.span, message));
        } else {
            None
        };
        let selection = self.filtered(event)?;
        let window = self.window()?;
        if !self.eat(&Kind::RightParenthesis)? {
            return Err(self.not_closed(&selection, window));
        }
        let operator = self.operator(name)?;
        let operand = self.literal()?;
        Ok(Aggregate {
            function,
            selection,
            field,
            window,
            operator,
            operand,
        })
    }

    /// `purchase where item.category = "wine"`.
    pub(super) fn selection(&mut self) -> Result<Selection> {
        let event = self.event_type()?;
        if self.token.kind == Kind::Dot {
            let message = format!(
                "a step names an event type alone; conditions follow \"where\": {} where ...",
                event.text
            );
            return Err(at(self.token.span, message));
        }
        self.filtered(event)
    }

    fn event_type(&mut self) -> Result<Name> {
        if self.token.kind == Kind::Word("any") {
            let span = self.token.span;
            self.advance()?;
            let text = "any".to_owned();
            return Ok(Name { text, span });
        }
        self.name("an event type")
    }

    fn filtered(&mut self, event: Name) -> Result<Selection> {
        let filter = if self.eat_word("where")? {
            Some(self.boolean(Self::field_test)?)
        } else {
            None
        };
        Ok(Selection { event, filter })
    }

    fn window(&mut self) -> Result<Window> {
        if self.eat_word("last")? {
            return Ok(Window::Last(self.duration()?));
        }
        if self.eat_word("since")? {
            return Ok(Window::Since(self.instant()?));
        }
        if self.eat_word("between")? {
            let start = self.instant()?;
            if !self.eat_word("and")? {
                return Err(self.expected(&["and"]));
            }
            return Ok(Window::Between(start, self.instant()?));
        }
        Ok(Window::All)
    }

    fn not_closed(&self, selection: &Selection, window: Window) -> crate::error::Error {
        match (window, &selection.filter) {
            (Window::All, None) => self.expected(&["where", "last", "since", "between", "\")\""]),
            (Window::All, Some(_)) => {
                self.expected(&["and", "or", "last", "since", "between", "\")\""])
            }
            (Window::Last(_) | Window::Since(_) | Window::Between(..), _) => {
                self.expected(&["\")\""])
            }
        }
    }
}
