//! Robots, people's access tokens, and what both are made of.

use crate::Word;
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;

/// One thing that somebody may be allowed to do in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See the project at all, list repositories, artifacts and tags, pull.
    Pull,
    /// Read quota and configuration.
    SeeConfiguration,
    /// See labels.
    SeeLabels,
    /// See members and robots.
    SeeMembers,
    /// Push, create repositories, edit their descriptions, create tags, copy into the project.
    Push,
    /// Change retention rules.
    Retain,
    /// Delete tags, artifacts and repositories; labels, immutability, scans.
    Delete,
    /// Change members, robots, access; read the project's log; delete the project.
    Administer,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 8] = [
        Self::Pull,
        Self::SeeConfiguration,
        Self::SeeLabels,
        Self::SeeMembers,
        Self::Push,
        Self::Retain,
        Self::Delete,
        Self::Administer,
    ];
}

/// How far an access token goes; each level contains the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLevel {
    /// Pull and look.
    Read,
    /// Also push and delete content.
    Write,
    /// All that the person may.
    Admin,
}

/// How long a secret is good for, from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// So many days.
    Days(u32),
    /// Until it is deleted.
    Never,
}

impl Lifetime {
    /// The longest in days: ten years.
    pub const MAX_DAYS: u32 = 3650;
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::Days(90)
    }
}

/// How long the secret before this one goes on working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It ends now.
    None,
    /// For an hour.
    Hour,
    /// For a day.
    Day,
    /// For a week.
    Week,
}

impl Overlap {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Hour, Self::Day, Self::Week];

    /// How many seconds that is.
    pub fn seconds(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Hour => 3600,
            Self::Day => 24 * 3600,
            Self::Week => 7 * 24 * 3600,
        }
    }
}

/// How a robot or an access token stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It works.
    Active,
    /// It works for two more weeks at most.
    ExpiresSoon,
    /// Its time is over.
    Expired,
    /// Somebody put it out of use.
    Disabled,
}

/// What a robot may in one project, or in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotAccess {
    /// The project's name; all projects where absent.
    pub project: Option<String>,
    /// What it may there, in the words and the order in which it was given.
    pub may: Vec<Word>,
    /// Whether `allow` was written as the effect of these. There is no other; it is told again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub says_allow: bool,
}

impl RobotAccess {
    /// These words in a project of this name, or in all.
    pub fn new(project: Option<String>, may: Vec<Word>) -> Self {
        Self { project, may, says_allow: false }
    }
}

/// One row of a list of robots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotSummary {
    /// The immutable id.
    pub id: i64,
    /// The name without its project's: `ci`.
    pub name: String,
    /// The project it belongs to; absent for robots of the system.
    pub project: Option<String>,
    /// The name that signs in, in the spelling that shells leave alone: `robot+library+ci`.
    pub login: String,
    /// The same as Harbor spells it: `robot$library+ci`.
    pub harbor_login: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What it may. A project's robot has one entry, for its project.
    pub access: Vec<RobotAccess>,
    /// How it stands now.
    pub state: CredentialState,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When its secret was last shown to the registry; a few seconds late.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// From which address.
    pub last_used_from: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Who created it, by the name they had then, also when they are gone; absent where no person did.
    pub created_by: Option<String>,
    /// When its secret was last replaced.
    #[serde(with = "time::serde::rfc3339::option")]
    pub rotated_at: Option<OffsetDateTime>,
    /// Until when the secret before the present one works, while it does.
    #[serde(with = "time::serde::rfc3339::option")]
    pub previous_until: Option<OffsetDateTime>,
}

/// What a new robot is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRobot {
    /// The wanted name, without the project's.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What it may. In a project every entry is about that project, whatever it says.
    pub access: Vec<RobotAccess>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// What of a robot is changed; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotChange {
    /// What it is for.
    pub description: Option<String>,
    /// What it may, all of it.
    pub access: Option<Vec<RobotAccess>>,
    /// How long it lives from now on.
    pub lifetime: Option<Lifetime>,
}

/// One row of the list of a person's access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenSummary {
    /// The immutable id.
    pub id: i64,
    /// What the person calls it.
    pub name: String,
    /// How far it goes.
    pub level: TokenLevel,
    /// In which projects, by the names they have now and as far as the person may still know them; in all where absent.
    pub projects: Option<Vec<String>>,
    /// How it stands now.
    pub state: CredentialState,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last shown to the registry; a few seconds late.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// From which address.
    pub last_used_from: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// What a new access token is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccessToken {
    /// What the person calls it.
    pub name: String,
    /// How far it goes.
    pub level: TokenLevel,
    /// In which projects, by name; in all where absent.
    pub projects: Option<Vec<String>>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// A secret that is shown this once, with the name it goes with. Its `Debug` keeps the secret to itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSecret {
    /// The id of the robot or access token.
    pub id: i64,
    /// The name that signs in, in the spelling that shells leave alone.
    pub login: String,
    /// The same in Harbor's spelling, where that differs.
    pub harbor_login: Option<String>,
    /// The secret.
    pub secret: String,
    /// Both as `auth` of a `config.json`: `login:secret` in base64.
    pub auth: String,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Until when the secret that it replaces works.
    #[serde(with = "time::serde::rfc3339::option")]
    pub previous_until: Option<OffsetDateTime>,
}

impl fmt::Debug for ShownSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownSecret").field("login", &self.login).finish_non_exhaustive()
    }
}

/// A robot or an access token whose time is nearly, or just, over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiringCredential {
    /// The robot's or the token's id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: CredentialKind,
    /// When it ends, or ended.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether that is past.
    pub expired: bool,
}

/// What signs in with a secret of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A project's robot, with the project's name.
    ProjectRobot(String),
    /// A robot of the system.
    SystemRobot,
    /// An access token of the person who looks.
    AccessToken,
}
