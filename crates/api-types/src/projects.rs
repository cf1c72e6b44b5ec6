//! Projects.

use crate::ExpiringCredential;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A role in a project, weakest first. Numbers in Harbor's API: 5, 3, 2, 4, 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Pulls and lists.
    LimitedGuest,
    /// Also sees members and robots.
    Guest,
    /// Also pushes.
    Developer,
    /// Also deletes.
    Maintainer,
    /// Everything in the project.
    ProjectAdmin,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 5] = [Self::LimitedGuest, Self::Guest, Self::Developer, Self::Maintainer, Self::ProjectAdmin];
}

/// One row of the list of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectSummary {
    /// The immutable id.
    pub id: i64,
    /// The name, first part of every repository's name.
    pub name: String,
    /// Whether everybody may pull.
    pub public: bool,
    /// The viewer's own role; absent for system administrators and passers-by of a public project.
    pub role: Option<Role>,
    /// How many repositories.
    pub repositories: u64,
    /// Bytes that count towards the quota: of the distinct blobs that the project links, without those that only what was deleted
    /// holds.
    pub storage_used: u64,
    /// Bytes allowed; absent without a quota.
    pub storage_quota: Option<u64>,
    /// When something was last pushed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pushed_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A project as its own page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectDetail {
    /// What the list shows.
    pub summary: ProjectSummary,
    /// A sentence about it; may be empty.
    pub description: String,
    /// How many members.
    pub members: u64,
    /// How many robots.
    pub robots: u64,
    /// Names that it had before and that still serve pulls, newest first; for those who administer it.
    pub former_names: Vec<String>,
    /// What the viewer may do here.
    pub may: ProjectRights,
    /// For those who administer it: robots whose time is nearly, or just, over; the first few by their end.
    pub expiring_robots: Vec<ExpiringCredential>,
}

/// What a viewer may do in a project; pages show only what is allowed, the services decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent permission")]
pub struct ProjectRights {
    /// Push images and create repositories.
    pub push: bool,
    /// Delete tags, artifacts and repositories, and change what protects them.
    pub delete: bool,
    /// See the rules about tags, and change those of retention.
    pub retain: bool,
    /// See members and robots.
    pub see_members: bool,
    /// Change access and description, delete the project.
    pub administer: bool,
}

/// What a new project is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProject {
    /// The wanted name.
    pub name: String,
    /// Whether everybody may pull.
    pub public: bool,
    /// A sentence about it; may be empty.
    pub description: String,
}

/// The largest quota that can be set, in bytes: more than anybody has, and far from where sums end.
pub const LARGEST_QUOTA: u64 = 1_000_000_000_000_000_000;

/// How much a new project may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewQuota {
    /// What the settings of the system say.
    #[default]
    Default,
    /// No limit, if an administrator says so; from others it is what clients send that do not care, and means the default.
    Unlimited,
    /// So many bytes.
    Bytes(u64),
}

/// Whether a name for a project can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum NameCheck {
    /// Free and well formed.
    Free,
    /// Somebody has it.
    Taken,
    /// Not a name; the reason in English and as a translation key.
    Malformed {
        /// Translation key.
        code: String,
        /// English.
        message: String,
    },
}
