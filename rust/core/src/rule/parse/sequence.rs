//! Sequences: `sequence(A, B within 1h, not C within 2h on item last 7d)`.

use super::Parser;
use crate::error::Result;
use crate::rule::ast::{Absence, Selection, Sequence, Span};
use crate::rule::at;
use crate::rule::token::Kind;

impl Parser<'_> {
    /// The steps and what follows them, after the parenthesis; `span` is the word `sequence`.
    pub(super) fn sequence(&mut self, span: Span) -> Result<Sequence> {
        let mut sequence = Sequence {
            steps: Vec::new(),
            within: None,
            absent: None,
            key: None,
            last: None,
        };
        self.steps(&mut sequence)?;
        if self.eat_word("on")? {
            sequence.key = Some(self.field()?);
        }
        if self.eat_word("last")? {
            sequence.last = Some(self.duration()?);
        }
        if !self.eat(&Kind::RightParenthesis)? {
            return Err(self.sequence_not_closed(&sequence));
        }
        if sequence.steps.len() < 2 && sequence.absent.is_none() {
            return Err(at(
                span,
                "a sequence needs two steps, or one step and a final \"not\" step",
            ));
        }
        Ok(sequence)
    }

    fn steps(&mut self, sequence: &mut Sequence) -> Result<()> {
        loop {
            let start = self.token.span;
            if self.eat_word("not")? {
                if sequence.steps.is_empty() {
                    return Err(at(start, "a sequence cannot begin with a \"not\" step"));
                }
                sequence.absent = Some(self.absent()?);
                if self.token.kind == Kind::Comma {
                    return Err(at(start, "only the last step can be a \"not\" step"));
                }
                return Ok(());
            }
            sequence.steps.push(self.selection()?);
            let within = self.token.span;
            if self.eat_word("within")? {
                sequence.within = Some(self.duration()?);
            } else if self.token.kind == Kind::Word("for") {
                let message = "\"for\" belongs to a final \"not\" step; how long a sequence may take is said by \"within\"";
                return Err(at(self.token.span, message));
            }
            if !self.eat(&Kind::Comma)? {
                return Ok(());
            }
            if sequence.within.is_some() && self.token.kind != Kind::Word("not") {
                let message = "the \"within\" of a sequence follows its last positive step";
                return Err(at(within, message));
            }
        }
    }

    /// `E within W` or `E for W`, after `not`.
    fn absent(&mut self) -> Result<(Selection, Absence)> {
        let selection = self.selection()?;
        if self.eat_word("within")? {
            return Ok((selection, Absence::Within(self.duration()?)));
        }
        if self.eat_word("for")? {
            return Ok((selection, Absence::For(self.duration()?)));
        }
        let mut expected = vec!["within", "for"];
        if selection.filter.is_none() {
            expected.push("where");
        } else {
            expected.extend(["and", "or"]);
        }
        Err(self.expected(&expected))
    }

    fn sequence_not_closed(&self, sequence: &Sequence) -> crate::error::Error {
        if sequence.last.is_some() {
            self.expected(&["\")\""])
        } else if sequence.key.is_some() {
            self.expected(&["last", "\")\""])
        } else if sequence.absent.is_some() {
            self.expected(&["on", "last", "\")\""])
        } else if sequence.within.is_some() {
            self.expected(&["\",\"", "on", "last", "\")\""])
        } else {
            self.expected(&["\",\"", "where", "within", "on", "last", "\")\""])
        }
    }
}
