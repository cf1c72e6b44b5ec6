//! The job that makes a copy which is kept. One that was broken off is made anew.

use super::{Backups, export::Progress};
use crate::{
    Actor, Error, Result,
    db::{self, jobs::Held},
};
use api_types::{BackupReport, JobEvent, JobReport};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often progress is saved.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// How far a copy is, as its job keeps it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    report: BackupReport,
}

impl State {
    pub(crate) fn json(self) -> Result<String> {
        serde_json::to_string(&self).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// A copy that this process has the job of.
#[derive(Debug)]
pub(crate) struct Backup {
    backups: Backups,
    held: Held,
}

impl Backup {
    pub(crate) fn new(backups: &Backups, held: Held) -> Self {
        Self { backups: backups.clone(), held }
    }

    /// Makes the copy.
    ///
    /// # Errors
    /// [`Error::JobLost`], [`Error::JobCancelled`]; [`Error::Database`], [`Error::Store`]: there is no copy then.
    pub(crate) async fn run(self) -> Result<()> {
        let progress = Progress::default();
        let actor = Actor::system();
        let mut copying = Box::pin(self.backups.keep(&actor, &progress));
        let summary = loop {
            tokio::select! {
                copied = &mut copying => break copied?,
                () = tokio::time::sleep(SAVE_EVERY) => {
                    let (done, total) = progress.seen();
                    self.save(BackupReport { done, total, ..BackupReport::default() }).await?;
                }
            }
        };
        let (done, total) = (summary.rows, summary.rows);
        self.save(BackupReport { finished: true, done, total, bytes: summary.bytes }).await
    }

    async fn save(&self, report: BackupReport) -> Result<()> {
        let saved = self.backups.content.db.write((self.held, report), |txn, (held, report)| {
            Box::pin(async move {
                if report.finished {
                    db::jobs::note(txn, held.id, JobEvent::Reached { report: JobReport::Backup(*report) }).await?;
                }
                let json = State { report: *report }.json()?;
                // A copy that broke off is made anew.
                db::jobs::advance(txn, *held, db::jobs::Progress::Seen(&json)).await
            })
        });
        saved.await
    }
}
