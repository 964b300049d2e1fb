//! The rule language: text, tree, checked plan. Text and tree convert to each other without loss.

pub mod ast;
pub mod plan;

/// `text` as a string literal of the rule language.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                out.extend(control.escape_unicode());
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}
