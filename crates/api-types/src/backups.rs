//! Copies of the database: how far one is, and those that there are.

use crate::JobSummary;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    /// Tables.
    pub tables: u64,
    /// Rows of all of them.
    pub rows: u64,
    /// Bytes of the copy.
    pub bytes: u64,
}

/// How far a copy is that a job makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Whether it is whole.
    pub finished: bool,
    /// Rows that are copied.
    pub done: u64,
    /// Rows that there are.
    pub total: u64,
    /// Bytes of the copy, once it is whole.
    pub bytes: u64,
}

/// Where a copy was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupPlace {
    /// Into the folder of those that are kept.
    Folder,
    /// Into the bucket, beside the blobs.
    Bucket,
    /// Into a file of somebody's choice, who has it from then on.
    File,
}

/// A copy of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCopy {
    /// The name of the file.
    pub name: String,
    /// Where it was put.
    pub place: BackupPlace,
    /// The moment that it shows.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Until when blobs are kept that only it names; absent: as long as the copy itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub held_until: Option<OffsetDateTime>,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub size: u64,
}

/// Where copies go that nobody takes away, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlan {
    /// A folder, or the bucket of the blobs.
    pub place: BackupPlace,
    /// The folder's path, or the bucket's name with the prefix.
    pub path: String,
    /// Seconds between copies that servers make by themselves; absent: they make none.
    pub interval: Option<u64>,
    /// How many are kept.
    pub keep: u64,
}

/// What the card of backups shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupState {
    /// The newest job.
    pub job: Option<JobSummary>,
    /// The newest copies, newest first.
    pub copies: Vec<BackupCopy>,
    /// Where they go, and when.
    pub plan: BackupPlan,
}
