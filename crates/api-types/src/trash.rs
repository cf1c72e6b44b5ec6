//! What was deleted and can be restored.

use crate::{ActorSummary, Problem};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Entries of a page of a list. A page with as many may have another one behind it.
pub const TRASH_PAGE: u32 = 200;

/// Tags that an entry names at most.
pub const TRASH_TAGS: u32 = 5;

/// What kind of thing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrashKind {
    /// Tags; what they pointed at stayed.
    Tags,
    /// Artifacts, with their tags.
    Artifacts,
    /// A repository with all that it holds.
    Repository,
    /// A project with all that it holds.
    Project,
}

/// Something in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashEntry {
    /// The immutable id.
    pub id: i64,
    /// What it is.
    pub kind: TrashKind,
    /// The repository's full name; of a project its own.
    pub repository: String,
    /// Which tags, or which digest; of a repository or project nothing.
    pub name: String,
    /// How many repositories come back; none but with a project.
    pub repositories: u64,
    /// How many tags come back.
    pub tags: u64,
    /// The first of these tags by name, up to [`TRASH_TAGS`]; of a repository or project none.
    pub tag_names: Vec<String>,
    /// How many artifacts come back.
    pub artifacts: u64,
    /// Who deleted it.
    pub deleted_by: ActorSummary,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub deleted_at: OffsetDateTime,
    /// When it goes for good.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The repository's full name; of a project its own.
    pub repository: String,
    /// Tags that point again where they did.
    pub tags: Vec<String>,
    /// Tags that point at something newer by now, and stayed.
    pub kept: Vec<String>,
    /// How many artifacts came back.
    pub artifacts: u64,
}

/// What became of entries of the trash that were restored, or deleted for good, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashOutcome {
    /// What came back, or is gone for good.
    pub done: Vec<TrashDone>,
    /// With what it did not work.
    pub failed: Vec<TrashFailure>,
}

/// An entry of the trash that came back, or is gone for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashDone {
    /// What it is called.
    pub name: String,
    /// Tags of it that point at something newer by now, and stayed.
    pub kept: Vec<String>,
}

/// An entry of the trash with which it did not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashFailure {
    /// What it is called; its number where it is not there.
    pub name: String,
    /// Why.
    pub problem: Problem,
}
