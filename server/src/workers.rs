//! Work beside requests.

use std::time::Duration;

use registry::Registry;
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::listener::Drain;

/// How long pull counts may be in memory only.
const FLUSH: Duration = Duration::from_secs(5);
/// How often what nobody needs any more is looked for.
const SWEEP: Duration = Duration::from_secs(300);

/// Starts the work; the task ends once the server stops, after what was gathered is written.
pub fn start(registry: Registry, drain: Drain) -> JoinHandle<()> {
    tokio::spawn(async move {
        let sweeping = tokio::spawn(sweep(registry.clone(), drain.clone()));
        let mut ticks = ticks(FLUSH);
        loop {
            tokio::select! {
                _ = ticks.tick() => flush(&registry).await,
                () = drain.started() => break,
            }
        }
        let _ = sweeping.await;
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

/// The first one after a whole period: the start has better things to do.
fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
