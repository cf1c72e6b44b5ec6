//! Repositories.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Repository {
    /// The immutable id.
    pub id: i64,
    /// Its project's id.
    pub project_id: i64,
    /// The full name, with the project's.
    pub name: String,
    /// Plain text; may be empty.
    pub description: String,
    /// How many manifests, tagged or not.
    pub artifact_count: u64,
    /// Pulls since it exists.
    pub pull_count: u64,
    /// When it came to be.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When something was last pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
}

/// What is changed of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RepositoryReq {
    /// Plain text, at most 64 KiB.
    #[serde(default)]
    pub description: String,
}

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchRepository {
    /// Its project's id.
    pub project_id: i64,
    /// Its project's name.
    pub project_name: String,
    /// Whether everybody may pull.
    pub project_public: bool,
    /// The full name, with the project's.
    pub repository_name: String,
    /// Pulls since it exists.
    pub pull_count: u64,
    /// How many manifests, tagged or not.
    pub artifact_count: u64,
}
