//! The lexer: text into tokens with byte spans, one at a time.

use super::ast::{Operator, Span};
use super::{at, literal, word};
use crate::error::Result;
use crate::time::{Duration, Instant};

/// One token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) span: Span,
}

/// The kinds of token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    Text(String),
    Number(i128),
    Duration(Duration),
    /// In metres.
    Distance(u32),
    Instant(Instant),
    Operator(Operator),
    LeftParenthesis,
    RightParenthesis,
    LeftBrace,
    RightBrace,
    Comma,
    Dot,
    Dots,
    End,
}

/// Walks over a text of at most `u32::MAX` bytes.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    next: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, next: 0 }
    }

    /// The text between two byte positions.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// The next token; `End` for ever after the last.
    pub(super) fn token(&mut self) -> Result<Token<'a>> {
        self.take(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n'));
        let start = self.next;
        let kind = self.kind()?;
        Ok(Token {
            kind,
            span: self.span_from(start),
        })
    }

    fn kind(&mut self) -> Result<Kind<'a>> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(Kind::End);
        };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(Kind::Word(self.take(is_word))),
            '0'..='9' | '-' | '+' => self.number(),
            '"' => self.text(),
            _ => self.symbol(first),
        }
    }

    fn number(&mut self) -> Result<Kind<'a>> {
        let start = self.next;
        let length = literal::length(self.rest());
        let written = self.rest().get(..length).unwrap_or_default();
        self.next += length;
        literal::number(written).map_err(|message| at(self.span_from(start), message))
    }

    fn text(&mut self) -> Result<Kind<'a>> {
        let start = self.next;
        match literal::text(self.rest()) {
            Ok((text, length)) => {
                self.next += length;
                Ok(Kind::Text(text))
            }
            Err((from, length, message)) => {
                self.next = start + from + length;
                Err(at(self.span_from(start + from), message))
            }
        }
    }

    fn symbol(&mut self, first: char) -> Result<Kind<'a>> {
        let known = SYMBOLS
            .iter()
            .find(|(symbol, _)| self.rest().starts_with(symbol));
        let habit = MISTAKES
            .iter()
            .find(|(wrong, _)| self.rest().starts_with(wrong));
        if let Some((symbol, kind)) = known
            && habit.is_none_or(|(wrong, _)| wrong.len() <= symbol.len())
        {
            self.next += symbol.len();
            return Ok(kind.clone());
        }
        let start = self.next;
        let (wrong, message) = habit.map_or_else(
            || (first.len_utf8(), unexpected(first)),
            |(wrong, message)| (wrong.len(), (*message).to_owned()),
        );
        self.next += wrong;
        Err(at(self.span_from(start), message))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.next..).unwrap_or_default()
    }

    fn take(&mut self, belongs: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.next += length;
        rest.get(..length).unwrap_or_default()
    }

    fn span_from(&self, start: usize) -> Span {
        Span {
            start: start as u32,
            end: self.next as u32,
        }
    }
}

impl Kind<'_> {
    /// For `found ...` in errors; `written` is the token as it stands in the text.
    pub(super) fn found(&self, written: &str) -> String {
        match self {
            Self::End => "the end of the rule".to_owned(),
            Self::Text(_) => format!("the text {}", word::shortened(written)),
            Self::Word(_)
            | Self::Number(_)
            | Self::Duration(_)
            | Self::Distance(_)
            | Self::Instant(_)
            | Self::Operator(_)
            | Self::LeftParenthesis
            | Self::RightParenthesis
            | Self::LeftBrace
            | Self::RightBrace
            | Self::Comma
            | Self::Dot
            | Self::Dots => word::shown(written),
        }
    }
}

/// Longer symbols before their own beginnings.
const SYMBOLS: [(&str, Kind<'static>); 13] = [
    ("!=", Kind::Operator(Operator::NotEqual)),
    ("<=", Kind::Operator(Operator::LessOrEqual)),
    (">=", Kind::Operator(Operator::GreaterOrEqual)),
    ("=", Kind::Operator(Operator::Equal)),
    ("<", Kind::Operator(Operator::Less)),
    (">", Kind::Operator(Operator::Greater)),
    ("(", Kind::LeftParenthesis),
    (")", Kind::RightParenthesis),
    ("{", Kind::LeftBrace),
    ("}", Kind::RightBrace),
    (",", Kind::Comma),
    ("..", Kind::Dots),
    (".", Kind::Dot),
];

/// Habits of other languages.
const MISTAKES: [(&str, &str); 11] = [
    ("==", "equality is written \"=\""),
    ("<>", "inequality is written \"!=\""),
    ("&&", "write \"and\" instead of \"&&\""),
    ("||", "write \"or\" instead of \"||\""),
    ("!", "write \"not\" instead of \"!\""),
    ("'", "texts are written in double quotes: \"wine\""),
    (
        "\u{201c}",
        "texts are written in straight double quotes: \"wine\"",
    ),
    (
        "\u{201d}",
        "texts are written in straight double quotes: \"wine\"",
    ),
    ("[", "sets are written in braces: {\"DE\", \"AT\"}"),
    ("#", "rules have no comments"),
    ("*", "name one event type, or \"any\" for all of them"),
];

fn unexpected(letter: char) -> String {
    if letter.is_alphanumeric() {
        return format!(
            "{letter:?} cannot stand in a name: names are letters a to z, digits and \"_\", and texts are written in double quotes"
        );
    }
    format!("{letter:?} has no meaning in a rule")
}

const fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}
