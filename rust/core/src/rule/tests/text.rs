//! Texts and their trees.

use super::{assert_faults, fault, tree};
use crate::rule::ast::{
    Absence, Age, Aggregate, Boolean, Condition, Field, FieldTest, Function, Leaf, LeafKind,
    Literal, Name, Operator, Rule, Selection, Sequence, Span,
};
use crate::rule::{Limits, parse};
use crate::time::{Duration, Instant, Window};

fn name(text: &str) -> Name {
    let (text, span) = (text.to_owned(), Span::default());
    Name { text, span }
}

fn leaf(kind: LeafKind) -> Rule {
    let span = Span::default();
    Boolean::Leaf(Leaf { kind, span })
}

fn attribute(text: &str, condition: Condition) -> Rule {
    leaf(LeafKind::Attribute(name(text), condition))
}

fn bare(event: &str) -> Selection {
    let (event, filter) = (name(event), None);
    Selection { event, filter }
}

fn days(count: i64) -> Duration {
    Duration(count * Duration::DAY.0)
}

#[test]
fn canonical_text_is_its_own_text() {
    for text in CANONICAL {
        assert_eq!(*text, tree(text).to_string());
        assert_eq!(tree(text), tree(&tree(text).to_string()));
    }
}

const CANONICAL: &[&str] = &[
    "country in {\"DE\", \"AT\"} and age >= 25 and interests has \"wine\"",
    "count(purchase where item.category = \"wine\" last 90d) >= 2",
    "sum(purchase.value last 365d) > 250 and since_last(purchase) < 30d",
    "sequence(product_view, add_to_cart, purchase within 1h)",
    "sequence(add_to_cart, not purchase for 30m on item last 7d)",
    "sequence(a, b within 1h, not c where x = 1 within 2h on item.brand last 7d)",
    "segment(\"newsletter\") and not segment(\"complained\")",
    "segment(\"cart\") for 10m..2d or segment(\"cart\") for 10m.. or segment(\"cart\") for ..2d",
    "(a = 1 or b = 2) and (c = 3 or not d = 4)",
    "a = 1 and (b = 2 and c = 3)",
    "not not a = 1",
    "not (a = 1 and b = 2)",
    "has(a) and since(b) < 30d and until(c) >= 7d",
    "a not in {} and a in {1, -2.5, 0.000001}",
    "a has any {\"x\", \"y\"} or a has all {} or a starts_with \"p\" or a contains \"\"",
    "a = true and b != false",
    "t < 2017-03-01 or t >= 2017-03-01T10:00:00Z or t = 1900-01-01T00:00:00.250Z",
    "count(any since 2017-03-01) = 0 and count(any between 2017-03-01 and 2018-03-01) < 3",
    "min(p.value) < 1 and max(p.item.price) > 2 and avg(p.quantity) = 2.5 and distinct(p.order) != 1",
    "since_first(purchase where not has(item) or since(seen) < 1s last 1d) >= 1m",
    "x = \"\\\"\\\\\\n\\r\\t\\u{7f}ä\u{1f377}\"",
    "x = 9223372036854775807 and y = -9223372036854775808 and z = -9223372036854.775808",
];

#[test]
fn texts_that_mean_the_same_have_one_canonical_text() {
    for (text, expected) in [
        ("  a=1\tand\r\nb=2 ", "a = 1 and b = 2"),
        ("(((a = 1)))", "a = 1"),
        ("not (x = 1)", "not x = 1"),
        ("sum(p.value) > +250.00", "sum(p.value) > 250"),
        ("count(p last 1w) > 1", "count(p last 7d) > 1"),
        ("count(p last 90m) > 1", "count(p last 90m) > 1"),
        ("count(p last 3600s) > 1", "count(p last 1h) > 1"),
        ("t = 2017-03-01T12:00+02:00", "t = 2017-03-01T10:00:00Z"),
        ("t = 2017-03-01T00:00:00-00:30", "t = 2017-03-01T00:30:00Z"),
        (
            "t = 2017-03-01T00:00:00.1239Z",
            "t = 2017-03-01T00:00:00.123Z",
        ),
        ("t = 2017-03-01T00:00:00", "t = 2017-03-01"),
        ("x = \"\\u{e4}\"", "x = \"ä\""),
        ("x in {\"a\",\"b\"}", "x in {\"a\", \"b\"}"),
    ] {
        assert_eq!(expected, tree(text).to_string());
    }
}

#[test]
fn not_takes_the_next_leaf_or_parenthesis() {
    let a = attribute(
        "a",
        Condition::Compare(Operator::Equal, Literal::Number(1_000_000)),
    );
    let b = attribute("b", Condition::NotIn(vec![Literal::Bool(true)]));

    let expected = Boolean::And(vec![Boolean::Not(Box::new(a)), b]);

    assert_eq!(expected, tree("not a = 1 and b not in {true}"));
}

#[test]
fn an_aggregate_has_selection_field_and_window() {
    let field = Field::ItemAttribute(name("category"));
    let condition = Condition::Compare(Operator::NotEqual, Literal::Text("w".to_owned()));
    let span = Span::default();
    let filter = Some(Boolean::Leaf(FieldTest {
        field,
        condition,
        span,
    }));
    let expected = leaf(LeafKind::Aggregate(Aggregate {
        function: Function::Sum,
        selection: Selection {
            event: name("purchase"),
            filter,
        },
        field: Some(Field::Property(name("value"))),
        window: Window::Between(Instant(0), Instant(86_400_000)),
        operator: Operator::Greater,
        operand: Literal::Number(250_500_000),
    }));

    let text = "sum(purchase.value where item.category != \"w\" between 1970-01-01 and 1970-01-02) > 250.50";
    assert_eq!(expected, tree(text));
}

#[test]
fn within_belongs_to_the_sequence_before_a_final_not_and_to_that_after_it() {
    let expected = leaf(LeafKind::Sequence(Sequence {
        steps: vec![bare("a"), bare("b")],
        within: Some(Duration::HOUR),
        absent: Some((bare("c"), Absence::Within(Duration(2 * Duration::HOUR.0)))),
        key: Some(Field::Property(name("item"))),
        last: Some(days(7)),
    }));

    assert_eq!(
        expected,
        tree("sequence(a, b within 1h, not c within 2h on item last 7d)")
    );
}

#[test]
fn a_segment_may_have_an_age() {
    let age = Age {
        from: Duration(10 * Duration::MINUTE.0),
        to: Some(days(2)),
    };

    let expected = leaf(LeafKind::Segment(name("cart"), Some(age)));

    assert_eq!(expected, tree("segment(\"cart\") for 10m..2d"));
}

#[test]
fn spans_point_to_the_names_and_leaves() {
    let text = "a = 1 and count(purchase where item.brand = \"b\") > 2";
    let rule = tree(text);
    let leaves = rule.leaves();
    let LeafKind::Aggregate(aggregate) = &leaves[1].kind else {
        panic!("{rule}");
    };
    let cut = |span: Span| &text[span.start as usize..span.end as usize];

    assert_eq!("a = 1", cut(leaves[0].span));
    assert_eq!(
        "count(purchase where item.brand = \"b\") > 2",
        cut(leaves[1].span)
    );
    assert_eq!("purchase", cut(aggregate.selection.event.span));
    let filter = aggregate.selection.filter.as_ref().unwrap();
    assert_eq!("item.brand = \"b\"", cut(filter.leaves()[0].span));
}

#[test]
fn faults_of_the_text_are_found_at_their_place() {
    assert_faults(FAULTS, |text| parse(text, &Limits::default()).map(|_| ()));
}

const FAULTS: &[(&str, &str, &str)] = &[
    ("", "", "expected a condition, found the end of the rule"),
    ("a", "", "expected a condition on a (=, !=, <"),
    ("a = ", "", "expected a value, found the end of the rule"),
    ("a = wine", "wine", "texts are written in quotes: \"wine\""),
    ("a = True", "True", "did you mean true?"),
    ("a == 1", "==", "equality is written \"=\""),
    ("a <> 1", "<>", "inequality is written \"!=\""),
    (
        "a = 1 AND b = 2",
        "AND",
        "expected \"and\", \"or\" or the end of the rule, found \"AND\"; did you mean \"and\"?",
    ),
    (
        "a = 1 b = 2",
        "b",
        "expected \"and\", \"or\" or the end of the rule",
    ),
    ("a = 1)", ")", "the end of the rule, found \")\""),
    (
        "(a = 1",
        "",
        "expected \"and\", \"or\" or \")\", found the end of the rule",
    ),
    ("a = 1 and", "", "expected a condition"),
    ("where = 1", "where", "a word of the rule language"),
    ("a is 1", "is", "equality is written \"=\""),
    (
        "a startswith \"x\"",
        "startswith",
        "did you mean \"starts_with\"?",
    ),
    ("a not has \"x\"", "has", "expected \"in\""),
    ("a in \"x\"", "\"x\"", "expected a set such as"),
    ("a in list(\"x\")", "list", "lists are asked of the context"),
    ("a in {1", "", "expected \",\" or \"}\""),
    ("a in {1,}", "}", "expected a value"),
    ("a has x", "x", "expected a text, \"any\" or \"all\""),
    ("a has {\"x\"}", "{", "has any {...}"),
    ("a has any {1}", "1", "expected a text"),
    ("a starts_with x", "x", "write \"x\" with quotes"),
    ("a && b", "&&", "write \"and\""),
    ("a || b", "||", "write \"or\""),
    ("!a", "!", "write \"not\""),
    ("a = 'x'", "'", "double quotes"),
    ("a = [1]", "[", "braces"),
    ("a = 1 # why", "#", "no comments"),
    ("größe = 1", "ö", "cannot stand in a name"),
    ("a = 1;", ";", "has no meaning"),
    ("a = \"x", "\"x", "no closing quote"),
    ("a = \"x\\q\"", "\\q", "unknown escape"),
    ("a = \"\\u{110000}\"", "\\u", "unknown escape"),
    ("a = \"\\u{}\"", "\\u", "unknown escape"),
    ("a = \"\\", "\\", "unknown escape"),
    ("a = 1.0000001", "1.0000001", "more than six decimals"),
    (
        "a = 9223372036854775808",
        "9223372036854775808",
        "integers have 64 bits",
    ),
    (
        "a = 9223372036854.775808",
        "9223372036854.775808",
        "decimals lie within",
    ),
    ("a = 1e6", "1e6", "neither a number nor a duration"),
    ("a = 1_000", "1_000", "neither a number nor a duration"),
    ("a = - 1", "-", "is not a number"),
    ("a = --1", "--1", "is not a number"),
    (
        "a = 1.",
        ".",
        "expected \"and\", \"or\" or the end of the rule",
    ),
    ("a = .5", ".", "expected a value"),
    (
        "count(p last 1y) > 1",
        "1y",
        "not one of the units s, m, h, d, w",
    ),
    (
        "count(p last 1.5h) > 1",
        "1.5h",
        "durations are whole numbers",
    ),
    ("count(p last -1h) > 1", "-1h", "durations have no sign"),
    ("count(p last 0d) > 1", "0d", "at least 1s"),
    (
        "count(p last 109574d) > 1",
        "109574d",
        "longer than 109573d",
    ),
    (
        "count(p last 99999999999999999999d) > 1",
        "99999999999999999999d",
        "longer than",
    ),
    (
        "count(p last 30) > 1",
        "30",
        "expected a duration such as 30d",
    ),
    ("count(p since 30d) > 1", "30d", "expected a date"),
    (
        "count(p between 2017-03-01, 2018-03-01) > 1",
        ",",
        "expected \"and\"",
    ),
    ("t > 2017-3-1", "2017-3-1", "is not an instant"),
    ("t > 2017-02-29", "2017-02-29", "no day of the calendar"),
    (
        "t > 2017-02-28T24:00",
        "2017-02-28T24:00",
        "is not an instant",
    ),
    ("t > 1899-12-31", "1899-12-31", "within 1900 and 2200"),
    (
        "t > 2200-01-01T00:00:00+00:00",
        "2200-01-01T00:00:00+00:00",
        "within 1900 and 2200",
    ),
    (
        "cuont(p) > 1",
        "cuont",
        "there is no function \"cuont\"; did you mean \"count\"?",
    ),
    (
        "frobnicate(p) > 1",
        "frobnicate",
        "there is no function \"frobnicate\"",
    ),
    ("score(\"buy\") >= 0.6", "score", "not available yet"),
    ("moment(\"x\")", "moment", "not available yet"),
    ("consent(\"ads\")", "consent", "not available yet"),
    ("reachable(\"email\")", "reachable", "not available yet"),
    (
        "ctx.country = \"DE\"",
        "ctx",
        "only line items have a context",
    ),
    (
        "item.brand = \"b\"",
        "item",
        "item attributes are asked of events",
    ),
    (
        "purchase.value > 2",
        "purchase",
        "fields of events are asked inside",
    ),
    ("count(p)", "", "expected a comparison of count(...)"),
    (
        "count(p) in {1}",
        "in",
        "expected a comparison of count(...)",
    ),
    ("count(p.value) > 1", ".", "count is taken of events"),
    (
        "sum(p) > 1",
        "p",
        "sum is taken of a field: sum(p.value ...)",
    ),
    ("sum(p.value.x) > 1", ".", "only items have attributes"),
    ("count(where a = 1) > 1", "where", "expected an event type"),
    ("count(*) > 1", "*", "name one event type"),
    ("count(p lst 3d) > 1", "lst", "did you mean \"last\"?"),
    (
        "count(p where) > 1",
        ")",
        "expected a condition on the event",
    ),
    (
        "count(p where a = 1, b = 2) > 1",
        ",",
        "expected \"and\", \"or\", \"last\", \"since\", \"between\" or \")\"",
    ),
    (
        "count(p where count(q) > 1) > 1",
        "count",
        "an event has fields only",
    ),
    ("count(p last 3d last 4d) > 1", "last", "expected \")\""),
    (
        "count(p where x.y = 1) > 1",
        ".",
        "only items have attributes",
    ),
    ("since(x)", "", "expected a comparison of since(...)"),
    ("since(x) < 5", "5", "expected a duration"),
    ("has(x", "", "expected \")\""),
    ("segment(wine)", "wine", "write \"wine\" with quotes"),
    ("segment(\"x\") for", "", "expected an age"),
    ("segment(\"x\") for ..", "", "expected a duration"),
    ("segment(\"x\") for 10m", "", "expected \"..\""),
    ("sequence(a)", "sequence", "needs two steps"),
    ("sequence(not a for 1h)", "not", "cannot begin with"),
    ("sequence(a, not b for 1h, c)", "not", "only the last step"),
    (
        "sequence(a, not b)",
        ")",
        "expected \"within\", \"for\" or \"where\"",
    ),
    ("sequence(a for 1h, b)", "for", "belongs to a final"),
    (
        "sequence(a within 1h, b)",
        "within",
        "follows its last positive step",
    ),
    ("sequence(a, b last 7d on item)", "on", "expected \")\""),
    ("sequence(a.x, b)", ".", "a step names an event type alone"),
];

#[test]
fn mixed_and_or_shows_both_readings() {
    let text = "not (a = 1 or b = 2 and c = 3 or d = 4) and e = 5";

    let (place, message) = fault(text, parse(text, &Limits::default()).unwrap_err());

    assert_eq!("a = 1 or b = 2 and c = 3 or d = 4", place);
    assert!(
        message.contains("may not be mixed without parentheses"),
        "{message}"
    );
    let first = "not (a = 1 or (b = 2 and c = 3) or d = 4) and e = 5";
    let second = "not ((a = 1 or b = 2) and (c = 3 or d = 4)) and e = 5";
    assert!(
        message.contains(first) && message.contains(second),
        "{message}"
    );
    assert_ne!(tree(first), tree(second));
}

#[test]
fn a_long_mixed_rule_shows_only_the_first_change() {
    let text = format!("{} and b = 2 or c = 3", vec!["a = 1"; 500].join(" and "));

    let (_, message) = fault(&text, parse(&text, &Limits::default()).unwrap_err());

    assert!(message.contains("(a = 1 and b = 2) or c = 3"), "{message}");
    assert!(message.contains("a = 1 and (b = 2 or c = 3)"), "{message}");
    assert!(message.len() < 500, "{message}");
}

#[test]
fn limits_are_errors_that_name_the_number() {
    let limits = Limits::default();
    let long = "x".repeat(16 * 1024 + 1);
    let wide = vec!["a=1"; 1_025].join(" or ");
    let deep = |levels: usize| format!("{}a = 1", "not ".repeat(levels));

    let message = |text: &str| parse(text, &limits).unwrap_err().to_string();
    assert!(
        message(&long).contains("16385 bytes long; the limit is 16384"),
        "{}",
        message(&long)
    );
    assert!(
        message(&wide).contains("limit of 1024"),
        "{}",
        message(&wide)
    );
    assert!(
        message(&deep(32)).contains("limit of 32"),
        "{}",
        message(&deep(32))
    );
    assert!(parse(&deep(31), &limits).is_ok());
    assert!(parse(&vec!["a=1"; 1_024].join(" or "), &limits).is_ok());
}

#[test]
fn ten_megabytes_of_nesting_are_refused_at_once() {
    let limits = Limits {
        text: u32::MAX,
        depth: u32::MAX,
        leaves: u32::MAX,
        ..Limits::default()
    };
    for part in ["(", "not ", "count(p where (", "not(", "a in {"] {
        let text = part.repeat(10_000_000 / part.len());
        assert!(parse(&text, &Limits::default()).is_err());
        assert!(parse(&text, &limits).is_err());
    }
}
