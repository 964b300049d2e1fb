//! What things may be called.

use crate::error::{Error, Result};
use crate::rule::{is_reserved, shown};

/// Longest name in bytes.
pub const LONGEST_NAME: usize = 64;

/// Columns of event rows: no namespace and no property may be called so.
pub const EVENT_COLUMNS: [&str; 7] = [
    "event_id", "type", "time", "item", "value", "quantity", "channel",
];

/// The column of members beside their ids: no namespace may be called so.
const NUMBER: &str = "profile";

/// Columns of profile and item rows: no attribute may be called so.
const ROW_COLUMNS: [&str; 2] = ["item", "time"];

/// Letters a to z, digits and `_`, a letter first, at most 64 bytes.
pub(super) fn check_name(field: &str, name: &str) -> Result<()> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_formed {
        let message = format!(
            "{} is not a name: names are letters a to z, digits and \"_\", with a letter first",
            shown(name)
        );
        return Err(Error::invalid(field, message));
    }
    if name.len() > LONGEST_NAME {
        let message = format!("{} is longer than {LONGEST_NAME} bytes", shown(name));
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// A name that can stand in rules.
pub(super) fn check_word(field: &str, name: &str) -> Result<()> {
    check_name(field, name)?;
    if is_reserved(name) {
        return Err(Error::invalid(
            field,
            format!("{name:?} is a word of the rule language"),
        ));
    }
    Ok(())
}

/// A name that can stand in rules and as a column of event rows.
pub(super) fn check_event_column(field: &str, name: &str) -> Result<()> {
    check_column(field, name, &EVENT_COLUMNS, "event")
}

/// A name of ids, as a column of event rows and of tables of members.
pub(super) fn check_id_column(field: &str, name: &str) -> Result<()> {
    check_column(field, name, &[NUMBER], "table of members")?;
    check_event_column(field, name)
}

/// A name that can stand in rules and as a column of profile or item rows.
pub(super) fn check_row_column(field: &str, name: &str) -> Result<()> {
    check_column(field, name, &ROW_COLUMNS, "row")
}

fn check_column(field: &str, name: &str, taken: &[&str], noun: &str) -> Result<()> {
    if taken.contains(&name) {
        let message = format!("{name:?} is taken: every {noun} has a column of that name");
        return Err(Error::invalid(field, message));
    }
    check_word(field, name)
}
