//! Settings of the system.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A setting, and whether it can be changed here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConfigItem<T> {
    /// What holds.
    pub value: T,
    /// Whether it can be changed here.
    pub editable: bool,
}

/// Settings of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConfigurationsResponse {
    /// `db_auth`: accounts are Slipway's own.
    pub auth_mode: ConfigItem<String>,
    /// Always true: there is one way to sign in.
    pub primary_auth_mode: ConfigItem<bool>,
    /// Who may create projects: `everyone` or `adminonly`.
    pub project_creation_restriction: ConfigItem<String>,
    /// Whether people may register themselves.
    pub self_registration: ConfigItem<bool>,
    /// Days that the audit log keeps; 0 keeps everything. Slipway's own.
    pub audit_retention_days: ConfigItem<i64>,
    /// Bytes that a new project may hold; -1 without a limit.
    pub storage_per_project: ConfigItem<i64>,
    /// What robots' names begin with.
    pub robot_name_prefix: ConfigItem<String>,
    /// Whether nothing can be pushed. Never.
    pub read_only: ConfigItem<bool>,
}

/// Settings that are changed. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
pub struct Configurations {
    /// Who may create projects: `everyone` or `adminonly`.
    pub project_creation_restriction: Option<String>,
    /// Whether people may register themselves.
    pub self_registration: Option<bool>,
    /// Days that the audit log keeps; 0 keeps everything. Slipway's own.
    #[schema(minimum = 0, maximum = 36500)]
    pub audit_retention_days: Option<u32>,
    /// Bytes that a new project may hold; -1 without a limit.
    #[schema(minimum = -1)]
    pub storage_per_project: Option<i64>,
    /// Harbor's others: refused, unless they say what holds anyway.
    #[serde(flatten)]
    #[schema(ignore)]
    pub others: BTreeMap<String, serde_json::Value>,
}
