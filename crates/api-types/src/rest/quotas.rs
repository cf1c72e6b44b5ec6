//! Quotas.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Storage;

/// How much a project may hold, and holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quota {
    /// The project's id.
    pub id: i64,
    /// Whose it is.
    #[serde(rename = "ref")]
    pub reference: QuotaRef,
    /// Allowed; -1 without a limit.
    pub hard: Storage,
    /// Used.
    pub used: Storage,
    /// When the project was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When its settings were last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
}

/// The project of a quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuotaRef {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Who created it.
    pub owner_name: String,
}

/// What a project may hold from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct QuotaUpdateReq {
    /// Allowed; -1 is no limit.
    pub hard: Storage,
}
