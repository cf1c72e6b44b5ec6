//! Restoring a copy into a new database.

use super::{
    BackupError, BackupSummary, Plan,
    format::{Line, Reader, TableHead},
};
use crate::{
    Database, Error,
    db::{
        self,
        moments::Filling,
        tables::{self, ColumnKind, Table},
    },
};
use blobstore::StoreError;
use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use serde_json::Value as Json;
use std::io::{self, Read};
use tokio::sync::mpsc;

/// Values in one statement at most.
const VALUES: usize = 900;

/// Bytes in one statement, after which it goes.
const BYTES: usize = 4 << 20;

/// Lines that may wait for the database.
const WAITING: usize = 256;

/// A line, or why there is none.
type Told = Result<Line, BackupError>;

/// Restores a copy into an empty database, all of it or nothing. The schema is first made as it was when the copy was taken; the
/// next start brings it up to date.
///
/// # Errors
/// [`BackupError`]: what is read is no copy, was cut or changed, is of a later release, or there is something in the database.
pub async fn restore(database: &Database, from: impl Read + Send + 'static) -> Result<BackupSummary, BackupError> {
    let (lines, mut waiting) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        if let Err(error) = read(from, &lines) {
            // Whoever does not listen has an error of his own.
            let _ = lines.blocking_send(Err(error));
        }
    });
    let restored = write(database, &mut waiting).await;
    drop(waiting);
    reading.await.map_err(|error| Error::Internal(Box::new(error)))?;
    restored
}

/// Restores the copy of this name from the shelf, as [`restore`] does.
///
/// # Errors
/// As [`restore`]; [`Error::Store`] where there is none.
pub async fn restore_kept(database: &Database, plan: &Plan, name: &str) -> Result<BackupSummary, BackupError> {
    let stream = plan.shelf.open(name).await?;
    restore(database, Pieces { runtime: tokio::runtime::Handle::current(), stream, piece: Bytes::new() }).await
}

/// A stream as something that a thread for blocking work reads from.
struct Pieces {
    runtime: tokio::runtime::Handle,
    stream: BoxStream<'static, Result<Bytes, StoreError>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                Some(piece) => self.piece = piece.map_err(io::Error::other)?,
                None => return Ok(0),
            }
        }
        let taken = self.piece.len().min(into.len());
        into[..taken].copy_from_slice(&self.piece.split_to(taken));
        Ok(taken)
    }
}

/// Sends lines to the last one, which proves the others, or until nobody listens.
fn read(from: impl Read, lines: &mpsc::Sender<Told>) -> Result<(), BackupError> {
    let (mut reader, head) = Reader::open(from)?;
    let mut next = Some(Line::Head(head));
    while let Some(line) = next {
        if lines.blocking_send(Ok(line)).is_err() {
            return Ok(());
        }
        next = reader.line()?;
    }
    Ok(())
}

async fn write(database: &Database, lines: &mut mpsc::Receiver<Told>) -> Result<BackupSummary, BackupError> {
    let malformed = |reason: &str| BackupError::Malformed(reason.to_owned());
    let Some(Line::Head(head)) = lines.recv().await.transpose()? else { return Err(malformed("it has no head")) };
    let filling = Filling::begin(database, &head.migrations).await?;
    let filling = filling.map_err(|unknown| BackupError::TooNew(format!("the schema {unknown}")))?;
    let transaction = filling.transaction();
    let tables = tables::list(transaction).await?;
    for table in &tables {
        if !table.is_empty(transaction).await? {
            return Err(BackupError::NotEmpty(table.name.clone()));
        }
    }
    let mut summary = BackupSummary::default();
    let mut open: Option<Rows> = None;
    while let Some(line) = lines.recv().await.transpose()? {
        match line {
            Line::Table(head) => {
                if let Some(rows) = open.take() {
                    rows.end(transaction).await?;
                }
                summary.tables += 1;
                open = Some(Rows::of(&tables, head)?);
            }
            Line::Row(row) => {
                let rows = open.as_mut().ok_or_else(|| malformed("a row belongs to no table"))?;
                rows.add(transaction, row).await?;
                summary.rows += 1;
            }
            Line::Head(_) | Line::Foot(_) => return Err(malformed("a line is out of place")),
        }
    }
    if let Some(rows) = open.take() {
        rows.end(transaction).await?;
    }
    // Where blobs were when the copy was taken says nothing of where they are.
    if tables.iter().any(|table| table.name == "settings") {
        db::home::forget(transaction).await?;
    }
    filling.commit().await?;
    Ok(summary)
}

/// Rows of a table that go into it together.
struct Rows {
    table: Table,
    head: TableHead,
    kinds: Vec<ColumnKind>,
    waiting: Vec<Vec<Json>>,
    bytes: usize,
}

impl Rows {
    fn of(tables: &[Table], head: TableHead) -> Result<Self, BackupError> {
        let table = tables.iter().find(|table| table.name == head.table);
        let table = table.ok_or_else(|| BackupError::TooNew(format!("the table {}", head.table)))?.clone();
        let unknown = |column: &str| BackupError::TooNew(format!("the column {}.{column}", head.table));
        let kinds = table.kinds(&head.columns).map_err(unknown)?;
        Ok(Self { table, head, kinds, waiting: Vec::new(), bytes: 0 })
    }

    async fn add(&mut self, transaction: &db::Transaction, row: Vec<Json>) -> Result<(), BackupError> {
        if (self.waiting.len() + 1) * self.kinds.len() > VALUES || self.bytes > BYTES {
            self.flush(transaction).await?;
        }
        let size = |value: &Json| value.as_str().or_else(|| value.get("base64")?.as_str()).map_or(8, str::len);
        self.bytes += row.iter().map(size).sum::<usize>();
        self.waiting.push(row);
        Ok(())
    }

    async fn flush(&mut self, transaction: &db::Transaction) -> Result<(), BackupError> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() || self.table.insert(transaction, (&self.head.columns, &self.kinds), &rows).await? {
            return Ok(());
        }
        Err(BackupError::Malformed(format!("a row of {} does not fit", self.table.name)))
    }

    async fn end(mut self, transaction: &db::Transaction) -> Result<(), BackupError> {
        self.flush(transaction).await?;
        Ok(self.table.set_last_id(transaction, self.head.last_id.unwrap_or_default()).await?)
    }
}
