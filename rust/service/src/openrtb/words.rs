//! Texts as they are compared: trimmed, empty ones absent; words in lower case, codes as they came.

use treffer_core::auction::{Context, ContextValue};

/// A text without the blanks around it; `None` when nothing is left.
pub(super) fn text(own: Option<String>) -> Option<String> {
    let own = own?;
    match own.trim() {
        "" => None,
        trimmed if trimmed.len() == own.len() => Some(own),
        trimmed => Some(trimmed.to_owned()),
    }
}

/// An id that is given back as it came; `None` when nothing but blanks is in it.
pub(super) fn id(own: Option<String>) -> Option<String> {
    own.filter(|own| !own.trim().is_empty())
}

/// A text in lower case.
pub(super) fn word(own: Option<String>) -> Option<String> {
    text(own).map(lower)
}

/// All texts that say something.
pub(super) fn texts(all: Vec<String>) -> Vec<String> {
    all.into_iter().filter_map(|own| text(Some(own))).collect()
}

/// All of them in lower case.
pub(super) fn words(all: Vec<String>) -> Vec<String> {
    all.into_iter().filter_map(|own| word(Some(own))).collect()
}

/// One list after the other.
pub(super) fn joined<const N: usize>(lists: [Vec<String>; N]) -> Vec<String> {
    let mut lists = lists.into_iter();
    let mut all = lists.next().unwrap_or_default();
    lists.for_each(|list| all.extend(list));
    all
}

/// Two letters of a language from either of two fields: `en` of `en-US`.
pub(super) fn language(two: Option<String>, tag: Option<String>) -> Option<String> {
    let mut language = word(two).or_else(|| word(tag))?;
    let end = language.find(['-', '_']).unwrap_or(language.len());
    language.truncate(end);
    Some(language)
}

/// A text in lower case, as domains and languages are compared.
pub(crate) fn lower(mut own: String) -> String {
    if own.is_ascii() {
        own.make_ascii_lowercase();
        return own;
    }
    own.to_lowercase()
}

/// All of them in lower case, where they stand.
pub(crate) fn lower_all(all: &mut [String]) {
    for own in all {
        *own = lower(std::mem::take(own));
    }
}

/// Says a text, if there is one.
pub(super) fn say(context: &mut Context, name: &str, own: Option<String>) {
    if let Some(own) = own {
        context.set(name, ContextValue::Text(own));
    }
}

/// Says a word of ours, if there is one.
pub(super) fn say_word(context: &mut Context, name: &str, own: Option<&str>) {
    if let Some(own) = own {
        context.text(name, own);
    }
}

/// Says a whole number, if there is one.
pub(super) fn say_number(context: &mut Context, name: &str, own: Option<u32>) {
    if let Some(own) = own {
        context.number(name, own);
    }
}

/// Says one of the names that the numbers of a list in the standard stand for; a number that is not in it says nothing.
pub(super) fn say_name(context: &mut Context, name: &str, names: &[&str], number: Option<i32>) {
    let place = number.and_then(|own| usize::try_from(own).ok()?.checked_sub(1));
    say_word(
        context,
        name,
        place.and_then(|place| names.get(place).copied()),
    );
}

/// Says `yes` or `no`.
pub(super) fn say_flag(context: &mut Context, name: &str, flag: Option<bool>) {
    say_word(
        context,
        name,
        flag.map(|own| if own { "yes" } else { "no" }),
    );
}

/// Says several texts, if there are any.
pub(super) fn say_all(context: &mut Context, name: &str, all: Vec<String>) {
    if !all.is_empty() {
        context.set(name, ContextValue::Texts(all));
    }
}

/// A count; what is negative counts nothing.
pub(super) fn count(own: Option<i32>) -> Option<u32> {
    own.and_then(|own| u32::try_from(own).ok())
}

/// Numbers of a list in the standard; what is negative is none.
pub(super) fn numbers(all: &[i32]) -> Vec<u32> {
    all.iter()
        .filter_map(|own| u32::try_from(*own).ok())
        .collect()
}
