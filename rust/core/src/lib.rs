//! treffer core: the audience matching engine as a pure state machine.
//!
//! # The rule language
//!
//! A rule says something of one profile at one time. [`rule::parse`] reads text into a tree, [`rule::Rule`] shows itself
//! as canonical text, and [`rule::check`] resolves a tree against a [`catalog::Catalog`].
//!
//! ```text
//! rule      = part { "and" part } | part { "or" part }       never both without parentheses
//! part      = "not" part | "(" rule ")" | leaf               "not" takes the next part and no more
//! leaf      = attribute condition | asked(attribute)
//!           | aggregate comparison literal | sequence
//!           | segment "(" text ")" [ "for" age ]             age: 10m..2d, 10m.. or ..2d
//! condition = comparison literal                             = != < <= > >=
//!           | [ "not" ] "in" "{" literal, ... "}"
//!           | "starts_with" text | "contains" text           strings
//!           | "has" text | "has any" set | "has all" set     string sets
//! asked(x)  = "has(" x ")" | "since(" x ")" order duration | "until(" x ")" order duration
//! aggregate = ("count" | "since_last" | "since_first") "(" events [ window ] ")"
//!           | ("sum" | "min" | "max" | "avg" | "distinct") "(" type "." field [ where ] [ window ] ")"
//! events    = type [ where ]                                 the type "any" names all
//! where     = "where" conditions on fields, joined like parts
//! field     = "item" | "item." attribute | "value" | "quantity" | "channel" | property
//! window    = "last" duration | "since" instant | "between" instant "and" instant
//! sequence  = "sequence(" events, ... [ "within" duration ]
//!             [ ", not" events ("within" | "for") duration ] [ "on" field ] [ "last" duration ] ")"
//! literal   = "text" | 25 | 2.5 | true | false | 2017-03-01 | 2017-03-01T10:00:00Z
//! duration  = a whole number of s, m, h, d or w
//! ```
//!
//! Texts know the escapes `\"`, `\\`, `\n`, `\r`, `\t` and `\u{e9}`. Integers have 64 bits, decimals 64 bits of micro units.
//! An instant may carry milliseconds and a zone; without one it is UTC. Whatever is asked of an absent value is false,
//! `!=` and `not in` included; `not` is the complement over all profiles.

mod batch;
pub mod bitmap;
pub mod bulk;
pub mod catalog;
pub mod column;
pub mod directory;
pub mod error;
pub mod event;
pub mod explain;
pub mod fit;
pub mod hash;
pub mod id;
pub mod item;
pub mod person;
pub mod pool;
pub mod profile;
pub mod record;
mod refusals;
pub mod rows;
pub mod rule;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod typed;
pub mod value;
pub mod view;
