//! Taking a job, keeping it, and ending it.

use super::{Jobs, LOOK_EVERY};
use crate::{
    Error, Result,
    backup::Backup,
    content::{
        collection::Collection,
        fsck::Fsck,
        moving::{self, Move},
        retention::work::Run,
    },
    db::{
        self,
        jobs::{End, Held, LEASE, Progress, Taken, Wanted},
    },
};
use api_types::{JobEvent, JobKind, JobState};
use std::{future::Future, time::Duration};

/// After so many attempts in a row that got no further, a job that breaks is given up.
const ATTEMPTS: u64 = 5;

/// After so many holders in a row that got no further it is given up, whatever became of them: it may be the job that kills them.
const HOLDERS: u64 = 20;

/// The rest after the first attempt that broke; four times as long after each further one.
const PAUSE: Duration = Duration::from_secs(5);

/// How a process came to the end of its work on a job.
#[derive(Debug)]
pub enum Ended {
    /// The job is done.
    Done,
    /// The process stops; another one goes on.
    Released,
    /// Somebody stopped the job.
    Cancelled,
    /// Another process has the job.
    Lost,
    /// It broke; it is tried again, or given up.
    Broke(Error),
}

impl Jobs {
    /// Waits until there may be a job of the kind to take. A move is for those who store where it leads, and what looks at all objects
    /// for those who store where blobs are.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn due(&self, kind: JobKind) -> Result<()> {
        loop {
            // A job may be asked for right after the look: whoever waits already is woken.
            let asked = self.asked.notified();
            let order = db::jobs::find_due(self.content.db.reader(), kind).await?;
            let is_ours = |order: String| match kind {
                JobKind::Move => moving::is_for(&self.content, &order),
                JobKind::Collection | JobKind::Fsck => !self.content.is_astray(),
                JobKind::Backup | JobKind::Retention => true,
            };
            if order.is_some_and(is_ours) {
                return Ok(());
            }
            let _ = tokio::time::timeout(LOOK_EVERY, asked).await;
        }
    }

    /// Takes a job (this one, or any that is due) and works on it until it ends or `stop` does. `None` if there is none to
    /// take.
    ///
    /// # Errors
    /// [`Error::Database`] where it cannot be taken, or its end not be written; the lease runs out then.
    pub async fn run(&self, wanted: Option<i64>, stop: impl Future<Output = ()>) -> Result<Option<Ended>> {
        self.take(wanted.map_or(Wanted::Any, Wanted::Id), stop).await
    }

    /// As [`Jobs::run`] with any job of the kind.
    ///
    /// # Errors
    /// As [`Jobs::run`].
    pub async fn run_any(&self, kind: JobKind, stop: impl Future<Output = ()>) -> Result<Option<Ended>> {
        self.take(Wanted::Kind(kind), stop).await
    }

    async fn take(&self, wanted: Wanted, stop: impl Future<Output = ()>) -> Result<Option<Ended>> {
        let args = (wanted, self.holder.clone());
        let taken = self.content.db.write(args, |txn, (wanted, holder)| {
            Box::pin(async move {
                let taken = db::jobs::take(txn, *wanted, holder).await?;
                if let Some(taken) = &taken {
                    let event = JobEvent::Taken { holder: holder.to_string(), attempt: taken.attempts };
                    db::jobs::note(txn, taken.held.id, event).await?;
                }
                Ok(taken)
            })
        });
        let Some(taken) = taken.await? else { return Ok(None) };
        tracing::info!(job = taken.held.id, attempt = taken.attempts, "a job begins");
        let ended = tokio::select! {
            done = self.perform(&taken) => match done {
                Ok(()) => Ended::Done,
                Err(error) => broken(error),
            },
            lost = self.keep(taken.held) => broken(lost),
            () = stop => Ended::Released,
        };
        self.end(&taken, &ended).await?;
        Ok(Some(ended))
    }

    async fn perform(&self, taken: &Taken) -> Result<()> {
        if taken.attempts > HOLDERS {
            return Err(Error::Internal("too many processes have taken this job and none has finished it".into()));
        }
        match taken.kind {
            JobKind::Collection => {
                Collection::resume(&self.content, taken.held, &taken.payload, &taken.progress)?.run().await
            }
            JobKind::Fsck => Fsck::resume(&self.content, taken.held, &taken.payload, &taken.progress)?.run().await,
            JobKind::Backup => Backup::new(&self.backups, taken.held).run().await,
            JobKind::Move => Move::resume(&self.content, taken.held, &taken.payload, &taken.progress)?.run().await,
            JobKind::Retention => Run::resume(&self.content, taken.held, &taken.payload, &taken.progress)?.run().await,
        }
    }

    /// Renews the lease for as long as that works.
    async fn keep(&self, held: Held) -> Error {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            let renewed = self
                .content
                .db
                .write(held, |txn, held| Box::pin(async move { db::jobs::advance(txn, *held, Progress::Same).await }));
            match renewed.await {
                Ok(()) => {}
                Err(error @ (Error::JobLost | Error::JobCancelled)) => return error,
                // It may be back before the lease runs out; if not, the next attempt says that the job is lost.
                Err(error) => {
                    tracing::warn!(job = held.id, error = &error as &dyn std::error::Error, "a lease is not renewed");
                }
            }
        }
    }

    /// Writes how it ended, unless another process has it.
    async fn end(&self, taken: &Taken, ended: &Ended) -> Result<()> {
        let (end, event, reason) = match ended {
            Ended::Lost => {
                tracing::warn!(job = taken.held.id, "another process has taken over the job");
                return Ok(());
            }
            Ended::Done => (End::Final(JobState::Succeeded), None, None),
            Ended::Released => (End::Released, Some(JobEvent::Released { holder: self.holder.to_string() }), None),
            Ended::Cancelled => (End::Final(JobState::Cancelled), Some(JobEvent::Cancelled), None),
            Ended::Broke(error) => {
                let reason = reason(error);
                tracing::warn!(job = taken.held.id, error = error as &dyn std::error::Error, "a job broke");
                // It may have got on since it was taken.
                let attempts = db::jobs::attempts(self.content.db.reader(), taken.held).await?;
                let attempts = attempts.unwrap_or(taken.attempts);
                let end = if attempts >= ATTEMPTS {
                    End::Final(JobState::Failed)
                } else {
                    let exponent = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
                    End::Again(PAUSE * 4_u32.saturating_pow(exponent.min(8)))
                };
                (end, Some(JobEvent::Broke { reason: reason.clone() }), Some(reason))
            }
        };
        let args = (taken.held, end, event, reason);
        let finished = self.content.db.write(args, |txn, (held, end, event, reason)| {
            Box::pin(async move {
                if !db::jobs::finish(txn, *held, end, reason.as_deref()).await? {
                    return Ok(false);
                }
                if let Some(event) = event {
                    db::jobs::note(txn, held.id, event.clone()).await?;
                }
                Ok(true)
            })
        });
        if finished.await? {
            tracing::info!(job = taken.held.id, ended = ended.word(), "a job ends");
        }
        Ok(())
    }
}

impl Ended {
    fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::Broke(_) => "broke",
        }
    }
}

fn broken(error: Error) -> Ended {
    match error {
        Error::JobLost => Ended::Lost,
        Error::JobCancelled => Ended::Cancelled,
        error => Ended::Broke(error),
    }
}

/// An error with its causes, in one line.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.chars().take(500).collect()
}
