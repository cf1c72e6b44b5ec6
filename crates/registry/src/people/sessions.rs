//! Browser sessions.

use crate::{
    Access, Actor, Clock, Error, Ground, Result, Subject,
    access::UserId,
    db::{self, Db, audit},
};
use api_types::SessionSummary;
use std::sync::Arc;
use time::OffsetDateTime;

/// Rows that one sweep removes at most.
const SWEPT: i64 = 1_000;

/// The service of sessions: rows under the SHA-256 of their id, so that the database opens none.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

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
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// A session that has not expired and whose account still stands.
    ///
    /// # Errors
    /// [`crate::Error::Database`], as every method here.
    pub async fn find(&self, id_hash: &[u8; 32]) -> Result<Option<SessionRecord>> {
        db::sessions::find(self.db.reader(), id_hash, self.now()).await
    }

    /// Stores it. `false`: with `create`, that the id exists already; without, that the session was ended meanwhile, and it
    /// stays so.
    pub async fn save(&self, record: &SessionRecord, create: bool) -> Result<bool> {
        self.db
            .write((record.clone(), create, self.now()), |txn, (record, create, now)| {
                Box::pin(async move {
                    if *create {
                        db::sessions::insert(txn, record, *now).await
                    } else {
                        db::sessions::update(txn, record, *now).await
                    }
                })
            })
            .await
    }

    /// Ends it.
    pub async fn delete(&self, id_hash: &[u8; 32]) -> Result<()> {
        self.db.write(*id_hash, |txn, id_hash| Box::pin(async move { db::sessions::delete(txn, id_hash).await })).await
    }

    /// Ends it because its owner signs out.
    pub async fn sign_out(&self, actor: &Actor, id_hash: &[u8; 32]) -> Result<()> {
        let event = audit::Event::new(actor, "sign_out", actor.name());
        self.db
            .write((*id_hash, event, self.now()), |txn, (id_hash, event, now)| {
                Box::pin(async move {
                    db::sessions::delete(txn, id_hash).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await
    }

    /// Where the actor is signed in, last used first; the newest hundred. `current` is the one that asks.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with a session of their own.
    pub async fn list(&self, actor: &Actor, current: Option<&[u8; 32]>) -> Result<Vec<SessionSummary>> {
        let user = self.own(actor).await?;
        db::sessions::list(self.db.reader(), user, current, self.now()).await
    }

    /// Ends one of the actor's own sessions; `false` where there is none, as one of somebody else is left alone.
    ///
    /// # Errors
    /// As [`Sessions::list`].
    pub async fn end(&self, actor: &Actor, session: i64) -> Result<bool> {
        let user = self.own(actor).await?;
        let event = audit::Event::new(actor, "session.end", actor.name());
        self.db
            .write((user, session, event, self.now()), |txn, (user, session, event, now)| {
                Box::pin(async move {
                    let ended = db::sessions::delete_one_of(txn, *user, *session).await?;
                    if ended {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(ended)
                })
            })
            .await
    }

    /// Ends all of the actor's own sessions but `keep`.
    ///
    /// # Errors
    /// As [`Sessions::list`].
    pub async fn end_others(&self, actor: &Actor, keep: Option<&[u8; 32]>) -> Result<()> {
        let user = self.own(actor).await?;
        let event = audit::Event::new(actor, "session.end_others", actor.name());
        self.db
            .write((user, keep.copied(), event, self.now()), |txn, (user, keep, event, now)| {
                Box::pin(async move {
                    db::sessions::delete_of(txn, *user, keep.as_ref()).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await
    }

    /// Ends all of somebody's sessions: they sign in anew everywhere.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`].
    pub async fn end_all_of(&self, actor: &Actor, user: UserId) -> Result<()> {
        self.access.administrator(actor).await?;
        self.db
            .write((actor.clone(), user, self.now()), |txn, (actor, user, now)| {
                Box::pin(async move {
                    let row = db::users::find_by_id(txn, *user).await?;
                    let row = row.ok_or_else(|| Error::UserNotFound { name: user.0.to_string() })?;
                    db::sessions::delete_of(txn, *user, None).await?;
                    audit::record(txn, &audit::Event::new(actor, "session.end_all", row.username), *now).await
                })
            })
            .await
    }

    /// The person who is there with their own password: tokens look after no sessions.
    async fn own(&self, actor: &Actor) -> Result<UserId> {
        if !matches!(actor.subject(), Subject::User(_)) || actor.grants().is_some() {
            return Err(Error::AccountNeeded);
        }
        self.access.person(actor).await
    }

    /// Removes expired sessions and guesses that are long forgotten; how many rows went.
    pub(crate) async fn sweep(&self) -> Result<u64> {
        self.db
            .write(self.now(), |txn, now| {
                Box::pin(async move {
                    let sessions = db::sessions::delete_expired(txn, *now, SWEPT).await?;
                    let forgotten = *now - super::guessing::FORGOTTEN_AFTER;
                    Ok(sessions + db::sign_in_attempts::delete_older(txn, forgotten, SWEPT).await?)
                })
            })
            .await
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

#[cfg(test)]
mod tests;
