//! Reading objects.
//!
//! What the page cache holds is copied out of it where the request runs: that is a matter of microseconds and spares
//! two switches between threads. The rest is read by a thread for blocking work, a batch of pieces in one call; the kernel
//! reads ahead meanwhile, so the disk works while the pieces are on their way. The process holds one batch per reader,
//! whatever the size of the object.
//!
//! The reading ahead is left to the kernel, as it then fills its cache in large parts: whoever reads the object after that is
//! served a third faster than from the single pages that an explicit request to read ahead makes.

use std::{
    collections::VecDeque,
    fs::{File, Metadata},
    io,
    ops::Range,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    sync::Arc,
};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};

use super::{
    Folder,
    buffers::{BUFFER, Buffer},
    in_thread,
    layout::Id,
    system,
};
use crate::{Opened, StoreError, Version};

/// How many pieces are read from the disk in one go: 1 MiB.
const BATCH: usize = 4;

/// Up to this many bytes a read gets memory of its own instead of a shared buffer.
const SMALL: u64 = 32 * 1024;

/// Opens the bytes `range` of an object; see [`BlobStore::open_version`](crate::BlobStore::open_version).
pub(super) async fn open(folder: &Arc<Folder>, id: &Id, range: Range<u64>) -> Result<Opened, StoreError> {
    let path = id.object();
    let cached = if folder.inline { system::open_cached(&folder.root, &path)? } else { None };
    let (file, described) = if let Some(file) = cached {
        let described = file.metadata()?;
        (file, described)
    } else {
        let folder = folder.clone();
        in_thread(move || {
            let file = system::open(&folder.root, &path)?;
            let described = file.metadata()?;
            Ok((file, described))
        })
        .await?
    };
    let (size, version) = (described.len(), Some(version(&described)));
    if size < range.end {
        return Err(StoreError::Truncated { expected: range.end, actual: size });
    }
    let length = range.end.saturating_sub(range.start);
    if length == 0 {
        return Ok(Opened { bytes: stream::empty().boxed(), version });
    }
    let mut reader =
        Reader { folder: folder.clone(), file: Arc::new(file), rest: range, read: VecDeque::new(), from_disk: false };
    if length <= SMALL {
        // A small object is read before the answer begins, so whatever is wrong with it makes an honest error.
        let bytes = reader.small(usize::try_from(length).unwrap_or(usize::MAX)).await?;
        return Ok(Opened { bytes: stream::once(std::future::ready(Ok(bytes))).boxed(), version });
    }
    let bytes = stream::unfold(Some(reader), |reader| async {
        let mut reader = reader.filter(|reader| !reader.rest.is_empty() || !reader.read.is_empty())?;
        match reader.next().await {
            Ok(bytes) => Some((Ok(bytes), Some(reader))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed();
    Ok(Opened { bytes, version })
}

/// Whoever writes to a file, or puts another one in its place, changes one of these.
fn version(file: &Metadata) -> Version {
    let changed = (file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec());
    Version::of((file.dev(), file.ino(), file.len(), changed))
}

struct Reader {
    folder: Arc<Folder>,
    file: Arc<File>,
    /// What is still to be read.
    rest: Range<u64>,
    /// Pieces that were read and are still to be returned.
    read: VecDeque<Bytes>,
    /// Whether the object turned out not to be in the cache.
    from_disk: bool,
}

impl Reader {
    /// All of `length` bytes at once.
    async fn small(&mut self, length: usize) -> Result<Bytes, StoreError> {
        let mut bytes = vec![0; length];
        if self.cached(&mut bytes)? != Some(length) {
            let (file, start) = (self.file.clone(), self.rest.start);
            let read;
            (bytes, read) = in_thread(move || {
                let read = read_fully(&file, &mut bytes, start)?;
                Ok((bytes, read))
            })
            .await?;
            if read < length {
                return Err(self.cut_short(read));
            }
        }
        Ok(bytes.into())
    }

    /// The next piece, never empty.
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        if let Some(piece) = self.read.pop_front() {
            return Ok(piece);
        }
        let mut buffer = self.folder.buffers.take();
        let Some(read) = self.cached(buffer.room(self.length(BUFFER)))? else {
            self.read_disk(buffer).await?;
            return self.read.pop_front().ok_or_else(|| self.cut_short(0));
        };
        if read == 0 {
            return Err(self.cut_short(0));
        }
        self.rest.start += read as u64;
        Ok(buffer.into_bytes(read))
    }

    /// As much of `at_most` as is left to read.
    fn length(&self, at_most: usize) -> usize {
        usize::try_from(self.rest.end - self.rest.start).unwrap_or(at_most).min(at_most)
    }

    fn cached(&self, buffer: &mut [u8]) -> Result<Option<usize>, StoreError> {
        if self.folder.inline { Ok(system::read_cached(&self.file, buffer, self.rest.start)?) } else { Ok(None) }
    }

    async fn read_disk(&mut self, first: Buffer) -> Result<(), StoreError> {
        let (file, start, mut left) = (self.file.clone(), self.rest.start, self.length(BATCH * BUFFER));
        let mut buffers = vec![first];
        buffers.extend((1..left.div_ceil(BUFFER)).map(|_| self.folder.buffers.take()));
        let begins = !std::mem::replace(&mut self.from_disk, true);
        let (buffers, mut read) = in_thread(move || {
            if begins {
                system::expect_sequential_reads(&file);
            }
            let rooms = buffers.iter_mut().map(|buffer| {
                let length = left.min(BUFFER);
                left -= length;
                io::IoSliceMut::new(buffer.room(length))
            });
            let read = system::read_vectored_at(&file, &mut rooms.collect::<Vec<_>>(), start)?;
            Ok((buffers, read))
        })
        .await?;
        self.rest.start += read as u64;
        for buffer in buffers {
            let length = read.min(BUFFER);
            if length > 0 {
                self.read.push_back(buffer.into_bytes(length));
            }
            read -= length;
        }
        Ok(())
    }

    fn cut_short(&self, read: usize) -> StoreError {
        StoreError::Truncated { expected: self.rest.end, actual: self.rest.start + read as u64 }
    }
}

/// Reads until the buffer is full or the file ends.
fn read_fully(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
