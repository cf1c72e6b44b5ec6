//! Long work: what runs, how far it is, and what came of it.

use crate::{backups::BackupReport, fsck::FsckReport};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The kinds of long work. One of each runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Collection of what nothing names any more.
    Collection,
    /// A check of the database against the store and of both against their digests.
    Fsck,
    /// A copy of the database.
    Backup,
    /// A move of all blobs into another store.
    Move,
    /// Following a project's rules of retention. One of each project runs at a time.
    Retention,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Collection, Self::Fsck, Self::Backup, Self::Move, Self::Retention];
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a process that takes it, at the beginning or after a failure.
    Queued,
    /// A process works on it.
    Running,
    /// Done.
    Succeeded,
    /// Given up after several attempts.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A job as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSummary {
    /// The immutable id.
    pub id: i64,
    /// What kind of work.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Who asked for it; `system` where the schedule did.
    pub requested_by: String,
    /// Whether somebody asked it to stop, and it has not yet.
    pub stopping: bool,
    /// How often in a row a process took it, since it last got on.
    pub attempts: u64,
    /// The process that works on it now.
    pub holder: Option<String>,
    /// Why it failed, or had to be begun again.
    pub error: Option<String>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the first process took it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// The project that it is about, by its present name.
    pub project: Option<String>,
    /// How far it is and what it did.
    pub report: JobReport,
}

/// How far a job is and what it did, each kind in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobReport {
    /// Of a collection.
    Collection(CollectionReport),
    /// Of a check.
    Fsck(FsckReport),
    /// Of a copy of the database.
    Backup(BackupReport),
    /// Of a move into another store.
    Move(MoveReport),
    /// Of a run of retention.
    Retention(RetentionReport),
}

impl JobReport {
    /// Things of the present phase that are done, and how many there are, as far as that is known.
    pub fn progress(&self) -> (u64, u64) {
        let (done, total) = match self {
            Self::Collection(report) => (report.done, report.total),
            Self::Fsck(report) => (report.done, report.total),
            Self::Backup(report) => (report.done, report.total),
            Self::Move(report) => (report.done, report.total),
            Self::Retention(report) => (report.repositories, report.total),
        };
        (done, total.max(done))
    }

    /// Whether nothing is taken away.
    pub fn is_dry_run(&self) -> bool {
        match self {
            Self::Collection(report) => report.dry_run,
            Self::Fsck(_) | Self::Backup(_) | Self::Move(_) => false,
            Self::Retention(report) => report.dry_run,
        }
    }
}

/// How far a run of retention is and what it did; of a dry run, what it would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionReport {
    /// Whether nothing is taken away.
    pub dry_run: bool,
    /// Repositories that are done.
    pub repositories: u64,
    /// Repositories that there were when it began.
    pub total: u64,
    /// Tags that stay.
    pub kept: u64,
    /// Tags that went.
    pub tags: u64,
    /// Artifacts that went, with their last tag or without one; of a dry run only those without one.
    pub artifacts: u64,
}

/// A job with its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDetail {
    /// The job.
    pub summary: JobSummary,
    /// What happened, oldest first; the last two hundred entries.
    pub log: Vec<JobLogEntry>,
}

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLogEntry {
    /// When, by the database's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    #[serde(flatten)]
    pub event: JobEvent,
}

/// What can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JobEvent {
    /// A process took it; not the first one if `attempt` is above 1.
    Taken {
        /// Which process.
        holder: String,
        /// How many have by now.
        attempt: u64,
    },
    /// A phase came to its end, with what was done up to there.
    Reached {
        /// The phase that begins, and the sums so far.
        report: JobReport,
    },
    /// The process stopped and left the rest to another one.
    Released {
        /// Which process.
        holder: String,
    },
    /// It broke, and is tried again or given up.
    Broke {
        /// Why.
        reason: String,
    },
    /// Somebody stopped it.
    Cancelled,
}

/// The phases of a collection, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionPhase {
    /// Links that no manifest names are looked for and taken away.
    #[default]
    Links,
    /// Blobs that no repository links are removed, object and row.
    Blobs,
    /// The store is looked through for objects without a row.
    Objects,
    /// Nothing is left to do.
    Done,
}

/// How far a collection is and what it did; of a dry run, what it would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectionReport {
    /// Whether nothing is taken away.
    pub dry_run: bool,
    /// What it is at.
    pub phase: CollectionPhase,
    /// Things of this phase that are done.
    pub done: u64,
    /// Things of this phase that there were when it began: links, blobs to remove, or objects.
    pub total: u64,
    /// Links taken away.
    pub links: u64,
    /// Blobs removed.
    pub blobs: u64,
    /// Bytes of those blobs.
    pub bytes: u64,
    /// Blobs that nothing names any more and that stay, as a backup names them.
    pub kept: u64,
    /// Bytes of those.
    pub kept_bytes: u64,
    /// Objects without a row that were removed.
    pub objects: u64,
    /// Bytes of those objects.
    pub object_bytes: u64,
}

impl CollectionReport {
    /// Bytes that the store has got back.
    pub fn freed(&self) -> u64 {
        self.bytes.saturating_add(self.object_bytes)
    }
}

/// How far a move into another store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveReport {
    /// Whether a pass has found nothing more to copy.
    pub finished: bool,
    /// Which pass it is at; the last one finds nothing.
    pub pass: u64,
    /// Blobs of this pass that were looked at.
    pub done: u64,
    /// Blobs that there were when it began.
    pub total: u64,
    /// Blobs that were copied, in all passes.
    pub copied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that the previous store does not have as they were, in this pass.
    pub failed: u64,
    /// Whether all blobs are in the new store, and servers ask the previous one no more.
    #[serde(default)]
    pub switched: bool,
}
