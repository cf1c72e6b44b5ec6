//! Sessions of the console; Slipway's own.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A browser in which one is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// The immutable id, which opens nothing.
    pub id: i64,
    /// From where it was opened; empty where that is not known.
    pub address: String,
    /// By which browser, in the browser's own words; empty where it said nothing.
    pub user_agent: String,
    /// When it was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_time: OffsetDateTime,
    /// When it was last used, to a minute.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_time: OffsetDateTime,
}
