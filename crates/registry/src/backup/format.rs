//! The lines of a copy.

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, BufReader, Read, Write};
use time::OffsetDateTime;

/// The format that this release writes, and the only one so far.
const FORMAT: u32 = 1;

/// The longest line that is read: a manifest has 4 MiB, and a third more in base64.
const LONGEST: u64 = 64 << 20;

/// Why a copy cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It cannot be written or read.
    #[error("the copy cannot be written or read")]
    Io(#[from] io::Error),
    /// It is none of ours, or not whole.
    #[error("this is no whole copy of a database: {0}")]
    Malformed(String),
    /// A later release wrote it.
    #[error("a later release of Slipway wrote this copy: it has {0}, which this one does not know")]
    TooNew(String),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] crate::Error),
    /// There is something in the database.
    #[error("the database is not empty: the table {0} has rows. A copy is restored into a new one")]
    NotEmpty(String),
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Row(Vec<Json>),
    Head(Head),
    Table(TableHead),
    Foot(Foot),
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) slipway_backup: u32,
    /// The release that wrote it.
    pub(super) version: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// Migrations that the database had seen.
    pub(super) migrations: Vec<String>,
}

/// The line before a table's rows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TableHead {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// The last id that was given out.
    pub(super) last_id: Option<i64>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Foot {
    pub(super) rows: u64,
    /// Of all lines before, with their ends, in lower hex.
    pub(super) sha256: String,
}

impl Head {
    pub(super) fn new(at: OffsetDateTime, migrations: Vec<String>) -> Self {
        Self { slipway_backup: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), at, migrations }
    }
}

/// Writes lines.
pub(super) struct Writer<W: Write> {
    to: GzEncoder<W>,
    hash: Sha256,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: GzEncoder::new(to, Compression::default()), hash: Sha256::new() }
    }

    pub(super) fn line(&mut self, line: &Line) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::other)?;
        text.push(b'\n');
        self.hash.update(&text);
        Ok(self.to.write_all(&text)?)
    }

    pub(super) fn end(mut self, rows: u64) -> Result<(), BackupError> {
        let sha256 = hex(&self.hash.clone().finalize());
        self.line(&Line::Foot(Foot { rows, sha256 }))?;
        self.to.finish()?.flush()?;
        Ok(())
    }
}

/// Reads lines.
pub(super) struct Reader<R: Read> {
    from: BufReader<MultiGzDecoder<R>>,
    hash: Sha256,
    rows: u64,
    ended: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the first line.
    pub(super) fn open(from: R) -> Result<(Self, Head), BackupError> {
        let mut reader =
            Self { from: BufReader::new(MultiGzDecoder::new(from)), hash: Sha256::new(), rows: 0, ended: false };
        match reader.line() {
            Ok(Some(Line::Head(head))) if head.slipway_backup == FORMAT => Ok((reader, head)),
            Ok(Some(Line::Head(head))) => Err(BackupError::TooNew(format!("format {}", head.slipway_backup))),
            Ok(_) => Err(BackupError::Malformed("it does not begin as one".to_owned())),
            Err(error) => Err(error),
        }
    }

    /// The next line, or nothing after the last one, which proves that all lines before are as they were written.
    pub(super) fn line(&mut self) -> Result<Option<Line>, BackupError> {
        if self.ended {
            return Ok(None);
        }
        let mut text = Vec::new();
        let read = (&mut self.from).take(LONGEST).read_until(b'\n', &mut text).map_err(told)?;
        if read == 0 || text.last() != Some(&b'\n') {
            return Err(BackupError::Malformed("it was cut".to_owned()));
        }
        let line: Line =
            serde_json::from_slice(&text).map_err(|_| BackupError::Malformed("a line is none".to_owned()))?;
        if let Line::Foot(foot) = &line {
            if foot.sha256 != hex(&self.hash.clone().finalize()) || foot.rows != self.rows {
                return Err(BackupError::Malformed("its checksum is another one".to_owned()));
            }
            // To the end of the stream, which has a checksum of its own.
            if self.from.read(&mut [0]).map_err(told)? != 0 {
                return Err(BackupError::Malformed("something follows its end".to_owned()));
            }
            self.ended = true;
            return Ok(None);
        }
        self.hash.update(&text);
        self.rows += u64::from(matches!(line, Line::Row(_)));
        Ok(Some(line))
    }
}

/// What an error of the decompression says about the copy.
fn told(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Malformed("it was cut".to_owned()),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => BackupError::Malformed("it is damaged".to_owned()),
        _ => BackupError::Io(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl From<blobstore::StoreError> for BackupError {
    fn from(error: blobstore::StoreError) -> Self {
        Self::Registry(crate::content::store_error(error))
    }
}
