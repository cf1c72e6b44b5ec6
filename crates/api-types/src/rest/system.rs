//! The server as a whole.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Project, SearchRepository};

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverallHealthStatus {
    /// `healthy` or `unhealthy`.
    pub status: String,
    /// Its parts. A part that answers says nothing of why another does not.
    pub components: Vec<ComponentHealthStatus>,
}

/// How a part of the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentHealthStatus {
    /// `core`, or `database and store`.
    pub name: String,
    /// `healthy` or `unhealthy`.
    pub status: String,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What clients may know before they sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact")]
pub struct GeneralInfo {
    /// The server's time.
    #[serde(with = "time::serde::rfc3339")]
    pub current_time: OffsetDateTime,
    /// Host and port of image names.
    pub registry_url: String,
    /// The address of the console.
    pub external_url: String,
    /// `db_auth`: accounts are Slipway's own.
    pub auth_mode: String,
    /// Always true: there is one way to sign in.
    pub primary_auth_mode: bool,
    /// `everyone` or `adminonly`.
    pub project_creation_restriction: String,
    /// Whether people may register themselves.
    pub self_registration: bool,
    /// Whether a certificate of an authority can be downloaded here. Never.
    pub has_ca_root: bool,
    /// Slipway's version; absent for those who are not signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harbor_version: Option<String>,
    /// Whether nothing can be pushed. Never.
    pub read_only: bool,
    /// Whether there are webhooks. Not yet.
    pub notification_enable: bool,
}

/// How much there is, as far as the caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistic {
    /// Projects that are not public.
    pub private_project_count: u64,
    /// Repositories in them.
    pub private_repo_count: u64,
    /// Public projects.
    pub public_project_count: u64,
    /// Repositories in them.
    pub public_repo_count: u64,
    /// All projects.
    pub total_project_count: u64,
    /// All repositories.
    pub total_repo_count: u64,
    /// Bytes in the store; for system administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_storage_consumption: Option<u64>,
}

/// What was found by name: the first hundred of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Search {
    /// Projects.
    pub project: Vec<Project>,
    /// Repositories.
    pub repository: Vec<SearchRepository>,
}
