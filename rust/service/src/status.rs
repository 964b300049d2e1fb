//! How a call ended when it did not end well: the one place that turns an error of the core into a canonical code.

use std::collections::BTreeMap;

use prost::Message;
use treffer_core::error::Error;
use treffer_core::segment::feed::BadCursor;

use crate::google::{BadRequest, ErrorInfo, FieldViolation, Status as Rpc, packed};
use crate::proto::{self, ErrorReason};

/// The canonical codes that are used, with their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request is wrong, whatever the state.
    InvalidArgument = 3,
    /// Something named does not exist.
    NotFound = 5,
    /// A limit is exceeded.
    ResourceExhausted = 8,
    /// The state forbids it now.
    FailedPrecondition = 9,
    /// A cursor lies outside of what is kept.
    OutOfRange = 11,
    /// No such method.
    Unimplemented = 12,
    /// A fault of the engine.
    Internal = 13,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The canonical code.
    pub code: Code,
    /// For people.
    pub message: String,
    reason: ErrorReason,
    violation: Option<FieldViolation>,
    metadata: BTreeMap<String, String>,
}

impl Status {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            reason,
            violation: None,
            metadata: BTreeMap::new(),
        }
    }

    /// The bytes are not the message of the method.
    pub fn invalid_message(error: &prost::DecodeError) -> Self {
        let message = format!("the request cannot be decoded: {error}");
        Self::new(Code::InvalidArgument, ErrorReason::InvalidMessage, message)
    }

    /// There is no such method.
    pub fn unknown_method(method: &str) -> Self {
        let message = format!("there is no method {method:?}");
        Self::new(Code::Unimplemented, ErrorReason::UnknownMethod, message)
    }

    /// A fault of the engine.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, ErrorReason::Internal, message)
    }

    /// A cursor of a feed that keeps the changes from `first` to before `next` cannot be read from.
    pub fn bad_cursor(bad: BadCursor, cursor: u64, first: u64, next: u64) -> Self {
        let (reason, message) = match bad {
            BadCursor::Gone(_) => (
                ErrorReason::CursorGone,
                format!(
                    "changes {cursor} to {} are no longer kept: take a snapshot and go on from its cursor, or go on from {first} without them",
                    first.saturating_sub(1)
                ),
            ),
            BadCursor::Future(_) => (
                ErrorReason::CursorFuture,
                format!(
                    "no change has reached the cursor {cursor}: the next one will be {next}; it is of another engine, or of none"
                ),
            ),
        };
        Self::new(Code::OutOfRange, reason, &message)
            .about("cursor", &message)
            .with("cursor", cursor.to_string())
            .with("first", first.to_string())
            .with("next", next.to_string())
    }

    /// What the status says beside code and message: an encoded `google.rpc.Status` with `ErrorInfo` and, where a field is at
    /// fault, `BadRequest`.
    pub fn details(&self) -> Vec<u8> {
        self.rpc().encode_to_vec()
    }

    /// The same as a message within an answer.
    pub(crate) fn into_message(self) -> proto::Status {
        let Rpc {
            code,
            message,
            details,
        } = self.rpc();
        proto::Status {
            code,
            message,
            details,
        }
    }

    fn rpc(&self) -> Rpc {
        let name = self.reason.as_str_name();
        let info = ErrorInfo {
            reason: name
                .strip_prefix("ERROR_REASON_")
                .unwrap_or(name)
                .to_owned(),
            domain: "treffer".to_owned(),
            metadata: self.metadata.clone(),
        };
        let mut details = vec![packed("ErrorInfo", &info)];
        if let Some(violation) = &self.violation {
            let field_violations = vec![violation.clone()];
            details.push(packed("BadRequest", &BadRequest { field_violations }));
        }
        Rpc {
            code: self.code as i32,
            message: self.message.clone(),
            details,
        }
    }

    fn about(mut self, field: &str, description: &str) -> Self {
        if field.is_empty() {
            return self;
        }
        self.violation = Some(FieldViolation {
            field: field.to_owned(),
            description: description.to_owned(),
        });
        self.with("field", field)
    }

    fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Invalid { field, message } => {
                Self::new(Code::InvalidArgument, ErrorReason::InvalidField, text)
                    .about(&field, &message)
            }
            Error::Rule {
                field,
                start,
                end,
                message,
            } => Self::new(Code::InvalidArgument, ErrorReason::InvalidRule, text)
                .about(&field, &message)
                .with("start", start.to_string())
                .with("end", end.to_string()),
            Error::NotFound {
                noun,
                name,
                hint: _,
            } => Self::new(Code::NotFound, ErrorReason::NotFound, text)
                .with("noun", noun)
                .with("name", name),
            Error::State { field, message } => {
                Self::new(Code::FailedPrecondition, ErrorReason::State, text)
                    .about(&field, &message)
            }
            Error::Limit {
                field,
                limit,
                actual,
            } => Self::new(Code::ResourceExhausted, ErrorReason::Limit, &text)
                .about(&field, &text)
                .with("limit", limit.to_string())
                .with("actual", actual.to_string()),
            Error::Internal(message) => Self::internal(message),
            // The core's enum may grow; an error without a row here is ours to mend.
            _ => Self::internal(text),
        }
    }
}
