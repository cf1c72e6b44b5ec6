//! Access tokens; Slipway's own.

use crate::TokenLevel;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// How far an access token goes: `read` pulls and looks, `write` also pushes and deletes content, `admin` is all that its owner may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenLevel {
    /// Pull and look.
    Read,
    /// Also push and delete content.
    Write,
    /// All that its owner may.
    Admin,
}

impl From<TokenLevel> for AccessTokenLevel {
    fn from(level: TokenLevel) -> Self {
        match level {
            TokenLevel::Read => Self::Read,
            TokenLevel::Write => Self::Write,
            TokenLevel::Admin => Self::Admin,
        }
    }
}

impl From<AccessTokenLevel> for TokenLevel {
    fn from(level: AccessTokenLevel) -> Self {
        match level {
            AccessTokenLevel::Read => Self::Read,
            AccessTokenLevel::Write => Self::Write,
            AccessTokenLevel::Admin => Self::Admin,
        }
    }
}

/// An access token of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessToken {
    /// The immutable id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// How far it goes.
    pub level: AccessTokenLevel,
    /// In which projects, by name and as far as its owner may still know them; in all where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When it ends by itself; absent where it does not.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, a few seconds late; absent where it never was.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub last_used_time: Option<OffsetDateTime>,
    /// From which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_from: Option<String>,
}

/// An access token that is created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct AccessTokenReq {
    /// What its owner calls it.
    pub name: String,
    /// How far it goes.
    pub level: AccessTokenLevel,
    /// In which projects, by name; in all where it is left out.
    pub projects: Option<Vec<String>>,
    /// Days until it ends, 90 where it is left out; -1 is never.
    pub duration: Option<i64>,
}

/// An access token that was created. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessTokenCreated {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in with it: its owner's.
    pub username: String,
    /// What it signs in with.
    pub secret: String,
    /// When it ends by itself; absent where it does not.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<OffsetDateTime>,
}

impl std::fmt::Debug for AccessTokenCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokenCreated").field("id", &self.id).finish_non_exhaustive()
    }
}
