//! The tree of a rule as people wrote it: names unresolved, positions kept.

use crate::auction::context::Place;
use crate::time::{Duration, Instant, Window};

/// Bytes `start..end` of the rule text. All spans are equal: trees compare by meaning, not by position.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl std::hash::Hash for Span {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// A name with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A boolean expression over leaves. `L` is [`Leaf`] in rules and [`FieldTest`] in `where`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Boolean<L> {
    /// All of at least two.
    And(Vec<Self>),
    /// Any of at least two.
    Or(Vec<Self>),
    /// The complement; binds tightest.
    Not(Box<Self>),
    /// A condition.
    Leaf(L),
}

impl<L> Boolean<L> {
    /// All leaves in the order of the text.
    pub fn leaves(&self) -> Vec<&L> {
        let mut leaves = Vec::new();
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            match node {
                Self::And(operands) | Self::Or(operands) => open.extend(operands.iter().rev()),
                Self::Not(inner) => open.push(inner),
                Self::Leaf(leaf) => leaves.push(leaf),
            }
        }
        leaves
    }
}

/// A whole rule.
pub type Rule = Boolean<Leaf>;

/// The condition of `where`.
pub type Filter = Boolean<FieldTest>;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// `"wine"`
    Text(String),
    /// `25`, `250.00`: micro units, written without trailing zeros. Integers up to the range of i64.
    Number(i128),
    /// `true`
    Bool(bool),
    /// `2017-03-01`, `2017-03-01T10:00:00Z`
    Instant(Instant),
    /// `30d`
    Duration(Duration),
}

/// What is asked of an attribute, an item attribute or an event field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `x >= 25`
    Compare(Operator, Literal),
    /// `x in {"a", "b"}`, order as written
    In(Vec<Literal>),
    /// `x not in {"a", "b"}`: false when x is absent
    NotIn(Vec<Literal>),
    /// `x starts_with "a"`
    StartsWith(String),
    /// `x contains "a"`
    Contains(String),
    /// `x has "a"`: the set holds it
    Has(String),
    /// `x has any {"a", "b"}`
    HasAny(Vec<String>),
    /// `x has all {"a", "b"}`
    HasAll(Vec<String>),
    /// `has(x)`
    Present,
    /// `since(x) < 30d`: t - x; absent while x is later than t
    Since(Operator, Duration),
    /// `until(x) <= 7d`: x - t; absent from x on
    Until(Operator, Duration),
}

/// `item`, `item.category`, `value`, `order`: something of one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `item.NAME`
    ItemAttribute(Name),
    /// `item`, `value`, `quantity`, `channel` or a declared property
    Property(Name),
}

/// A condition on one field of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldTest {
    /// Which field.
    pub field: Field,
    /// What is asked.
    pub condition: Condition,
    /// The whole leaf.
    pub span: Span,
}

/// `purchase where item.category = "wine"`; the type `any` names all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Event type.
    pub event: Name,
    /// `where`.
    pub filter: Option<Filter>,
}

/// What an aggregate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// `count(purchase ...)`: number of events
    Count,
    /// `sum(purchase.value ...)`: 0 of nothing
    Sum,
    /// `min(purchase.value ...)`
    Min,
    /// `max(purchase.value ...)`
    Max,
    /// `avg(purchase.value ...)`: exact fraction
    Average,
    /// `distinct(purchase.order ...)`: number of different present values
    Distinct,
    /// `since_last(purchase ...)`: t - time of the latest
    SinceLast,
    /// `since_first(purchase ...)`: t - time of the earliest
    SinceFirst,
}

/// An aggregate over the events of one profile, compared with a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Aggregate {
    /// What is computed.
    pub function: Function,
    /// Of which events.
    pub selection: Selection,
    /// Of which field: for sum, min, max, avg and distinct, written `TYPE.FIELD` (`purchase.item.brand` too).
    pub field: Option<Field>,
    /// In which window.
    pub window: Window,
    /// How it is compared.
    pub operator: Operator,
    /// With what: a number, or a duration for `since_last` and `since_first`.
    pub operand: Literal,
}

/// How a sequence ends in `not E ...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Absence {
    /// `not E within W`: no E in (s, s + W], decided at s + W
    Within(Duration),
    /// `not E for W`: no E from s until now, and at least W has passed
    For(Duration),
}

/// `sequence(s1, s2 within W, not E for V on KEY last D)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    /// The positive steps, at least one; two without a final `not`.
    pub steps: Vec<Selection>,
    /// The last step at most this long after the first.
    pub within: Option<Duration>,
    /// The final `not`.
    pub absent: Option<(Selection, Absence)>,
    /// The same in all steps.
    pub key: Option<Field>,
    /// The last positive step within (t - D, t].
    pub last: Option<Duration>,
}

/// A condition on a profile, with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// What is asked.
    pub kind: LeafKind,
    /// The whole leaf.
    pub span: Span,
}

/// What a leaf asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LeafKind {
    /// `country in {"DE"}`
    Attribute(Name, Condition),
    /// `count(purchase last 90d) >= 2`
    Aggregate(Aggregate),
    /// `sequence(...)`
    Sequence(Sequence),
    /// `segment("x")`, `segment("x") for 10m..2d`, `segment("x") for 10m..`
    Segment(Name, Option<Age>),
    /// `ctx.country = "DE"`: in the rules of line items only
    Context(Name, ContextCondition),
}

/// What is asked of a dimension of the context.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContextCondition {
    /// As of an attribute; never `since` or `until`
    Value(Condition),
    /// `ctx.domain in list("x")`, `ctx.domain not in list("x")`: the second is false when the dimension is absent
    InList(Name, bool),
    /// `ctx.keywords has any list("x")`
    HasAnyList(Name),
    /// `ctx.place within 5km of (52.52, 13.4)`: a number of metres
    Within(u32, Place),
}

/// `for 10m..2d`: 10 min <= t - since < 2 d.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    /// At least; `0s` when written `..2d`.
    pub from: Duration,
    /// Less than; open when absent.
    pub to: Option<Duration>,
}

impl Operator {
    /// The operator with its sides exchanged: `a < b` is `b > a`.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same @ (Self::Equal | Self::NotEqual) => same,
        }
    }

    /// The operator that holds exactly where this one does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}
