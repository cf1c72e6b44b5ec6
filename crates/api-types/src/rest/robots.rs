//! Robots and what they can be given.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A robot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Robot {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in: `robot$ci`, `robot$library+ci`.
    pub name: String,
    /// A sentence about it; may be empty.
    pub description: String,
    /// `system` or `project`.
    pub level: String,
    /// Days from its creation to its end; -1 is for ever.
    pub duration: i64,
    /// Always true.
    pub editable: bool,
    /// Whether it is disabled.
    pub disable: bool,
    /// When it ends, in seconds since 1970; -1 is never.
    pub expires_at: i64,
    /// What it may.
    pub permissions: Vec<RobotPermission>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// The same.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
}

/// What a robot may in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RobotPermission {
    /// `project` or `system`.
    pub kind: String,
    /// A project's name, `*` for all, `/` for the system.
    pub namespace: String,
    /// What.
    #[serde(default)]
    pub access: Vec<Access>,
}

/// One thing that a robot may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Access {
    /// `repository`, `artifact`, `tag`, ….
    pub resource: String,
    /// `pull`, `push`, `list`, ….
    pub action: String,
    /// Only `allow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// A robot that is created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RobotCreate {
    /// The name without its project's.
    pub name: String,
    /// A sentence about it.
    #[serde(default)]
    pub description: String,
    /// `system` or `project`.
    pub level: Option<String>,
    /// Days until it ends; -1 is never.
    pub duration: Option<i64>,
    /// Whether it is disabled from the start.
    #[serde(default)]
    pub disable: bool,
    /// What it may.
    #[serde(default)]
    pub permissions: Vec<RobotPermission>,
    /// Not taken: secrets are made here.
    pub secret: Option<String>,
}

/// What is changed of a robot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RobotUpdate {
    /// As it is; robots cannot be renamed.
    pub name: Option<String>,
    /// A sentence about it.
    pub description: Option<String>,
    /// As it is.
    pub level: Option<String>,
    /// Days from its creation to its end; -1 is for ever.
    pub duration: Option<i64>,
    /// Whether it is disabled.
    pub disable: Option<bool>,
    /// What it may.
    pub permissions: Option<Vec<RobotPermission>>,
}

/// A robot that was created. The secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RobotCreated {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in.
    pub name: String,
    /// What it signs in with.
    pub secret: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When it ends, in seconds since 1970; -1 is never.
    pub expires_at: i64,
}

/// A new secret, shown this once; or nothing, which asks for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RobotSec {
    /// The secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What robots can be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Permissions {
    /// In the system.
    pub system: Vec<Permission>,
    /// In a project.
    pub project: Vec<Permission>,
}

/// One thing that can be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Permission {
    /// `repository`, `artifact`, `tag`, …; with the project before it where that is asked for.
    pub resource: String,
    /// `pull`, `push`, `list`, ….
    pub action: String,
}
