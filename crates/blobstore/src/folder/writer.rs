//! Writing uploads.
//!
//! Bytes are gathered into blocks, and a block is written by a thread for blocking work while the next one is being
//! received. So a writer holds at most two blocks, no thread while it waits for its client, and the disk, the network
//! and the hashing of the caller work at the same time.
//!
//! Where a layer becomes large, its blocks go past the page cache (`O_DIRECT`): that spares a copy and the finding of
//! memory for it, and leaves no heap of unwritten pages behind which the syncs of everybody else would wait.

use std::{
    fs::File,
    io::{self, IoSlice, Write as _},
    mem,
    ops::Range,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::JoinHandle;

use super::{
    Folder,
    buffers::{ALIGNMENT, BUFFER, Buffer, Buffers},
    in_thread, joined,
    layout::{Id, Paused},
    system,
};
use crate::{BlobWriter, Location, StoreError, UploadState};

/// After this many bytes the kernel is asked to begin with writing them to the disk.
const WRITE_BACK: u64 = 8 * 1024 * 1024;

/// What is behind this offset goes past the page cache. Most layers are smaller, and are soon pulled again from there.
const DIRECT_FROM: u64 = 8 * 1024 * 1024;

/// From here on blocks are larger: few layers come so far, and those that do are paid for by the switch between threads.
const LARGE_FROM: u64 = 64 * 1024 * 1024;
const LARGE_BLOCK: usize = 4 * BUFFER;

/// Appends to an upload's file, which it has locked.
#[derive(Debug)]
pub(super) struct FolderWriter {
    folder: Arc<Folder>,
    id: Id,
    /// The object that it becomes, where that has a name already.
    object: Option<Id>,
    file: Arc<File>,
    /// Bytes taken, including those that are not written yet.
    length: u64,
    /// Up to where the kernel was asked to write back.
    written_back: u64,
    /// Whether all of the file is on stable storage.
    durable: bool,
    block: Block,
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
            object: None,
            file: Arc::new(file),
            length,
            written_back: length,
            durable,
            block: Block::at(length),
            writing: None,
            leftover: Leftover::After(length),
        }
    }

    /// Becomes this object.
    pub(super) fn becoming(mut self, object: Id) -> Self {
        self.object = Some(object);
        self
    }

    /// The object that it becomes.
    fn object(&self) -> &Id {
        self.object.as_ref().unwrap_or(&self.id)
    }

    /// Waits for the block that is being written.
    async fn settle(&mut self) -> Result<(), StoreError> {
        if let Some(writing) = &mut self.writing {
            let written = joined(writing.await);
            self.writing = None;
            written?;
        }
        Ok(())
    }

    /// Hands the block to a thread.
    async fn write_block(&mut self) -> Result<(), StoreError> {
        self.settle().await?;
        let permit = self.folder.turn().await;
        let (file, direct) = (self.file.clone(), self.folder.direct);
        let next = Block::at(self.block.offset + self.block.filled as u64);
        let block = mem::replace(&mut self.block, next);
        let write_back = self.due_write_back();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            block.write_to(&file, direct)?;
            if let Some(range) = write_back {
                system::write_back(&file, &range);
            }
            drop(permit);
            Ok(())
        }));
        Ok(())
    }

    fn due_write_back(&mut self) -> Option<Range<u64>> {
        let end = self.block.offset;
        (end - self.written_back >= WRITE_BACK).then(|| mem::replace(&mut self.written_back, end)..end)
    }

    /// Writes what is left, makes the bytes durable, and then does `then` in the same thread. Gives the writer back.
    async fn finish(
        mut self: Box<Self>,
        then: impl FnOnce(&Self) -> io::Result<()> + Send + 'static,
    ) -> Result<Box<Self>, StoreError> {
        self.settle().await?;
        let permit = self.folder.turn().await;
        let finished = in_thread(move || {
            let block = mem::replace(&mut self.block, Block::at(self.length));
            block.write_to(&self.file, self.folder.direct)?;
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
        self.durable = false;
        let mut rest = &chunk[..];
        while !rest.is_empty() {
            let taken = self.block.push(rest, &self.folder.buffers);
            self.length += taken as u64;
            rest = &rest[taken..];
            if self.block.is_full() {
                self.write_block().await?;
            }
        }
        Ok(())
    }

    async fn pause(self: Box<Self>) -> Result<UploadState, StoreError> {
        if self.object.is_some() {
            return Err(StoreError::BadState);
        }
        let writer = self.finish(|_| Ok(())).await?;
        Ok((&Paused { id: writer.id.clone(), durable: writer.length }).into())
    }

    async fn commit(self: Box<Self>) -> Result<Location, StoreError> {
        let writer = self
            .finish(|writer| {
                let root = &writer.folder.root;
                let object = writer.object();
                system::rename(root, &writer.id.upload(), &object.object())?;
                system::sync_folder(root, object.shard()).inspect_err(|_| {
                    // It may or may not survive a power cut. Nobody will hear of it, so try to leave no garbage.
                    let _ = system::remove(root, &object.object());
                })
            })
            .await?;
        Ok(writer.object().location())
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

/// Bytes on their way to the file, to be written in one go.
#[derive(Debug)]
struct Block {
    /// As many as there are bytes for; all but the last one are full.
    buffers: Vec<Buffer>,
    /// Where in the file it begins.
    offset: u64,
    filled: usize,
    /// How many bytes it takes: up to a multiple of itself in the file, so that all blocks but an upload's first and last
    /// can be written past the page cache.
    capacity: usize,
}

impl Block {
    fn at(offset: u64) -> Self {
        let size = if offset < LARGE_FROM { BUFFER } else { LARGE_BLOCK };
        // The remainder is below the size.
        let capacity = size - usize::try_from(offset % size as u64).unwrap_or_default();
        Self { buffers: Vec::new(), offset, filled: 0, capacity }
    }

    fn is_full(&self) -> bool {
        self.filled == self.capacity
    }

    /// Takes as many bytes as there is room for in a buffer; how many.
    fn push(&mut self, bytes: &[u8], buffers: &Buffers) -> usize {
        let start = self.filled % BUFFER;
        if start == 0 {
            self.buffers.push(buffers.take());
        }
        let Some(buffer) = self.buffers.last_mut() else { return 0 };
        let taken = bytes.len().min(BUFFER - start).min(self.capacity - self.filled);
        buffer.room(BUFFER)[start..start + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        taken
    }

    fn write_to(mut self, file: &File, direct: bool) -> io::Result<()> {
        let last = self.filled % BUFFER;
        let count = self.buffers.len();
        let mut slices = Vec::with_capacity(count);
        for (index, buffer) in self.buffers.iter_mut().enumerate() {
            let length = if index + 1 == count && last != 0 { last } else { BUFFER };
            slices.push(IoSlice::new(buffer.room(length)));
        }
        let mut rest = &mut slices[..];
        // What ends within a page goes through the cache, with the buffer that it is in.
        let whole = if last.is_multiple_of(ALIGNMENT) { count } else { count - 1 };
        if direct && whole > 0 && self.offset >= DIRECT_FROM && self.offset.is_multiple_of(ALIGNMENT as u64) {
            let written = system::write_direct(file, &rest[..whole])?;
            IoSlice::advance_slices(&mut rest, written);
        }
        write_all(file, rest)
    }
}

fn write_all(mut file: &File, mut rest: &mut [IoSlice<'_>]) -> io::Result<()> {
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
