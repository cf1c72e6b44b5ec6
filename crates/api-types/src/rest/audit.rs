//! The audit log.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Something that was done; of many pulls that were gathered, the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditLog {
    /// Its number.
    pub id: i64,
    /// The name of who did it, at that time.
    pub username: String,
    /// On what: `team/app:1.2`, a person's name.
    pub resource: String,
    /// What kind of thing: `artifact`, `tag`, `repository`, `project`, `member`, `robot`, `user`, ….
    pub resource_type: String,
    /// What was done: `create`, `delete`, `pull`, `login`, ….
    pub operation: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub op_time: OffsetDateTime,
}

/// Something that was done or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditLogExt {
    /// What it is.
    #[serde(flatten)]
    pub event: AuditLog,
    /// How often, and from where.
    pub operation_description: String,
    /// Whether it was done.
    pub operation_result: bool,
}
