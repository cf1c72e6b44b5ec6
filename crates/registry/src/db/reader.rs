//! Reading outside of transactions.

use super::postgres::Failure;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use std::time::{Duration, Instant};

/// How long after a lost connection another one is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A pool of connections for statements that only read. Where a server may restart, a statement whose connection is lost is
/// given to another one: it changes nothing, so it may run twice.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pool: DatabaseConnection,
    patience: Duration,
}

impl Reader {
    /// For a database in this process.
    pub(super) fn new(pool: DatabaseConnection) -> Self {
        Self { pool, patience: Duration::ZERO }
    }

    /// For a server, which is given this long to come back.
    pub(super) fn patient(pool: DatabaseConnection, patience: Duration) -> Self {
        Self { pool, patience }
    }

    /// The error, unless another connection may do better; then waits a little.
    async fn unless_lost(&self, error: DbErr, started: Instant) -> Result<(), DbErr> {
        if Failure::of_statement(&error) != Failure::Lost || started.elapsed() >= self.patience {
            return Err(error);
        }
        tracing::debug!(error = &error as &dyn std::error::Error, "a statement is run again");
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if self.patience.is_zero() {
            return self.pool.query_one_raw(statement).await;
        }
        let started = Instant::now();
        loop {
            match self.pool.query_one_raw(statement.clone()).await {
                Err(error) => self.unless_lost(error, started).await?,
                done => return done,
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.patience.is_zero() {
            return self.pool.query_all_raw(statement).await;
        }
        let started = Instant::now();
        loop {
            match self.pool.query_all_raw(statement.clone()).await {
                Err(error) => self.unless_lost(error, started).await?,
                done => return done,
            }
        }
    }
}
