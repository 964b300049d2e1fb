//! The parser: text into tree. It recurses only where parentheses and `not` nest, and no deeper than the limits say.

mod aggregate;
mod condition;
mod context;
mod leaf;
mod mixed;
mod sequence;

use super::ast::{Boolean, Name, Rule, Span};
use super::limits::Limits;
use super::token::{Kind, Lexer, Token};
use super::{at, word};
use crate::error::{Error, Result};
use crate::time::{Duration, Instant};

/// The tree that `text` stands for.
///
/// An error names the bytes at fault and what was expected there. Empty, too long, too deep and too wide texts are
/// errors like any other; names are not looked up here, see [`check`](super::check).
pub fn parse(text: &str, limits: &Limits) -> Result<Rule> {
    parse_in(text, limits, false)
}

/// As [`parse`], for the rule of a line item, which may ask `ctx.NAME` of the context.
pub fn parse_targeting(text: &str, limits: &Limits) -> Result<Rule> {
    parse_in(text, limits, true)
}

fn parse_in(text: &str, limits: &Limits, has_context: bool) -> Result<Rule> {
    if text.len() > limits.text as usize {
        let span = Span {
            start: limits.text,
            end: u32::try_from(text.len()).unwrap_or(u32::MAX),
        };
        return Err(too_long(text.len(), limits, span));
    }
    let mut parser = Parser::new(text, limits)?;
    parser.has_context = has_context;
    let rule = parser.boolean(Parser::leaf)?;
    match parser.token.kind {
        Kind::End => {
            // Whoever is given the rule back can say it again.
            let long = rule.to_string().len();
            if long > limits.text as usize {
                let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
                return Err(too_long(long, limits, Span { start: 0, end }));
            }
            Ok(rule)
        }
        _ => Err(parser.expected(&["and", "or", "the end of the rule"])),
    }
}

fn too_long(long: usize, limits: &Limits, span: Span) -> Error {
    let limit = limits.text;
    at(
        span,
        format!("the rule is {long} bytes long; the limit is {limit}"),
    )
}

/// Parses one leaf of a boolean expression.
type LeafParser<'a, L> = fn(&mut Parser<'a>) -> Result<L>;

/// How operands are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

struct Parser<'a> {
    text: &'a str,
    limits: &'a Limits,
    lexer: Lexer<'a>,
    /// The token to be read next.
    token: Token<'a>,
    /// Where the last token read ended.
    end: u32,
    depth: u32,
    leaves: u32,
    /// Whether the context may be asked.
    has_context: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Result<Self> {
        let mut lexer = Lexer::new(text);
        let token = lexer.token()?;
        Ok(Self {
            text,
            limits,
            lexer,
            token,
            end: 0,
            depth: 1,
            leaves: 0,
            has_context: false,
        })
    }

    fn boolean<L>(&mut self, leaf: LeafParser<'a, L>) -> Result<Boolean<L>> {
        let mut start = self.token.span.start;
        let first = self.operand(leaf)?;
        let mut spans = vec![self.span_from(start)];
        let mut operands = vec![first];
        let mut joins = Vec::new();
        while let Some(join) = self.join() {
            self.advance()?;
            joins.push(join);
            start = self.token.span.start;
            operands.push(self.operand(leaf)?);
            spans.push(self.span_from(start));
        }
        match joins.first() {
            None => operands
                .pop()
                .ok_or_else(|| Error::Internal("no operand".to_owned())),
            Some(first) if joins.iter().any(|join| join != first) => {
                Err(self.mixed(&spans, &joins))
            }
            Some(Join::And) => Ok(Boolean::And(operands)),
            Some(Join::Or) => Ok(Boolean::Or(operands)),
        }
    }

    fn operand<L>(&mut self, leaf: LeafParser<'a, L>) -> Result<Boolean<L>> {
        let start = self.token.span;
        if self.eat_word("not")? {
            self.descend(start)?;
            let inner = self.operand(leaf)?;
            self.depth -= 1;
            return Ok(Boolean::Not(Box::new(inner)));
        }
        if self.eat(&Kind::LeftParenthesis)? {
            self.descend(start)?;
            let inner = self.boolean(leaf)?;
            self.depth -= 1;
            if !self.eat(&Kind::RightParenthesis)? {
                return Err(self.expected(&["and", "or", "\")\""]));
            }
            return Ok(inner);
        }
        self.leaves += 1;
        if self.leaves > self.limits.leaves {
            let limit = self.limits.leaves;
            return Err(at(
                start,
                format!("the rule has more leaves than the limit of {limit}"),
            ));
        }
        Ok(Boolean::Leaf(leaf(self)?))
    }

    fn descend(&mut self, span: Span) -> Result<()> {
        self.depth += 1;
        let limit = self.limits.levels();
        if self.depth > limit {
            return Err(at(
                span,
                format!("the rule nests deeper than the limit of {limit}"),
            ));
        }
        Ok(())
    }

    fn join(&self) -> Option<Join> {
        match self.token.kind {
            Kind::Word("and") => Some(Join::And),
            Kind::Word("or") => Some(Join::Or),
            _ => None,
        }
    }

    /// Reads the token and steps to the next.
    fn advance(&mut self) -> Result<Token<'a>> {
        let next = self.lexer.token()?;
        self.end = self.token.span.end;
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// Reads the token if it is `kind`.
    fn eat(&mut self, kind: &Kind<'_>) -> Result<bool> {
        let is = self.token.kind == *kind;
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    /// Reads the token if it is the word `word`.
    fn eat_word(&mut self, word: &'static str) -> Result<bool> {
        self.eat(&Kind::Word(word))
    }

    /// Reads the token, which must be `kind`; `what` describes it.
    fn expect(&mut self, kind: &Kind<'_>, what: &str) -> Result<()> {
        if self.eat(kind)? {
            Ok(())
        } else {
            Err(self.expected(&[what]))
        }
    }

    /// Reads a name that is no word of the language; `what` describes it.
    fn name(&mut self, what: &str) -> Result<Name> {
        let Kind::Word(text) = self.token.kind else {
            return Err(self.expected(&[what]));
        };
        let span = self.token.span;
        if word::is_reserved(text) {
            let message = format!("expected {what}, found {text:?}, a word of the rule language");
            return Err(at(span, message));
        }
        self.advance()?;
        let text = text.to_owned();
        Ok(Name { text, span })
    }

    /// Reads a text; `what` describes it.
    fn quoted(&mut self, what: &str) -> Result<Name> {
        let Kind::Text(text) = &self.token.kind else {
            return Err(match self.token.kind {
                Kind::Word(bare) => {
                    let bare = word::shortened(bare);
                    let message =
                        format!("expected {what}, found {bare}: write \"{bare}\" with quotes");
                    at(self.token.span, message)
                }
                _ => self.expected(&[what]),
            });
        };
        let (text, span) = (text.clone(), self.token.span);
        self.advance()?;
        Ok(Name { text, span })
    }

    fn duration(&mut self) -> Result<Duration> {
        let Kind::Duration(span) = self.token.kind else {
            return Err(self.expected(&["a duration such as 30d"]));
        };
        self.advance()?;
        Ok(span)
    }

    fn instant(&mut self) -> Result<Instant> {
        let Kind::Instant(instant) = self.token.kind else {
            return Err(self.expected(&["a date such as 2017-03-01"]));
        };
        self.advance()?;
        Ok(instant)
    }

    /// From byte `start` to the end of the last token read.
    fn span_from(&self, start: u32) -> Span {
        let end = self.end.max(start);
        Span { start, end }
    }

    /// The error for a token that is none of `what`; keywords stand there bare and are suggested when one is near.
    fn expected(&self, what: &[&str]) -> Error {
        let written = self.lexer.slice(self.token.span);
        let found = self.token.kind.found(written);
        let listed: Vec<String> = what.iter().map(|what| listed(what)).collect();
        let listed = match listed.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        };
        let hint = match self.token.kind {
            Kind::Word(wrong) => {
                word::hint(wrong, what.iter().copied().filter(|what| is_keyword(what)))
            }
            _ => String::new(),
        };
        at(
            self.token.span,
            format!("expected {listed}, found {found}{hint}"),
        )
    }
}

fn is_keyword(what: &str) -> bool {
    what.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn listed(what: &str) -> String {
    if is_keyword(what) {
        format!("{what:?}")
    } else {
        what.to_owned()
    }
}
