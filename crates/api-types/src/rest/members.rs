//! Members of projects.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A member of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectMemberEntity {
    /// The immutable id of the membership.
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// The person's name.
    pub entity_name: String,
    /// `projectAdmin`, `maintainer`, `developer`, `guest` or `limitedGuest`.
    pub role_name: String,
    /// The role as a number: 1 project admin, 2 developer, 3 guest, 4 maintainer, 5 limited guest.
    pub role_id: i16,
    /// The person's id.
    pub entity_id: i64,
    /// `u`: a person. There are no groups yet.
    pub entity_type: String,
}

/// A person who gets a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ProjectMember {
    /// The role as a number: 1 project admin, 2 developer, 3 guest, 4 maintainer, 5 limited guest.
    pub role_id: Option<i16>,
    /// Who.
    pub member_user: Option<UserEntity>,
    /// A group; not served yet.
    #[schema(value_type = Option<Object>)]
    pub member_group: Option<serde_json::Value>,
}

/// A person by id or name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserEntity {
    /// The id; counts for more.
    pub user_id: Option<i64>,
    /// The name.
    pub username: Option<String>,
}

/// Another role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RoleRequest {
    /// The role as a number: 1 project admin, 2 developer, 3 guest, 4 maintainer, 5 limited guest.
    pub role_id: i16,
}
