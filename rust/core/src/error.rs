//! The one error type of the core.

use thiserror::Error as ThisError;

/// A result of the core.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, written for the person who sent the request.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The caller is wrong, whatever the state: `field` says where, if not everywhere.
    #[error("{}{message}", before(.field))]
    Invalid {
        /// Path of the field at fault, such as `rule`, `events.time` or `namespace.priority`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// A rule is wrong at bytes `start..end` of its text.
    #[error("{field}, at {start}: {message}")]
    Rule {
        /// The field that carried the rule.
        field: String,
        /// First byte at fault.
        start: u32,
        /// One past the last byte at fault.
        end: u32,
        /// What is wrong, with a suggestion where there is one.
        message: String,
    },
    /// Something named does not exist.
    #[error("{noun} {name:?} is not known{hint}")]
    NotFound {
        /// `profile`, `segment`, `attribute` ...
        noun: String,
        /// The name that was asked for.
        name: String,
        /// Empty, or a suggestion that begins with `; `.
        hint: String,
    },
    /// The state forbids it now: already defined otherwise, in use, read-only.
    #[error("{field}: {message}")]
    State {
        /// Path of the field at fault.
        field: String,
        /// Why the state forbids it.
        message: String,
    },
    /// A configured limit is exceeded.
    #[error("{field}: {actual} exceeds the limit of {limit}")]
    Limit {
        /// Path of the field at fault.
        field: String,
        /// The limit.
        limit: u64,
        /// What was asked for.
        actual: u64,
    },
    /// We are wrong: a bug in the engine.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A field as it stands before a message.
fn before(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!("{field}: ")
    }
}

impl Error {
    /// The same fault inside something that is itself a field: `inside` and a dot go before its field, where it has one.
    #[must_use]
    pub fn within(mut self, inside: &str) -> Self {
        match &mut self {
            Self::Invalid { field, .. }
            | Self::Rule { field, .. }
            | Self::State { field, .. }
            | Self::Limit { field, .. } => {
                let dot = if field.is_empty() { "" } else { "." };
                *field = format!("{inside}{dot}{field}");
            }
            Self::NotFound { .. } | Self::Internal(_) => {}
        }
        self
    }

    /// The same fault, where the caller is wrong, of a field of another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        if let Self::Invalid { field, .. } = &mut self {
            name.clone_into(field);
        }
        self
    }

    /// The same fault where `inside` is not there: it and a dot go away from the beginning of its field.
    #[must_use]
    pub fn outside(mut self, inside: &str) -> Self {
        match &mut self {
            Self::Invalid { field, .. }
            | Self::Rule { field, .. }
            | Self::State { field, .. }
            | Self::Limit { field, .. } => {
                let own = field.strip_prefix(inside);
                if let Some(own) = own.and_then(|own| own.strip_prefix('.')) {
                    *field = own.to_owned();
                }
            }
            Self::NotFound { .. } | Self::Internal(_) => {}
        }
        self
    }

    /// The caller is wrong in `field`.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The state forbids `field`.
    pub fn state(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::State {
            field: field.into(),
            message: message.into(),
        }
    }

    /// There is no `noun` called `name`.
    pub fn not_found(noun: impl Into<String>, name: impl Into<String>) -> Self {
        Self::NotFound {
            noun: noun.into(),
            name: name.into(),
            hint: String::new(),
        }
    }
}
