//! Jobs: long work that one process does for all, and that outlives it.
//!
//! A job is a row. Any process takes it, by a lease that it renews and with a fencing token that grows with each holder; if the
//! holder dies, the lease runs out and another one goes on where the progress stands. All of that is told by the database's
//! clock. A kind of job is unfinished once at a time, or once for each project, which an index holds.
//!
//! To add a kind: a variant of [`JobKind`] with its words in `db::jobs`, what it does in `run.rs`.

mod run;
#[cfg(test)]
mod tests;

pub use run::Ended;

use crate::{
    Access, Actor, Error, Result,
    access::{AuthorizedProject, ProjectId, may},
    backup::{self, Backups},
    content::{Content, collection, fsck, moving, retention::work},
    db::{self, audit, jobs::NewRow},
};
use api_types::{JobDetail, JobKind, JobSummary};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Jobs that a list shows.
const LISTED: u32 = 20;

/// How often a process looks for a job that another one has asked for or left.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The service of jobs.
#[derive(Clone, Debug)]
pub struct Jobs {
    content: Content,
    backups: Backups,
    grace: Duration,
    read_rate: u64,
    holder: Arc<str>,
    asked: Arc<Notify>,
}

/// A job that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobRequest {
    /// Collection of what nothing names any more.
    Collection {
        /// Only count what would go.
        dry_run: bool,
        /// How long links that no manifest names are left to clients, where it shall not be as configured.
        grace: Option<Duration>,
    },
    /// A check of the database against the store.
    Fsck {
        /// Read and hash all bytes.
        deep: bool,
        /// Bytes a second that are read, where it shall not be as configured; as many as there are where it is 0.
        rate: Option<u64>,
    },
    /// A copy of the database that is kept.
    Backup,
    /// A move of all blobs from the previous store, which this process must know.
    Move,
}

impl Jobs {
    pub(crate) fn new(content: Content, backups: Backups, grace: Duration, read_rate: u64) -> Self {
        Self { content, backups, grace, read_rate, holder: process_name().into(), asked: Arc::default() }
    }

    /// The newest jobs.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], as every method here.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<JobSummary>> {
        self.access().administrator(actor).await?;
        db::jobs::list(self.content.db.reader(), LISTED).await
    }

    /// The newest job of a kind.
    ///
    /// # Errors
    /// As [`Jobs::list`].
    pub async fn newest(&self, actor: &Actor, kind: JobKind) -> Result<Option<JobSummary>> {
        self.access().administrator(actor).await?;
        db::jobs::newest(self.content.db.reader(), kind).await
    }

    /// A job with its log.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn get(&self, actor: &Actor, id: i64) -> Result<JobDetail> {
        self.access().administrator(actor).await?;
        let found = db::jobs::find(self.content.db.reader(), id).await?;
        let (summary, log) = found.ok_or(Error::JobNotFound { id })?;
        Ok(JobDetail { summary, log })
    }

    /// Asks for a job; any process takes it. Its id.
    ///
    /// # Errors
    /// [`Error::JobUnfinished`] while another one of its kind is.
    pub async fn request(&self, actor: &Actor, request: JobRequest) -> Result<i64> {
        self.access().administrator(actor).await?;
        let row = self.row(actor, request)?;
        let details = match request {
            JobRequest::Collection { dry_run, .. } => serde_json::json!({ "dry_run": dry_run }),
            JobRequest::Fsck { deep, .. } => serde_json::json!({ "deep": deep }),
            JobRequest::Backup | JobRequest::Move => serde_json::json!({}),
        };
        let event = audit::Event::new(actor, "job.request", db::jobs::kind_text(row.kind)).with(details);
        self.ask(row, event).await
    }

    /// Asks for a run of a project's retention; its id.
    ///
    /// # Errors
    /// [`Error::JobUnfinished`] while another run of the project is.
    pub(crate) async fn request_retention(
        &self,
        actor: &Actor,
        project: &AuthorizedProject<may::Retain>,
        dry_run: bool,
    ) -> Result<i64> {
        let row = Self::retention_row(actor, project.id(), dry_run)?;
        let event = audit::Event::new(actor, "retention.run", project.name())
            .in_project(project.id())
            .with(serde_json::json!({ "dry_run": dry_run }));
        self.ask(row, event).await
    }

    /// A run of a project's retention as it is asked for.
    pub(crate) fn retention_row(actor: &Actor, project: ProjectId, dry_run: bool) -> Result<NewRow> {
        let order = work::Order::new(project, dry_run);
        Ok(NewRow {
            kind: JobKind::Retention,
            project: Some(project),
            dry_run,
            payload: serde_json::to_string(&order).map_err(|error| Error::Internal(Box::new(error)))?,
            progress: work::State::new(dry_run).json()?,
            requested_by: actor.name().to_owned(),
        })
    }

    /// Has processes look for a job that was just asked for.
    pub(crate) fn wake(&self) {
        self.asked.notify_waiters();
    }

    async fn ask(&self, row: NewRow, event: audit::Event) -> Result<i64> {
        let now = self.content.now();
        let asked = self.content.db.write((row, event, now), |txn, (row, event, now)| {
            Box::pin(async move {
                db::jobs::prune(txn, row.kind, row.project).await?;
                let Some(id) = db::jobs::enqueue(txn, row).await? else {
                    let other = db::jobs::find_unfinished(txn, row.kind, row.project).await?;
                    return Err(other.map_or(db::locks::overtaken("a job"), |id| Error::JobUnfinished { id }));
                };
                audit::record(txn, event, *now).await?;
                Ok(id)
            })
        });
        let id = asked.await?;
        self.wake();
        Ok(id)
    }

    /// Has a job stop; its holder hears of it within some seconds. What it did stays done.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], also for one that is finished.
    pub async fn cancel(&self, actor: &Actor, id: i64) -> Result<()> {
        self.access().administrator(actor).await?;
        self.stop(id, None, audit::Event::new(actor, "job.cancel", id.to_string())).await
    }

    /// Has a run of a project's retention stop, as [`Jobs::cancel`].
    ///
    /// # Errors
    /// [`Error::JobNotFound`], also for one that is finished, and for what is about something else.
    pub(crate) async fn cancel_retention(
        &self,
        actor: &Actor,
        project: &AuthorizedProject<may::Retain>,
        id: i64,
    ) -> Result<()> {
        let event = audit::Event::new(actor, "job.cancel", id.to_string()).in_project(project.id());
        self.stop(id, Some(project.id()), event).await
    }

    async fn stop(&self, id: i64, project: Option<ProjectId>, event: audit::Event) -> Result<()> {
        let args = (id, project, event, self.content.now());
        let cancelled = self.content.db.write(args, |txn, (id, project, event, now)| {
            Box::pin(async move {
                let cancelled = db::jobs::cancel(txn, *id, *project).await?;
                if cancelled {
                    audit::record(txn, event, *now).await?;
                }
                Ok(cancelled)
            })
        });
        if cancelled.await? { Ok(()) } else { Err(Error::JobNotFound { id }) }
    }

    /// Asks for a job if none of its kind was asked for within `interval`. Called often, by every process.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn schedule(&self, request: JobRequest, interval: Duration) -> Result<()> {
        let row = self.row(&Actor::system(), request)?;
        if db::jobs::asked_within(self.content.db.reader(), row.kind, interval).await? {
            return Ok(());
        }
        let asked = self.content.db.write((row, interval), |txn, (row, interval)| {
            Box::pin(async move {
                if db::jobs::asked_within(txn, row.kind, *interval).await? {
                    return Ok(None);
                }
                db::jobs::prune(txn, row.kind, row.project).await?;
                db::jobs::enqueue(txn, row).await
            })
        });
        if asked.await?.is_some() {
            self.asked.notify_waiters();
        }
        Ok(())
    }

    fn row(&self, actor: &Actor, request: JobRequest) -> Result<NewRow> {
        let wrong = |error| Error::Internal(Box::new(error));
        let (kind, dry_run, payload, progress) = match request {
            JobRequest::Collection { dry_run, grace } => {
                let order = serde_json::to_string(&collection::Order::new(grace.unwrap_or(self.grace)));
                (JobKind::Collection, dry_run, order, collection::State::new(dry_run).json()?)
            }
            JobRequest::Fsck { deep, rate } => {
                let order = serde_json::to_string(&fsck::Order::new(deep, rate.unwrap_or(self.read_rate)));
                (JobKind::Fsck, false, order, fsck::State::new(deep).json()?)
            }
            JobRequest::Move => {
                let order = serde_json::to_string(&moving::Order::new(&self.content));
                (JobKind::Move, false, order, moving::State::default().json()?)
            }
            JobRequest::Backup => (JobKind::Backup, false, Ok("{}".to_owned()), backup::State::default().json()?),
        };
        let requested_by = actor.name().to_owned();
        Ok(NewRow { kind, project: None, dry_run, payload: payload.map_err(wrong)?, progress, requested_by })
    }

    fn access(&self) -> &Access {
        &self.content.access
    }
}

/// A name for this process that people recognise and no other process has.
fn process_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "server" } else { host };
    let number = uuid::Uuid::new_v4().simple().to_string();
    format!("{host}/{}/{}", std::process::id(), &number[..6])
}
