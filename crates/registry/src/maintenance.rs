//! Work that runs beside requests.

use crate::{
    Actor, Result,
    audit::Audit,
    content::{Content, Elsewhere, Settled, Trash},
    db,
    people::{Sessions, uses::Uses},
    projects::Projects,
};
use std::time::Duration;

/// Rows that one transaction of the flush changes at most, so that pushes do not wait for it.
const FLUSH_STEP: usize = 200;

/// Uploads that one round of the sweep looks at.
const SWEEP_STEP: i64 = 100;

/// How long bytes that no upload speaks of are left alone: a request may be writing them right now.
const STRAY_AGE: Duration = Duration::from_hours(24);

/// The service of background work.
#[derive(Clone, Debug)]
pub struct Maintenance {
    content: Content,
    sessions: Sessions,
    projects: Projects,
    uses: Uses,
    audit: Audit,
}

impl Maintenance {
    pub(crate) fn new(content: Content, sessions: Sessions, projects: Projects, (uses, audit): (Uses, Audit)) -> Self {
        Self { content, sessions, projects, uses, audit }
    }

    /// Writes gathered pull counts and events, and when robots and access tokens were used; called every few seconds and at
    /// shutdown.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; what was not written is kept for the next time.
    pub async fn flush_traffic(&self) -> Result<()> {
        self.uses.flush(&self.content.db).await?;
        let mut left = self.content.traffic.take();
        while !left.is_empty() {
            let step = left.split_off(FLUSH_STEP);
            let written = self.content.db.write(step.clone(), |txn, step| Box::pin(db::traffic::add(txn, step)));
            if let Err(error) = written.await {
                self.content.traffic.give_back(step);
                self.content.traffic.give_back(left);
                return Err(error);
            }
        }
        self.content.gathered.flush(&self.content.db, self.content.now()).await
    }

    /// Notes that this process is about to store; called once, before the first request. [`Settled::Moved`] where all blobs were to be
    /// in another place: others may believe that until they have [followed](Self::follow_home), so nothing is to be stored before.
    /// [`Settled::Elsewhere`] where they still are, as far as this process sees: it must not serve.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; [`crate::Error::Store`] where blobs were to be in another place and cannot be looked for.
    pub async fn settle(&self) -> Result<Settled> {
        self.content.settle().await
    }

    /// Where the database says that all blobs are, if this process stores elsewhere, and what it sees of them.
    ///
    /// # Errors
    /// [`crate::Error::Database`], [`crate::Error::Store`].
    pub async fn elsewhere(&self) -> Result<Option<Elsewhere>> {
        self.content.elsewhere().await
    }

    /// Takes away that all blobs are in another place, whether or not this process sees them: what only that place has is missing from
    /// then on. As after [`Settled::Moved`], others may not have heard of it. `false` where nothing says so.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn accept_place(&self, actor: &Actor) -> Result<bool> {
        self.content.accept(actor).await
    }

    /// Whether all blobs are known to be in the place that this process stores into; the store of before is not asked any more then.
    /// Called every few seconds.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; the store of before is asked again.
    pub async fn follow_home(&self) -> Result<bool> {
        self.content.follow().await
    }

    /// Has the store of before asked again, as it cannot be found out whether all blobs are in the present one.
    pub fn doubt_home(&self) {
        self.content.doubt();
    }

    /// Whether the place that blobs are to be moved from is the one that they are to be moved to, by the same name or another one.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn moves_into_itself(&self) -> Result<bool> {
        self.content.moves_into_itself().await
    }

    /// Removes expired sessions and uploads, what has been in the trash for too long, what deleted projects still hold, what crashed
    /// uploads left in the store, repositories that a push began and never filled, and events that are older than they are kept;
    /// called every few minutes.
    ///
    /// # Errors
    /// [`crate::Error::Database`], [`crate::Error::Store`]; the next sweep goes on.
    pub async fn sweep(&self) -> Result<()> {
        self.sessions.sweep().await?;
        self.content.sweep_uploads().await?;
        Trash::new(self.content.clone()).sweep().await?;
        self.projects.sweep().await?;
        self.audit.sweep().await?;
        let now = self.content.clock.now();
        let strays = now - self.content.upload_expiry.max(STRAY_AGE);
        let swept = self.content.store.sweep(strays.into()).await.map_err(crate::content::store_error)?;
        if swept.uploads > 0 {
            tracing::info!(
                uploads = swept.uploads,
                bytes = swept.bytes,
                "removed what unfinished uploads left in the store"
            );
        }
        let empty = db::micros(now - STRAY_AGE);
        self.content.db.write(empty, |txn, empty| Box::pin(db::repositories::delete_empty(txn, *empty))).await?;
        Ok(())
    }
}

impl Content {
    async fn sweep_uploads(&self) -> Result<()> {
        let before = db::micros(self.clock.now() - self.upload_expiry);
        loop {
            let expired = db::uploads::expired(self.db.reader(), before, SWEEP_STEP).await?;
            let full = expired.len() as u64 == SWEEP_STEP.unsigned_abs();
            for upload in expired {
                let key = (upload.id, upload.version);
                let gone = self.db.write(key, |txn, (id, version)| Box::pin(db::uploads::delete(txn, id, *version)));
                // Somebody took it up at the last moment.
                if !gone.await? {
                    continue;
                }
                if let Some(state) = upload.store_state {
                    self.store.abort(&state).await.map_err(crate::content::store_error)?;
                }
            }
            if !full {
                return Ok(());
            }
        }
    }
}
