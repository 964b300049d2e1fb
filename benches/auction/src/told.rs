//! Line items and requests as lines of JSON, for others to find the same.

use crate::mix::{Asked, Clause, Event};

/// A line item: its clauses as what is asked by number, whether none may be, and the values.
pub(crate) fn item(clauses: &[Clause]) -> String {
    let clause = |own: &Clause| {
        let values: Vec<usize> = own.values.iter().copied().collect();
        format!("[{}, {}, {values:?}]", own.asked as usize, own.is_none)
    };
    let clauses: Vec<_> = clauses.iter().map(clause).collect();
    format!("{{\"item\": [{}]}}", clauses.join(", "))
}

/// A request: what it says by what is asked, and the line items that were found.
pub(crate) fn request(event: &Event, found: &[u32]) -> String {
    let said = Asked::ALL.map(|asked| format!("{:?}", event.of(asked)));
    format!(
        "{{\"request\": [{}], \"found\": {found:?}}}",
        said.join(", ")
    )
}
