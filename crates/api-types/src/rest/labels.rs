//! Labels.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Label {
    /// The immutable id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// A sentence about it; may be empty.
    pub description: String,
    /// `#rrggbb`; may be empty.
    pub color: String,
    /// `g` for one of the system, `p` for one of a project.
    pub scope: String,
    /// The project; 0 for one of the system.
    pub project_id: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
}

/// A label that is created or changed; what is left out of a change stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct LabelReq {
    /// The name: one line of at most 128 characters.
    pub name: Option<String>,
    /// A sentence about it, of at most 500 characters.
    pub description: Option<String>,
    /// `#rrggbb`, or empty.
    pub color: Option<String>,
    /// `g` for one of the system, `p` for one of a project. Labels keep it.
    pub scope: Option<String>,
    /// The project, where the scope is `p`. Labels keep it.
    pub project_id: Option<i64>,
}

/// The label that an artifact is marked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct LabelRef {
    /// Its id; nothing else of it is looked at.
    pub id: i64,
}
