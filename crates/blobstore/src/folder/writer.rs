//! Writing uploads.
//!
//! Pieces are gathered into batches, and a batch is written by a thread for blocking work while the next one is being
//! received. So a writer holds at most two batches, no thread while it waits for its client, and the disk, the network
//! and the hashing of the caller work at the same time.

use std::{
    fs::File,
    io::{self, IoSlice, Write as _},
    mem,
    ops::Range,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::task::JoinHandle;

use super::{
    Folder, in_thread, joined,
    layout::{Id, Paused},
    system,
};
use crate::{BlobWriter, Location, StoreError, UploadState};

/// Bytes that are gathered before they are written.
const BATCH: usize = 256 * 1024;

/// Pieces smaller than this are copied together, so that a client that sends single bytes costs no more memory than
/// others.
const SMALL: usize = 4 * 1024;

/// After this many bytes the kernel is asked to begin with writing them to the disk.
const WRITE_BACK: u64 = 8 * 1024 * 1024;

/// Appends to an upload's file, which it has locked.
#[derive(Debug)]
pub(super) struct FolderWriter {
    folder: Arc<Folder>,
    id: Id,
    file: Arc<File>,
    /// Bytes taken, including those that are not written yet.
    length: u64,
    /// Up to where the kernel was asked to write back.
    written_back: u64,
    /// Whether all of the file is on stable storage.
    durable: bool,
    batch: Batch,
    writing: Option<JoinHandle<io::Result<()>>>,
    /// How to tidy up when the writer is dropped.
    leftover: Leftover,
}

/// What a dropped writer has written for nothing.
#[derive(Debug, Clone, Copy)]
enum Leftover {
    /// All of the upload: nobody has a state to resume it with.
    Upload,
    /// What follows this offset, at which the writer began. A full disk needs it back before the next sweep.
    After(u64),
    /// Nothing: the writer did its work.
    Nothing,
}

impl FolderWriter {
    /// Begins with a new file, which the caller has locked.
    pub(super) fn begin(folder: Arc<Folder>, id: Id, file: File) -> Self {
        // Not durable, though empty: it is new.
        let mut writer = Self::resume(folder, id, file, 0, false);
        writer.leftover = Leftover::Upload;
        writer
    }

    /// Goes on at the end of a file of `length` bytes, which the caller has locked.
    pub(super) fn resume(folder: Arc<Folder>, id: Id, file: File, length: u64, durable: bool) -> Self {
        Self {
            folder,
            id,
            file: Arc::new(file),
            length,
            written_back: length,
            durable,
            batch: Batch::default(),
            writing: None,
            leftover: Leftover::After(length),
        }
    }

    /// Waits for the batch that is being written.
    async fn settle(&mut self) -> Result<(), StoreError> {
        if let Some(writing) = &mut self.writing {
            let written = joined(writing.await);
            self.writing = None;
            written?;
        }
        Ok(())
    }

    /// Hands the gathered pieces to a thread.
    async fn write_batch(&mut self) -> Result<(), StoreError> {
        self.settle().await?;
        let permit = self.folder.turn().await;
        let file = self.file.clone();
        let batch = mem::take(&mut self.batch);
        let write_back = self.due_write_back();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            batch.write_to(&file)?;
            if let Some(range) = write_back {
                system::write_back(&file, &range);
            }
            drop(permit);
            Ok(())
        }));
        Ok(())
    }

    fn due_write_back(&mut self) -> Option<Range<u64>> {
        (self.length - self.written_back >= WRITE_BACK).then(|| {
            let start = mem::replace(&mut self.written_back, self.length);
            start..self.length
        })
    }

    /// Writes what is left, makes the bytes durable, and then does `then` in the same thread. Gives the writer back.
    async fn finish(
        mut self: Box<Self>,
        then: impl FnOnce(&Self) -> io::Result<()> + Send + 'static,
    ) -> Result<Box<Self>, StoreError> {
        self.settle().await?;
        let permit = self.folder.turn().await;
        let finished = in_thread(move || {
            mem::take(&mut self.batch).write_to(&self.file)?;
            let actual = self.file.metadata()?.len();
            if actual != self.length {
                // A write failed and nobody listened, or somebody else changed the file.
                return Ok(Err(StoreError::Truncated { expected: self.length, actual }));
            }
            if !self.durable {
                self.file.sync_data()?;
            }
            then(&self)?;
            // Said here, for the caller may be gone.
            self.leftover = Leftover::Nothing;
            Ok(Ok(self))
        })
        .await;
        drop(permit);
        finished?
    }
}

#[async_trait]
impl BlobWriter for FolderWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.length += chunk.len() as u64;
        self.durable = false;
        self.batch.push(chunk);
        if self.batch.length >= BATCH { self.write_batch().await } else { Ok(()) }
    }

    async fn pause(self: Box<Self>) -> Result<UploadState, StoreError> {
        let writer = self.finish(|_| Ok(())).await?;
        Ok((&Paused { id: writer.id.clone(), durable: writer.length }).into())
    }

    async fn commit(self: Box<Self>) -> Result<Location, StoreError> {
        let writer = self
            .finish(|writer| {
                let root = &writer.folder.root;
                system::rename(root, &writer.id.upload(), &writer.id.object())?;
                system::sync_folder(root, writer.id.shard()).inspect_err(|_| {
                    // It may or may not survive a power cut. Nobody will hear of it, so try to leave no garbage.
                    let _ = system::remove(root, &writer.id.object());
                })
            })
            .await?;
        Ok(writer.id.location())
    }

    async fn abort(mut self: Box<Self>) {
        self.leftover = Leftover::Nothing;
        if let Err(error) = self.folder.clone().remove_upload(self.id.clone()).await {
            tracing::warn!(%error, "could not remove an aborted upload; it is left to the next sweep");
        }
    }
}

impl Drop for FolderWriter {
    fn drop(&mut self) {
        let leftover = self.leftover;
        if matches!(leftover, Leftover::Nothing) {
            return;
        }
        // Without a runtime the process is about to end, and the next one sweeps.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (folder, id, file) = (self.folder.clone(), self.id.clone(), self.file.clone());
        let writing = self.writing.take();
        runtime.spawn(async move {
            if let Some(writing) = writing {
                drop(writing.await);
            }
            // The file, and with it the lock, is kept until this is done: a writer that resumes waits for it.
            let tidied = in_thread(move || match leftover {
                Leftover::Upload => system::remove(&folder.root, &id.upload()).map(drop),
                Leftover::After(offset) => file.set_len(offset),
                Leftover::Nothing => Ok(()),
            });
            if let Err(error) = tidied.await {
                tracing::warn!(%error, "could not remove what an upload left behind; it is left to the next sweep");
            }
        });
    }
}

/// Pieces in order, to be written with few calls and no copy.
#[derive(Debug, Default)]
struct Batch {
    pieces: Vec<Bytes>,
    /// Small pieces after the last of `pieces`.
    tail: BytesMut,
    length: usize,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        if chunk.len() < SMALL {
            self.tail.extend_from_slice(&chunk);
        } else {
            self.seal();
            self.pieces.push(chunk);
        }
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    fn write_to(mut self, mut file: &File) -> io::Result<()> {
        self.seal();
        let mut slices: Vec<_> = self.pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match file.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn small_and_large_pieces_are_written_in_order() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut batch = Batch::default();
        let mut expected = Vec::new();
        for (index, length) in [1, SMALL, SMALL - 1, 7, 3 * SMALL, 0, 1].into_iter().enumerate() {
            let piece = vec![u8::try_from(index).unwrap(); length];
            expected.extend_from_slice(&piece);
            batch.push(piece.into());
        }
        assert_eq!(batch.length, expected.len());
        batch.write_to(path.as_file()).unwrap();
        assert!(std::fs::read(path.path()).unwrap() == expected);
    }
}
