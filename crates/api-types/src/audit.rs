//! The audit log.

use crate::ActorSummary;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One thing that was done or tried, or many of the same kind that were gathered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Its number. What was gathered and goes on is forwarded again under the same one.
    pub id: i64,
    /// When; of gathered ones the first.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// When the last of the gathered ones happened.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_at: Option<OffsetDateTime>,
    /// How many it stands for.
    pub times: u64,
    /// Who.
    pub actor: ActorSummary,
    /// A noun and a verb: `manifest.push`, `sign_in`.
    pub action: String,
    /// How it ended.
    pub result: AuditResult,
    /// The project, by its present name; absent where it is in none, or the project has gone.
    pub project: Option<String>,
    /// On what, by the name at that time: `payments/api:1.2`, a person's name.
    pub resource: String,
    /// The client's address.
    pub address: Option<String>,
    /// What the server's log has the request under.
    pub request_id: Option<String>,
    /// More about it: an object such as `{"tags": ["1.2"], "digest": "sha256:…"}`.
    pub details: serde_json::Value,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// It was done.
    Success,
    /// It was refused, or failed.
    Failure,
}

impl AuditResult {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// The result of a word.
    pub fn find(word: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|result| result.as_str() == word)
    }
}

/// Which events are wanted; empty parts do not narrow. Every part can stand in a query string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// The name of who acted: a person's or a robot's full name.
    pub person: String,
    /// A project's name.
    pub project: String,
    /// An action: `manifest.push`.
    pub action: String,
    /// `success` or `failure`.
    pub result: String,
    /// What the resource begins with: `payments/api`.
    pub resource: String,
    /// From this day (`2026-11-28`, UTC) or moment (RFC 3339) on.
    pub since: String,
    /// Up to the end of this day, or up to this moment.
    pub until: String,
    /// A cursor from [`AuditPage::next`] or [`AuditPage::previous`]; empty for the newest.
    pub cursor: String,
    /// Rows wanted, 1 to 100; 0 is the default of 50.
    pub limit: u32,
}

/// One page of the audit log, newest first. It is not counted: that would take longer than reading it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The events.
    pub events: Vec<AuditEvent>,
    /// Cursor of the page with older ones.
    pub next: Option<String>,
    /// Cursor of the page with newer ones.
    pub previous: Option<String>,
    /// Whose events the viewer sees under this filter.
    pub scope: AuditScope,
}

/// How much of the log somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditScope {
    /// Everything: an administrator.
    Everything,
    /// All of one project: its admin.
    Project,
    /// What they did themselves.
    Own,
}
