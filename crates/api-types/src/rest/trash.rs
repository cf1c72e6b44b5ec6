//! The trash; Slipway's own.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Something that was deleted and can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrashItem {
    /// The immutable id.
    pub id: i64,
    /// `tags`, `artifacts`, `repository` or `project`.
    pub kind: String,
    /// The repository's full name; of a project its own.
    pub place: String,
    /// Which tags, or which digest; of a repository or project nothing.
    pub name: String,
    /// How many repositories come back; none but with a project.
    pub repositories: u64,
    /// How many tags come back.
    pub tags: u64,
    /// The first of these tags by name, five at most; of a repository or project none.
    pub tag_names: Vec<String>,
    /// How many artifacts come back.
    pub artifacts: u64,
    /// The name of who deleted it.
    pub deleted_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub deletion_time: OffsetDateTime,
    /// When it goes for good.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrashRestored {
    /// The repository's full name; of a project its own.
    pub place: String,
    /// Tags that point again where they did.
    pub tags: Vec<String>,
    /// Tags that point at something newer by now, and stayed.
    pub kept: Vec<String>,
    /// How many artifacts came back.
    pub artifacts: u64,
}
