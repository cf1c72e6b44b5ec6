//! Projects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Settings of a project; Harbor's values are strings. In an answer there is `public` alone.
pub type Metadata = BTreeMap<String, String>;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Project {
    /// The immutable id.
    pub project_id: i64,
    /// The name.
    pub name: String,
    /// Who created it; 0 where the operator did.
    pub owner_id: i64,
    /// The name they had then, also when they are gone; empty where the operator did.
    pub owner_name: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When its settings were last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
    /// Never: a deleted project is not found.
    pub deleted: bool,
    /// The caller's role as a number: 1 project admin, 2 developer, 3 guest, 4 maintainer, 5 limited guest, 0 none.
    pub current_user_role_id: i16,
    /// The same in a list; empty without a role.
    pub current_user_role_ids: Vec<i16>,
    /// How many repositories.
    pub repo_count: u64,
    /// `public`: `"true"` or `"false"`.
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Metadata,
}

/// A project that is created, or what is changed of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ProjectReq {
    /// The name; needed to create. A project that exists keeps its name here.
    #[schema(max_length = 255)]
    pub project_name: Option<String>,
    /// Whether everybody may pull; `metadata.public` counts for more.
    pub public: Option<bool>,
    /// Settings; Slipway has `public`.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<BTreeMap<String, Option<String>>>,
    /// Bytes allowed, for administrators to set; -1 is no limit. When a project is created, 0 is the default of the server.
    pub storage_limit: Option<i64>,
    /// Vulnerabilities that are let through; nothing is scanned, so that there can be none.
    pub cve_allowlist: Option<CveAllowlist>,
    /// Of a proxy cache; not served yet.
    pub registry_id: Option<i64>,
}

/// Vulnerabilities that are let through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CveAllowlist {
    /// Which; only none are taken.
    pub items: Option<Vec<CveAllowlistItem>>,
}

/// A vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CveAllowlistItem {
    /// Its name in the list of all.
    pub cve_id: Option<String>,
}

/// Whether a project can be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectDeletable {
    /// Whether it can.
    pub deletable: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A project in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectSummary {
    /// How many repositories.
    pub repo_count: u64,
    /// Members by role; for those who may see members.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub members: Option<MemberCounts>,
    /// Bytes; for those who may read the quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<ProjectSummaryQuota>,
}

/// Members by role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberCounts {
    /// Project admins.
    pub project_admin_count: u64,
    /// Maintainers.
    pub maintainer_count: u64,
    /// Developers.
    pub developer_count: u64,
    /// Guests.
    pub guest_count: u64,
    /// Limited guests.
    pub limited_guest_count: u64,
}

/// Bytes allowed and used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectSummaryQuota {
    /// Allowed; -1 without a limit.
    pub hard: Storage,
    /// Used.
    pub used: Storage,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// Bytes; -1 is no limit.
    pub storage: i64,
}
