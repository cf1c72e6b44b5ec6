//! What went wrong, in a form that a page can show in any language.

use serde::{Deserialize, Serialize};

/// The outcome that a caller can act on. The console has words for each in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Nobody is signed in, or the session has expired.
    Unauthenticated,
    /// The default password must be replaced first.
    PasswordChangeRequired,
    /// Signed in, sees the thing, may not do this.
    Forbidden,
    /// It does not exist, or the caller may not know that it does.
    NotFound,
    /// A field is wrong; see [`Problem::field`].
    Invalid,
    /// The name is taken, or something still depends on the thing.
    Conflict,
    /// Too many tries; see [`Problem::retry_after_seconds`].
    TooManyRequests,
    /// The server cannot do this now (disk full, database away).
    Unavailable,
    /// A defect or an inconsistency; the log has the cause under the request id.
    Internal,
    /// The request did not reach the server.
    Offline,
}

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The outcome.
    pub kind: ProblemKind,
    /// A stable word for the exact reason, such as `project_name_taken`; the key of a translation.
    pub code: String,
    /// The reason in English, complete: what happened, why, what to do.
    pub message: String,
    /// The form field that is wrong.
    pub field: Option<String>,
    /// How long to wait before the next try.
    pub retry_after_seconds: Option<u64>,
    /// Under which id the log has more.
    pub request_id: Option<Box<str>>,
    /// What a quota does not allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Box<QuotaFigures>>,
}

/// What does not fit into a quota, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaFigures {
    /// What counts now.
    pub used: u64,
    /// What may.
    pub allowed: u64,
    /// What this needs on top.
    pub needed: u64,
}

impl Problem {
    /// A problem with nothing but its kind, code and message.
    pub fn new(kind: ProblemKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.into(),
            field: None,
            retry_after_seconds: None,
            request_id: None,
            quota: None,
        }
    }

    /// The same problem, pointing at a form field.
    #[must_use]
    pub fn on_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}
