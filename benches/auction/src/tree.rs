//! The a-tree crate over the same line items.

use a_tree::{ATree, AttributeDefinition, Event as TreeEvent};

use crate::mix::{Asked, Clause, Event};

/// Name and whether it is a list, in the order of [`Asked`].
const NAMES: [(&str, bool); 11] = [
    ("exchange", false),
    ("country", false),
    ("region", false),
    ("device", false),
    ("os", false),
    ("format", false),
    ("language", false),
    ("hour", false),
    ("domain", false),
    ("deals", true),
    ("segments", true),
];

/// A tree of all line items.
pub(crate) fn tree(items: &[Vec<Clause>]) -> ATree<u32> {
    let definitions = NAMES.map(|(name, is_list)| {
        if is_list {
            AttributeDefinition::integer_list(name)
        } else {
            AttributeDefinition::integer(name)
        }
    });
    let mut tree = ATree::new(&definitions).unwrap();
    for (number, item) in items.iter().enumerate() {
        tree.insert(&(number as u32), &expression(item)).unwrap();
    }
    tree
}

/// An empty `and` is always true; a tree has no word for that.
fn expression(item: &[Clause]) -> String {
    let clause = |clause: &Clause| {
        let (name, is_list) = NAMES[clause.asked as usize];
        let values: Vec<_> = clause.values.iter().map(usize::to_string).collect();
        let operator = match (is_list, clause.is_none) {
            (true, false) => "one of",
            (true, true) => "none of",
            (false, false) => "in",
            (false, true) => "not in",
        };
        format!("({name} {operator} [{}])", values.join(", "))
    };
    let clauses: Vec<_> = item.iter().map(clause).collect();
    if clauses.is_empty() {
        return "exchange >= 0".to_owned();
    }
    clauses.join(" and ")
}

/// A request as the tree reads it.
pub(crate) fn event(tree: &ATree<u32>, event: &Event) -> TreeEvent {
    let mut made = tree.make_event();
    for asked in Asked::ALL {
        let (name, is_list) = NAMES[asked as usize];
        let values: Vec<i64> = event.of(asked).iter().map(|own| *own as i64).collect();
        if is_list {
            made.with_integer_list(name, &values).unwrap();
        } else {
            made.with_integer(name, values[0]).unwrap();
        }
    }
    made.build().unwrap()
}
