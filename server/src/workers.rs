//! Work beside requests.

use std::time::Duration;

use api_types::JobKind;
use registry::{Registry, jobs::JobRequest};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::{config::Config, listener::Drain};

/// How long pull counts may be in memory only.
const FLUSH: Duration = Duration::from_secs(5);
/// How often what nobody needs any more is looked for.
const SWEEP: Duration = Duration::from_secs(300);
/// How often it is looked whether the time for a job has come.
const SCHEDULE: Duration = Duration::from_secs(60);
/// How often it is looked whether all blobs are in the present store, and how long that may take.
pub const FOLLOW: Duration = Duration::from_secs(3);
/// The rest after the database did not answer.
const TROUBLED: Duration = Duration::from_secs(5);

/// Which jobs are asked for by themselves, and how often.
#[derive(Clone, Debug)]
pub struct Schedule(Vec<(JobRequest, Duration)>);

impl Schedule {
    /// As the operator wants it.
    pub fn of(config: &Config) -> Self {
        let collection = JobRequest::Collection { dry_run: false, grace: None };
        let jobs = [(collection, config.collection.interval), (JobRequest::Backup, config.backup.interval)];
        Self(jobs.into_iter().filter_map(|(job, interval)| Some((job, interval?))).collect())
    }
}

/// Starts the work; the task ends once the server stops, after what was gathered is written.
pub fn start(registry: Registry, jobs: Schedule, drain: Drain) -> JoinHandle<()> {
    tokio::spawn(async move {
        let sweeping = tokio::spawn(sweep(registry.clone(), drain.clone()));
        let working = JobKind::ALL.map(|kind| tokio::spawn(work(registry.clone(), kind, drain.clone())));
        for (job, interval) in jobs.0 {
            tokio::spawn(schedule(registry.clone(), job, interval, drain.clone()));
        }
        tokio::spawn(follow(registry.clone(), drain.clone()));
        tokio::spawn(follow_home(registry.clone(), drain.clone()));
        let mut ticks = ticks(FLUSH);
        loop {
            tokio::select! {
                _ = ticks.tick() => flush(&registry).await,
                () = drain.started() => break,
            }
        }
        let _ = sweeping.await;
        for worker in working {
            let _ = worker.await;
        }
    })
}

/// Writes what was gathered in memory.
pub async fn flush(registry: &Registry) {
    if let Err(error) = registry.maintenance.flush_traffic().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "pull counts are not written yet");
    }
}

async fn sweep(registry: Registry, drain: Drain) {
    let mut ticks = ticks(SWEEP);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = registry.maintenance.sweep().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "sweeping failed, and is tried again");
                }
            }
            () = drain.started() => return,
        }
    }
}

/// Takes the jobs of a kind, one after the other. No kind waits for another one: a check or a move may take days. When the server
/// stops, another process goes on with what is not done.
async fn work(registry: Registry, kind: JobKind, drain: Drain) {
    loop {
        let due = tokio::select! {
            due = registry.jobs.due(kind) => due,
            () = drain.started() => return,
        };
        let worked = match due {
            Ok(()) => registry.jobs.run_any(kind, drain.started()).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = worked {
            tracing::warn!(error = &error as &dyn std::error::Error, "jobs have to wait");
            tokio::select! {
                () = tokio::time::sleep(TROUBLED) => {}
                () = drain.started() => return,
            }
        }
    }
}

async fn schedule(registry: Registry, job: JobRequest, interval: Duration, drain: Drain) {
    let mut ticks = ticks(SCHEDULE.min(interval));
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = registry.jobs.schedule(job, interval).await {
                    tracing::warn!(?job, error = &error as &dyn std::error::Error, "a job is not asked for");
                }
            }
            () = drain.started() => return,
        }
    }
}

/// Looks whether the time of a project's retention has come.
async fn follow(registry: Registry, drain: Drain) {
    let mut ticks = ticks(SCHEDULE);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = registry.retention.schedule().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no run of retention is asked for");
                }
            }
            () = drain.started() => return,
        }
    }
}

/// Looks whether blobs have moved, or go somewhere else again. What cannot be found out is not believed any more.
pub async fn follow_home(registry: Registry, drain: Drain) {
    let mut ticks = ticks(FOLLOW);
    loop {
        tokio::select! {
            _ = ticks.tick() => match tokio::time::timeout(FOLLOW, registry.maintenance.follow_home()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "it is not known whether all blobs have moved");
                }
                Err(_) => registry.maintenance.doubt_home(),
            },
            () = drain.started() => return,
        }
    }
}

/// The first one after a whole period: the start has better things to do.
fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
