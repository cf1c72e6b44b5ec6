//! Settings of the whole system that administrators change while it runs.

use serde::{Deserialize, Serialize};

/// What administrators decide for everybody. A setting that nobody has changed has its default.
///
/// To add one: a field here with its default below, a line in `registry::settings` if not every value is allowed, and its control
/// in the form of `/admin/settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SystemSettings {
    /// Whether people may create their own accounts.
    pub self_registration: bool,
    /// Who may create projects.
    pub project_creation: ProjectCreation,
    /// Bytes that a project may hold which is created without a word about that; absent without a limit.
    pub default_quota: Option<u64>,
    /// After how many days events leave the audit log; 0 keeps them for ever.
    pub audit_retention_days: u32,
}

impl Default for SystemSettings {
    fn default() -> Self {
        Self {
            self_registration: false,
            project_creation: ProjectCreation::Everyone,
            default_quota: None,
            audit_retention_days: 365,
        }
    }
}

/// Who may create projects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectCreation {
    /// Everybody with an account.
    #[default]
    Everyone,
    /// System administrators.
    Administrators,
}
