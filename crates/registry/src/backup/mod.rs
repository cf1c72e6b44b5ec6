//! Copies of the database: consistent, beside live pushes, and the same for SQLite and PostgreSQL, so that one can be restored into
//! the other.
//!
//! A copy is a gzip stream of lines of JSON ([`mod@format`]): a head, for each table its name and columns and then its rows, and a foot with
//! the SHA-256 of all that is before it. All of it is read in one transaction that sees one moment. What only a running server
//! is about is left out: sessions, failed sign-ins, jobs, unfinished uploads, and findings of checks; and blobs that nothing links.
//!
//! Bytes of blobs are not in it, and neither is the installation's secret. But what a copy names stays in the store for as long as
//! the copy is kept: a row says so before its moment, and collection keeps to the oldest of these rows (`db::backups`).
//!
//! Copies that are kept are on a shelf, a folder or the bucket of the blobs, and are made by a job; all but the newest are removed.

mod export;
mod format;
mod import;
mod job;
mod plan;
#[cfg(test)]
mod tests;

pub use api_types::BackupSummary;
pub use format::BackupError;
pub use import::{restore, restore_kept};
pub(crate) use job::{Backup, State};
pub use plan::Plan;

use crate::{
    Actor, Database, Result,
    content::Content,
    db::{self, audit},
};
use api_types::{BackupCopy, BackupPlace, BackupPlan};
use blobstore::{FolderShelf, ShelfWriter};
use export::Progress;
use std::{path::Path, sync::Arc};
use time::OffsetDateTime;

/// Copies that a list shows.
const LISTED: u64 = 20;

/// The service of copies.
#[derive(Clone, Debug)]
pub struct Backups {
    content: Content,
    database: Database,
    plan: Arc<Plan>,
}

/// A copy that is about to be made.
struct NewCopy<'a> {
    name: &'a str,
    place: BackupPlace,
    to: Box<dyn ShelfWriter>,
}

/// A copy on the shelf that no row tells of yet.
#[derive(Debug)]
pub(crate) struct Unnoted {
    name: String,
    summary: BackupSummary,
}

/// Puts a copy on the shelf of a database that is about to be migrated, as it is: there is nothing yet that could note it.
///
/// # Errors
/// [`crate::Error::Database`]; [`crate::Error::Store`] if it cannot be written.
pub(crate) async fn keep_before_migration(
    database: &Database,
    plan: &Plan,
    at: OffsetDateTime,
) -> Result<Unnoted, BackupError> {
    let name = plan::name_of(at);
    let kept = async {
        let to = plan.shelf.create(&name).await?;
        write(database, at, to, &Progress::default()).await
    };
    match kept.await {
        Ok(summary) => {
            tracing::info!(name, place = plan.path, "kept a copy of the database from before its migration");
            Ok(Unnoted { name, summary })
        }
        Err(error) => {
            tracing::error!(
                place = plan.path,
                "the database is not migrated, as no copy of it can be kept here before"
            );
            Err(error)
        }
    }
}

/// Writes a copy: whole and durable, or nothing is there.
async fn write(
    database: &Database,
    at: OffsetDateTime,
    mut to: Box<dyn ShelfWriter>,
    progress: &Progress,
) -> Result<BackupSummary, BackupError> {
    match export::export(database, at, &mut *to, progress).await {
        Ok(summary) => Ok(to.finish().await.map(|()| summary)?),
        Err(error) => {
            to.abort().await;
            Err(error)
        }
    }
}

impl Backups {
    pub(crate) fn new(content: Content, database: Database, plan: Plan) -> Self {
        Self { content, database, plan: Arc::new(plan) }
    }

    /// The newest copies that are whole, newest first.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], as every method here.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<BackupCopy>> {
        self.content.access.administrator(actor).await?;
        db::backups::list(self.content.db.reader(), LISTED).await
    }

    /// Where copies go that are kept, and when.
    ///
    /// # Errors
    /// As [`Backups::list`].
    pub async fn plan(&self, actor: &Actor) -> Result<BackupPlan> {
        self.content.access.administrator(actor).await?;
        Ok(self.plan.shown())
    }

    /// Writes a copy into a new file, which nobody but its owner may read: whole and durable, or not there. It is the caller's
    /// from then on; what it names stays in the store for [`Plan::hold`].
    ///
    /// # Errors
    /// As [`Backups::list`]; [`crate::Error::Database`]; [`crate::Error::Store`] if it cannot be written, or is there already.
    pub async fn write_file(&self, actor: &Actor, path: &Path) -> Result<BackupSummary, BackupError> {
        self.content.access.administrator(actor).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let to = FolderShelf::create_file(path).await?;
        let copy = NewCopy { name: &name, place: BackupPlace::File, to };
        self.make(actor, copy, &Progress::default()).await
    }

    /// Writes a copy onto the shelf, under a name with the time, and removes all but the newest.
    async fn keep(&self, actor: &Actor, progress: &Progress) -> Result<BackupSummary, BackupError> {
        let Plan { shelf, place, .. } = &*self.plan;
        let name = plan::name_of(self.content.clock.now());
        let to = shelf.create(&name).await?;
        let summary = self.make(actor, NewCopy { name: &name, place: *place, to }, progress).await?;
        self.plan.rotate().await?;
        Ok(summary)
    }

    async fn make(&self, actor: &Actor, copy: NewCopy<'_>, progress: &Progress) -> Result<BackupSummary, BackupError> {
        let NewCopy { name, place, to } = copy;
        let id = match self.begin(name, place).await {
            Ok(id) => id,
            Err(error) => {
                to.abort().await;
                return Err(error.into());
            }
        };
        match write(&self.database, self.content.clock.now(), to, progress).await {
            Ok(summary) => {
                self.note(actor, id, (name, place), summary).await?;
                Ok(summary)
            }
            Err(error) => {
                let forget =
                    self.content.db.write(id, |txn, id| Box::pin(async move { db::backups::delete(txn, *id).await }));
                // It is forgotten a day later anyway.
                if let Err(error) = forget.await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "what became of a backup is not noted");
                }
                Err(error)
            }
        }
    }

    /// Before the moment that a copy shows: what it names is not collected from here on.
    async fn begin(&self, name: &str, place: BackupPlace) -> Result<i64> {
        let begun = self.content.db.write((name.to_owned(), place), |txn, (name, place)| {
            Box::pin(async move { db::backups::begin(txn, name, *place).await })
        });
        begun.await
    }

    /// Has a copy from before a migration count as one of those that are kept.
    pub(crate) async fn adopt(&self, copy: Unnoted) -> Result<(), BackupError> {
        let Unnoted { name, summary } = copy;
        let id = self.begin(&name, self.plan.place).await?;
        self.note(&Actor::system(), id, (&name, self.plan.place), summary).await?;
        self.plan.rotate().await
    }

    /// Notes that a copy is whole, and lets go of those that are not kept any more.
    async fn note(
        &self,
        actor: &Actor,
        id: i64,
        (name, place): (&str, BackupPlace),
        summary: BackupSummary,
    ) -> Result<()> {
        let held = (place == BackupPlace::File).then_some(self.plan.hold);
        let details = serde_json::json!({ "place": place, "bytes": summary.bytes });
        let event = audit::Event::new(actor, "backup.create", name).with(details);
        let args = (id, place, summary, held, self.plan.keep, event, self.content.now());
        let noted = self.content.db.write(args, |txn, (id, place, summary, held, keep, event, now)| {
            Box::pin(async move {
                db::backups::finish(txn, *id, summary, *held).await?;
                db::backups::rotate(txn, *place, if held.is_some() { u64::MAX } else { *keep }).await?;
                audit::record(txn, event, *now).await
            })
        });
        noted.await
    }
}

impl From<BackupError> for crate::Error {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Registry(error) => error,
            error => Self::Internal(Box::new(error)),
        }
    }
}
