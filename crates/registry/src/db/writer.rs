//! The one writer of a SQLite database.
//!
//! Jobs queue up for a task that owns the only writing connection. It runs those that wait together in one
//! `BEGIN IMMEDIATE … COMMIT`, so that one fsync (`synchronous=FULL`) serves them all. A job's caller hears of success only
//! after the `COMMIT`. Where a job fails, everything is rolled back and run again with a savepoint for each job, so that an
//! error undoes that job alone: errors are rare, and savepoints would cost each job two more statements. A job that panics ends as
//! one that fails: its caller hears of it, and the task goes on.
//!
//! A transaction in which no job has to outlive the machine is committed without the fsync (`synchronous=NORMAL`). Its pages stand
//! in the log before those of all later ones, so the next fsync makes it durable with them, and nothing is ever found without what
//! was committed before it.

use crate::{Error, Result};
use futures::{FutureExt as _, future::BoxFuture};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; beyond this, callers wait for a place.
const QUEUE: usize = 1024;

/// Jobs that share one commit at most, so that none waits long for the others.
const BATCH: usize = 64;

/// What has to be left of a job that its caller has heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// All of it, whatever happens.
    Machine,
    /// All of it if this process dies. If the machine does, all or nothing.
    Process,
}

/// The handle to the writer task; the task ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    ended: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: DatabaseConnection) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let ended = Arc::<AtomicU64>::default();
        tokio::spawn(serve(connection, queue, Arc::clone(&ended)));
        Self { jobs, ended }
    }

    /// How many transactions have ended: it moves on before anybody hears of a job in them.
    pub(super) fn ended(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.ended)
    }

    pub(super) async fn run<A, T, F>(&self, durability: Durability, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = WriteJob { durability, args, work, outcome: None, reply };
        self.jobs.send(Box::new(job)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::Database("the writer of the database has stopped".into())
}

/// A job panicked. The panic itself was told where panics are.
#[derive(Debug, thiserror::Error)]
#[error("a write transaction panicked: {0}")]
struct Panicked(String);

impl Panicked {
    fn with(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "it does not say why".to_owned()))
    }
}

/// A piece of work with its result's type hidden.
trait Job: Send {
    /// What has to be left of it.
    fn durability(&self) -> Durability;
    /// Runs it and keeps the outcome; tells whether it succeeded.
    fn run<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, bool>;
    /// Whether it found no room.
    fn met_full(&self) -> bool;
    /// Tells the caller, once it is known whether the transaction was committed.
    fn finish(self: Box<Self>, committed: Result<(), Uncommitted>);
}

struct WriteJob<A, T, F> {
    durability: Durability,
    args: A,
    work: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<A, T, F> Job for WriteJob<A, T, F>
where
    A: Send + Sync,
    T: Send,
    F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // What it has half done in the database is rolled back, and it has nothing else.
            let (work, args) = (&self.work, &self.args);
            let outcome = match AssertUnwindSafe(async move { work(transaction, args).await }).catch_unwind().await {
                Ok(outcome) => outcome,
                Err(payload) => Err(Error::Internal(Box::new(Panicked::with(&*payload)))),
            };
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn met_full(&self) -> bool {
        matches!(self.outcome, Some(Err(Error::StorageFull)))
    }

    fn finish(self: Box<Self>, committed: Result<(), Uncommitted>) {
        let outcome = match (self.outcome, committed) {
            // Its own error stands, whatever became of the others.
            (Some(Err(error)), _) => Err(error),
            (_, Err(why)) => Err(why.into_error()),
            (Some(outcome), Ok(())) => outcome,
            (None, Ok(())) => Err(stopped()),
        };
        // A caller that went away does not need the answer.
        let _ = self.reply.send(outcome);
    }
}

/// Why a transaction was not committed.
#[derive(Clone, Debug)]
struct Uncommitted {
    cause: Arc<DbErr>,
    /// Whether there was no room: SQLite then ends the transaction within a job, with all that the others did.
    full: bool,
}

impl Uncommitted {
    fn into_error(self) -> Error {
        if self.full { Error::StorageFull } else { Error::Database(Box::new(self.cause)) }
    }
}

async fn serve(connection: DatabaseConnection, mut queue: mpsc::Receiver<Box<dyn Job>>, ended: Arc<AtomicU64>) {
    let mut turn = Turn { connection, durability: None, next: None };
    loop {
        let waiting = turn.next.take();
        let Some(first) = (if waiting.is_some() { waiting } else { queue.recv().await }) else { return };
        let mut batch = vec![first];
        let committed = turn.run(&mut batch, &mut queue).await;
        if committed.is_err() {
            // The next one may run on another connection.
            turn.durability = None;
        }
        let committed = committed.map_err(|error| Uncommitted {
            full: super::is_full(&error) || batch.iter().any(|job| job.met_full()),
            cause: Arc::new(error),
        });
        ended.fetch_add(1, Ordering::AcqRel);
        for job in batch {
            job.finish(committed.clone());
        }
    }
}

/// The connection, and what is known of it between two transactions.
struct Turn {
    connection: DatabaseConnection,
    /// What its commits survive; unknown before the first one.
    durability: Option<Durability>,
    /// A job that could not be a part of the last transaction.
    next: Option<Box<dyn Job>>,
}

impl Turn {
    /// Runs the first job of a batch and whatever waits behind it in one transaction; every job taken is in the batch afterwards.
    async fn run(
        &mut self,
        batch: &mut Vec<Box<dyn Job>>,
        queue: &mut mpsc::Receiver<Box<dyn Job>>,
    ) -> Result<(), DbErr> {
        while batch.len() < BATCH
            && let Ok(job) = queue.try_recv()
        {
            batch.push(job);
        }
        let all_may_go = batch.iter().all(|job| job.durability() == Durability::Process);
        let durability = if all_may_go { Durability::Process } else { Durability::Machine };
        self.survive(durability).await?;
        let transaction = begin(&self.connection).await?;
        let mut at = 0;
        while let Some(job) = batch.get_mut(at) {
            if !job.run(&transaction).await {
                transaction.rollback().await?;
                return run_apart(&self.connection, batch).await;
            }
            at += 1;
            if batch.len() < BATCH
                && self.next.is_none()
                && let Ok(job) = queue.try_recv()
            {
                if durability == Durability::Process && job.durability() == Durability::Machine {
                    self.next = Some(job);
                } else {
                    batch.push(job);
                }
            }
        }
        transaction.commit().await
    }

    /// Sets what the next commit survives. Cannot be changed within a transaction.
    async fn survive(&mut self, durability: Durability) -> Result<(), DbErr> {
        if self.durability == Some(durability) {
            return Ok(());
        }
        self.durability = None;
        self.connection
            .execute_unprepared(match durability {
                Durability::Machine => "PRAGMA synchronous = FULL",
                Durability::Process => "PRAGMA synchronous = NORMAL",
            })
            .await?;
        self.durability = Some(durability);
        Ok(())
    }
}

/// Runs jobs in one transaction, each in a savepoint.
async fn run_apart(connection: &DatabaseConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), DbErr> {
    let transaction = begin(connection).await?;
    for job in jobs {
        let savepoint = transaction.begin().await?;
        // A savepoint that cannot be left spoils the transaction: dropping it rolls everything back.
        if job.run(&savepoint).await { savepoint.commit().await? } else { savepoint.rollback().await? }
    }
    transaction.commit().await
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let immediate =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    connection.begin_with_options(immediate).await
}
