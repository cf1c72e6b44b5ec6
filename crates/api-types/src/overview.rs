//! The first page after signing in.

use crate::{ActorSummary, ExpiringCredential, ProjectSummary};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// What is going on, as far as the viewer may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The first-day checklist; absent once it was put away.
    pub checklist: Option<Checklist>,
    /// Bytes in the store, each blob once; for those who do not see everything, what counts of each project that they see.
    pub stored: u64,
    /// Bytes that all tags add up to, shared layers counted each time.
    pub referenced: u64,
    /// How many tags that is.
    pub tags: u64,
    /// Pushes and pulls of the last 14 days, oldest first, a row for every day.
    pub traffic: Vec<TrafficDay>,
    /// The last pushes, newest first.
    pub recent_pushes: Vec<RecentPush>,
    /// The viewer's projects by last push, at most six.
    pub projects: Vec<ProjectSummary>,
    /// How many projects the viewer sees.
    pub projects_total: u64,
    /// What ends soon, or has just ended: robots that the viewer administers and their own access tokens; the first few.
    pub expiring: Vec<ExpiringCredential>,
}

/// The steps of the first day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent step")]
pub struct Checklist {
    /// The default password was replaced.
    pub password: bool,
    /// A project was created.
    pub project: bool,
    /// Somebody signed in from a terminal.
    pub login: bool,
    /// Something was pushed.
    pub push: bool,
    /// A robot was created for CI.
    pub robot: bool,
}

/// Pushes and pulls of one day (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficDay {
    /// The day.
    pub day: Date,
    /// Manifests pushed.
    pub pushes: u64,
    /// Manifests pulled.
    pub pulls: u64,
}

/// One push of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentPush {
    /// The repository's full name.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The digest it was moved to.
    pub digest: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// Who.
    pub pushed_by: ActorSummary,
}
