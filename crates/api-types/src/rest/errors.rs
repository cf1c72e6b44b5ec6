//! Errors.

use serde::Serialize;
use utoipa::ToSchema;

/// What every request is answered with that is not answered as it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Errors {
    /// One error.
    pub errors: Vec<ErrorItem>,
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorItem {
    /// A word for programs: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT`, ….
    pub code: String,
    /// What happened, why, and what to do.
    pub message: String,
}
