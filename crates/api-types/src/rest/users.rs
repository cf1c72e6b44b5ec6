//! People.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserResp {
    /// The immutable id.
    pub user_id: i64,
    /// The name that signs in.
    pub username: String,
    /// The name that is shown; may be empty.
    pub realname: String,
    /// The address of their mail; may be empty.
    pub email: String,
    /// Always empty.
    pub comment: String,
    /// Whether this is a system administrator.
    pub sysadmin_flag: bool,
    /// Whether that comes from another service. Never.
    pub admin_role_in_auth: bool,
    /// Whether the account is disabled, so that nothing of theirs opens anything. Slipway's own.
    pub disabled: bool,
    /// When the account was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// The same.
    #[serde(with = "time::serde::rfc3339")]
    pub update_time: OffsetDateTime,
}

/// A person as a search finds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserSearchRespItem {
    /// The immutable id.
    pub user_id: i64,
    /// The name that signs in.
    pub username: String,
}

/// A person who is created.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserCreationReq {
    /// The name that signs in.
    pub username: Option<String>,
    /// Not taken: people choose their own.
    pub password: Option<String>,
    /// The name that is shown.
    pub realname: Option<String>,
    /// The address of their mail.
    pub email: Option<String>,
    /// Nothing: comments are not kept.
    pub comment: Option<String>,
}

impl std::fmt::Debug for UserCreationReq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserCreationReq").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A person who was created. The link is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserCreated {
    /// The immutable id.
    pub user_id: i64,
    /// The name that signs in.
    pub username: String,
    /// Where they choose their password, once.
    pub password_link: String,
    /// When the link ends.
    #[serde(with = "time::serde::rfc3339")]
    pub password_link_expires_at: OffsetDateTime,
}

impl std::fmt::Debug for UserCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserCreated").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A one-time link with which a person chooses their password. It is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserInvitation {
    /// The name that signs in.
    pub username: String,
    /// Where they choose their password, once.
    pub password_link: String,
    /// When the link ends.
    #[serde(with = "time::serde::rfc3339")]
    pub password_link_expires_at: OffsetDateTime,
}

impl std::fmt::Debug for UserInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserInvitation").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Whether somebody's account is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserDisabledFlag {
    /// Whether it is.
    pub disabled: bool,
}

/// What a person says of themselves. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserProfile {
    /// The name that is shown.
    pub realname: Option<String>,
    /// The address of their mail.
    pub email: Option<String>,
    /// Nothing: comments are not kept.
    pub comment: Option<String>,
}

/// A new password of one's own.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct PasswordReq {
    /// The present one.
    pub old_password: Option<String>,
    /// The new one.
    pub new_password: Option<String>,
}

impl std::fmt::Debug for PasswordReq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordReq").finish_non_exhaustive()
    }
}

/// Whether somebody administers the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserSysAdminFlag {
    /// Whether they do.
    pub sysadmin_flag: bool,
}
