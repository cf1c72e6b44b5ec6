//! Where tags have pointed.

use crate::ActorSummary;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A move of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagMove {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who.
    pub by: ActorSummary,
    /// What it pointed at from then on; absent where it was deleted.
    pub digest: Option<String>,
    /// What it pointed at before; absent where it was new.
    pub previous: Option<String>,
    /// Whether the repository still has what it pointed at, so that it can be moved back.
    pub present: bool,
    /// Whether it points there now.
    pub current: bool,
}
