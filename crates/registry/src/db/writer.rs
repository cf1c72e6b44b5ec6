//! The one writer of a SQLite database.
//!
//! Jobs queue up for a task that owns the only writing connection. It runs those that wait together in one
//! `BEGIN IMMEDIATE … COMMIT`, so that one fsync (`synchronous=FULL`) serves them all. A job's caller hears of success only
//! after the `COMMIT`. Where a job fails, everything is rolled back and run again with a savepoint for each job, so that an
//! error undoes that job alone: errors are rare, and savepoints would cost each job two more statements.

use crate::{Error, Result};
use futures::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; beyond this, callers wait for a place.
const QUEUE: usize = 1024;

/// Jobs that share one commit at most, so that none waits long for the others.
const BATCH: usize = 64;

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

    pub(super) async fn run<A, T, F>(&self, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = WriteJob { args, work, outcome: None, reply };
        self.jobs.send(Box::new(job)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::Database("the writer of the database has stopped".into())
}

/// A piece of work with its result's type hidden.
trait Job: Send {
    /// Runs it and keeps the outcome; tells whether it succeeded.
    fn run<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, bool>;
    /// Tells the caller, once it is known whether the transaction was committed.
    fn finish(self: Box<Self>, committed: Result<(), Arc<DbErr>>);
}

struct WriteJob<A, T, F> {
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
    fn run<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let outcome = (self.work)(transaction, &self.args).await;
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), Arc<DbErr>>) {
        let outcome = match (self.outcome, committed) {
            // Its own error stands, whatever became of the others.
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(commit_failed(&error)),
            (Some(outcome), Ok(())) => outcome,
            (None, Ok(())) => Err(stopped()),
        };
        // A caller that went away does not need the answer.
        let _ = self.reply.send(outcome);
    }
}

fn commit_failed(error: &Arc<DbErr>) -> Error {
    if super::is_full(error) { Error::StorageFull } else { Error::Database(Box::new(Arc::clone(error))) }
}

async fn serve(connection: DatabaseConnection, mut queue: mpsc::Receiver<Box<dyn Job>>, ended: Arc<AtomicU64>) {
    while let Some(first) = queue.recv().await {
        let mut done = Vec::new();
        let committed = run_batch(&connection, first, &mut queue, &mut done).await.map_err(Arc::new);
        ended.fetch_add(1, Ordering::AcqRel);
        for job in done {
            job.finish(committed.clone());
        }
    }
}

/// Runs the first job and whatever waits behind it in one transaction; every job taken is in `done` afterwards.
async fn run_batch(
    connection: &DatabaseConnection,
    first: Box<dyn Job>,
    queue: &mut mpsc::Receiver<Box<dyn Job>>,
    done: &mut Vec<Box<dyn Job>>,
) -> Result<(), DbErr> {
    done.push(first);
    let transaction = begin(connection).await?;
    let mut at = 0;
    while let Some(job) = done.get_mut(at) {
        if !job.run(&transaction).await {
            transaction.rollback().await?;
            return run_apart(connection, done).await;
        }
        at += 1;
        if at < BATCH {
            done.extend(queue.try_recv().ok());
        }
    }
    transaction.commit().await
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
