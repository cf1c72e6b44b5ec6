//! Who is in a project, and why somebody may do something there.

use crate::{ActorSummary, Permission, Role};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in.
    pub username: String,
    /// The name that is shown; the username where none was given.
    pub display_name: String,
}

/// One row of the list of a project's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The immutable id of the membership; another one when the person is removed and added again.
    pub id: i64,
    /// Who.
    pub person: PersonName,
    /// As what.
    pub role: Role,
    /// Whether the account is disabled, so that the role opens nothing for now.
    pub disabled: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Who added them; absent where that was not noted.
    pub added_by: Option<ActorSummary>,
}

/// Somebody who may be added to a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub person: PersonName,
    /// The role that they have already.
    pub role: Option<Role>,
}

/// A rule that gives rights in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightSource {
    /// The person's role in the project.
    Role(Role),
    /// The project is public.
    Public,
    /// A system administrator may everything.
    Administrator,
}

/// What keeps an account from using any of its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barrier {
    /// It is disabled.
    Disabled,
    /// It must choose a new password first.
    PasswordChange,
}

/// One right and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedRight {
    /// Which.
    pub right: Permission,
    /// Every rule that gives it; none where the person does not have it.
    pub sources: Vec<RightSource>,
    /// The weakest role that gives it.
    pub needed: Role,
}

/// Why somebody may do what they may in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Who.
    pub person: PersonName,
    /// Their role in the project.
    pub role: Option<Role>,
    /// Whether they are a system administrator.
    pub is_admin: bool,
    /// Whether the project is public.
    pub public: bool,
    /// What keeps the account from using any right.
    pub barrier: Option<Barrier>,
    /// Every right there is, weakest first.
    pub rights: Vec<ExplainedRight>,
}
