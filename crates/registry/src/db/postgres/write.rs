//! Write transactions.

use super::failure::Failure;
use crate::{Error, Result};
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, TransactionTrait};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How often work is begun again after a conflict. Each one means that somebody else got on.
const CONFLICTS: u32 = 20;

/// How often it is begun again after a violation, which is mostly meant as it says.
const VIOLATIONS: u32 = 3;

/// The longest pause before another run.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs each piece of work in a transaction of its own.
#[derive(Clone, Debug)]
pub(in crate::db) struct Writer {
    pool: DatabaseConnection,
    /// How long work may go on meeting lost connections: a server that restarts is back by then, or somebody has to know.
    patience: Duration,
    ended: Arc<AtomicU64>,
}

/// Why a run ended in vain.
struct Stopped {
    error: Error,
    failure: Failure,
}

impl Writer {
    pub(super) fn new(pool: DatabaseConnection, patience: Duration) -> Self {
        Self { pool, patience, ended: Arc::default() }
    }

    /// How many transactions have ended: it moves on before anybody hears of what they did.
    pub(in crate::db) fn ended(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.ended)
    }

    pub(in crate::db) async fn run<A, T, F>(&self, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let started = Instant::now();
        let (mut conflicts, mut violations, mut losses) = (0, 0, 0);
        loop {
            let Stopped { error, failure } = match self.attempt(&args, &work).await {
                Ok(done) => return Ok(done),
                Err(stopped) => stopped,
            };
            let again = match failure {
                Failure::Conflict => {
                    conflicts += 1;
                    conflicts <= CONFLICTS
                }
                Failure::Violation => {
                    violations += 1;
                    violations < VIOLATIONS
                }
                Failure::Lost => {
                    losses += 1;
                    started.elapsed() < self.patience
                }
                Failure::Final => false,
            };
            if !again {
                return Err(error);
            }
            tracing::debug!(error = &error as &dyn std::error::Error, "a transaction is run again");
            tokio::time::sleep(jitter(conflicts + violations + losses)).await;
        }
    }

    async fn attempt<A, T, F>(&self, args: &A, work: &F) -> Result<T, Stopped>
    where
        A: Send + Sync,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync,
    {
        let transaction = self.pool.begin().await.map_err(|error| stopped(error.into()))?;
        let done = match work(&transaction, args).await {
            Ok(done) => done,
            Err(error) => {
                // Where it cannot be rolled back, the server does it when the connection goes.
                let _ = transaction.rollback().await;
                return Err(stopped(error));
            }
        };
        let committed = transaction.commit().await;
        self.ended.fetch_add(1, Ordering::AcqRel);
        match committed {
            Ok(()) => Ok(done),
            Err(error) => {
                let Stopped { error, failure } = stopped(error.into());
                // Nobody knows whether the server heard it, so it is not for us to do it twice.
                Err(Stopped { error, failure: if failure == Failure::Lost { Failure::Final } else { failure } })
            }
        }
    }
}

fn stopped(error: Error) -> Stopped {
    let failure = Failure::of_work(&error);
    Stopped { error, failure }
}

/// Random, so that those who met do not meet again, and longer each time.
fn jitter(runs: u32) -> Duration {
    let most = Duration::from_millis(2).saturating_mul(1 << runs.min(5)).min(PAUSE);
    most.mul_f64(rand::random::<f64>())
}
