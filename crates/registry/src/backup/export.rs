//! Writing a copy.

use super::{
    BackupError,
    format::{Foot, Head, Line, TableHead, Writer},
};
use crate::{
    Database, Error,
    db::{
        moments::Moment,
        tables::{self, Table},
    },
};
use api_types::BackupSummary;
use blobstore::ShelfWriter;
use bytes::Bytes;
use std::{
    io::{self, ErrorKind, Write},
    mem,
    sync::atomic::{AtomicU64, Ordering},
};
use time::OffsetDateTime;
use tokio::sync::mpsc;

/// Lines that may wait to be compressed.
const WAITING: usize = 256;

/// What is compressed goes on in pieces of this size.
const PIECE: usize = 1 << 20;

/// Pieces that may wait to be written.
const PIECES: usize = 2;

/// How far a copy is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Rows that are copied, and that there are.
    pub(super) fn seen(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}

pub(super) async fn export(
    database: &Database,
    at: OffsetDateTime,
    to: &mut dyn ShelfWriter,
    progress: &Progress,
) -> Result<BackupSummary, BackupError> {
    let (lines, queued) = mpsc::channel(WAITING);
    let (pieces, mut ready) = mpsc::channel::<Bytes>(PIECES);
    let compressing = tokio::task::spawn_blocking(move || compress(queued, pieces));
    let reading = async move { read(database, at, &lines, progress).await };
    let writing = async move {
        let mut bytes = 0;
        while let Some(piece) = ready.recv().await {
            bytes += piece.len() as u64;
            to.write(piece).await?;
        }
        Ok::<_, BackupError>(bytes)
    };
    let (read, written) = tokio::join!(reading, writing);
    // Whoever fails stops listening, and the others tell only of that.
    let bytes = written?;
    compressing.await.map_err(|error| Error::Internal(Box::new(error)))??;
    Ok(BackupSummary { bytes, ..read? })
}

/// Compresses lines until there is a foot; without one nothing is told to be whole.
fn compress(mut lines: mpsc::Receiver<Line>, pieces: mpsc::Sender<Bytes>) -> Result<(), BackupError> {
    let mut writer = Writer::new(Pieces { held: Vec::with_capacity(PIECE), to: pieces });
    while let Some(line) = lines.blocking_recv() {
        if let Line::Foot(foot) = line {
            return writer.end(foot.rows);
        }
        writer.line(&line)?;
    }
    Ok(())
}

async fn read(
    database: &Database,
    at: OffsetDateTime,
    lines: &mpsc::Sender<Line>,
    progress: &Progress,
) -> Result<BackupSummary, BackupError> {
    let stopped = || BackupError::Io(ErrorKind::BrokenPipe.into());
    let moment = Moment::open(database).await?;
    let transaction = moment.transaction();
    let mut summary = BackupSummary::default();
    let head = Head::new(at, tables::migrations(transaction).await?);
    lines.send(Line::Head(head)).await.map_err(|_| stopped())?;
    let tables: Vec<Table> = tables::list(transaction).await?.into_iter().filter(Table::is_copied).collect();
    for table in &tables {
        progress.total.fetch_add(table.count(transaction).await?, Ordering::Relaxed);
    }
    for table in tables {
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        let last_id = table.last_id(transaction).await?;
        let head = TableHead { table: table.name.clone(), columns, last_id };
        lines.send(Line::Table(head)).await.map_err(|_| stopped())?;
        let sent = table.send(transaction, lines, Line::Row, &progress.done).await?;
        summary.rows += sent.ok_or_else(stopped)?;
        summary.tables += 1;
    }
    moment.close().await?;
    let foot = Foot { rows: summary.rows, sha256: String::new() };
    lines.send(Line::Foot(foot)).await.map_err(|_| stopped())?;
    Ok(summary)
}

/// Hands bytes over in pieces.
struct Pieces {
    held: Vec<u8>,
    to: mpsc::Sender<Bytes>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = mem::replace(&mut self.held, Vec::with_capacity(PIECE));
        self.to.blocking_send(piece.into()).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}
