//! The words of the language, and the known word that is nearest to a mistyped one.

use super::ast::{Function, Operator};

/// Words that no attribute, property, event type or namespace may be called.
pub const RESERVED: [&str; 31] = [
    "all",
    "and",
    "any",
    "avg",
    "between",
    "contains",
    "count",
    "ctx",
    "distinct",
    "false",
    "for",
    "has",
    "in",
    "item",
    "last",
    "max",
    "min",
    "not",
    "on",
    "or",
    "segment",
    "sequence",
    "since",
    "since_first",
    "since_last",
    "starts_with",
    "sum",
    "true",
    "until",
    "where",
    "within",
];

/// Whether `word` belongs to the language.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// What can stand before a parenthesis in a rule.
pub(super) const FUNCTIONS: [&str; 13] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "distinct",
    "since_last",
    "since_first",
    "sequence",
    "segment",
    "has",
    "since",
    "until",
];

/// Operands that are planned: refused by name until they exist.
pub(super) const LATER: [&str; 4] = ["score", "moment", "consent", "reachable"];

impl Function {
    /// All aggregate functions.
    pub const ALL: [Self; 8] = [
        Self::Count,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Average,
        Self::Distinct,
        Self::SinceLast,
        Self::SinceFirst,
    ];

    /// As rules write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Average => "avg",
            Self::Distinct => "distinct",
            Self::SinceLast => "since_last",
            Self::SinceFirst => "since_first",
        }
    }

    /// Whether it is taken of a field (`sum(purchase.value)`) and not of events alone.
    pub const fn takes_field(self) -> bool {
        match self {
            Self::Sum | Self::Min | Self::Max | Self::Average | Self::Distinct => true,
            Self::Count | Self::SinceLast | Self::SinceFirst => false,
        }
    }

    /// Whether it gives a span of time and not a number.
    pub const fn is_span(self) -> bool {
        matches!(self, Self::SinceLast | Self::SinceFirst)
    }
}

impl Operator {
    /// As rules write it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks for an order and not for equality.
    pub const fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Whether `left` stands in this relation to `right`.
    pub fn holds<T: Ord + Copy>(self, left: T, right: T) -> bool {
        let order = left.cmp(&right);
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Longest text that an error repeats, in characters.
const SHOWN: usize = 60;

/// `text` cut to a length that fits an error.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `text` quoted and cut to a length that fits an error.
pub(crate) fn shown(text: &str) -> String {
    super::quoted(&shortened(text))
}

/// `; did you mean "country"?`, or nothing when no known word is near.
pub(crate) fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(wrong, known).map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// The known word nearest to `wrong`, if near at all; of several the first.
pub(crate) fn closest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wrong: Vec<char> = wrong
        .chars()
        .take(65)
        .flat_map(char::to_lowercase)
        .collect();
    let near = match wrong.len() {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        9..=64 => 3,
        _ => return None,
    };
    known
        .into_iter()
        .map(|word| (distance(&wrong, word), word))
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Edits (insert, delete, replace, swap of neighbours) from `left` to `right`, letter case aside.
fn distance(left: &[char], right: &str) -> usize {
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    // All rows have one entry more than `right`, and `row` has j + 1 of them when column j is reached.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = Vec::with_capacity(right.len() + 1);
        row.push(i + 1);
        for (j, b) in right.iter().enumerate() {
            let mut edits = (above[j] + usize::from(a != b))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && left[i - 1] == *b && right[j - 1] == *a {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_and_a_far_one_is_not() {
        let known = ["country", "county", "age", "and"];

        assert_eq!(Some("country"), closest("contry", known));
        assert_eq!(Some("country"), closest("COUNTRY", known));
        assert_eq!(Some("and"), closest("adn", known));
        assert_eq!(None, closest("quantity", known));
        assert_eq!(None, closest("", known));
        assert_eq!(None, closest(&"x".repeat(100_000), known));
    }

    #[test]
    fn errors_repeat_only_the_beginning_of_a_long_text() {
        assert_eq!("\"ä\"", shown("ä"));
        assert_eq!(
            format!("\"{}...\"", "ä".repeat(60)),
            shown(&"ä".repeat(500))
        );
    }
}
