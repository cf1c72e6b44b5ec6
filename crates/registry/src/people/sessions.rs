//! Browser sessions.

use crate::{Result, access::UserId};
use time::OffsetDateTime;

/// The service of sessions: rows under the SHA-256 of their id, so that the database opens none.
#[derive(Clone, Debug)]
pub struct Sessions {}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of the session's id.
    pub id_hash: [u8; 32],
    /// The account, once signed in.
    pub user: Option<UserId>,
    /// What the HTTP layer keeps in it.
    pub data: Vec<u8>,
    /// When it ends if nothing happens.
    pub expires_at: OffsetDateTime,
    /// From where it was opened.
    pub address: Option<String>,
    /// By which browser.
    pub user_agent: Option<String>,
}

impl Sessions {
    /// A session that has not expired and whose account still stands.
    pub async fn find(&self, id_hash: &[u8; 32]) -> Result<Option<SessionRecord>> {
        unimplemented!()
    }

    /// Stores it; `false` if `create` and the id exists already.
    pub async fn save(&self, record: &SessionRecord, create: bool) -> Result<bool> {
        unimplemented!()
    }

    /// Ends it.
    pub async fn delete(&self, id_hash: &[u8; 32]) -> Result<()> {
        unimplemented!()
    }

    /// Ends all sessions of a person but one.
    pub async fn end_others(&self, user: UserId, keep: Option<&[u8; 32]>) -> Result<()> {
        unimplemented!()
    }
}
