//! Reading objects.
//!
//! What the page cache holds is copied out of it where the request runs: that is a matter of microseconds and spares
//! two switches between threads. The rest is read by a thread for blocking work, which first asks the kernel to read
//! ahead; so the disk works while the piece is on its way, and the process holds one piece per reader, whatever the
//! size of the object.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _, sync::Arc};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};

use super::{
    Folder,
    buffers::{BUFFER, Buffer},
    in_thread,
    layout::Id,
    system,
};
use crate::{ByteStream, StoreError};

/// How far the disk may be ahead of the client, in bytes. They are in the kernel's cache, not in this process.
const READ_AHEAD: u64 = 4 * 1024 * 1024;

/// Up to this many bytes a read gets memory of its own instead of a shared buffer.
const SMALL: u64 = 32 * 1024;

/// Opens the bytes `range` of an object; see [`BlobStore::open`](crate::BlobStore::open).
pub(super) async fn open(folder: &Arc<Folder>, id: &Id, range: Range<u64>) -> Result<ByteStream, StoreError> {
    let path = id.object();
    let cached = if folder.inline { system::open_cached(&folder.root, &path)? } else { None };
    let (file, size) = if let Some(file) = cached {
        let size = file.metadata()?.len();
        (file, size)
    } else {
        let folder = folder.clone();
        in_thread(move || {
            let file = system::open(&folder.root, &path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        })
        .await?
    };
    if size < range.end {
        return Err(StoreError::Truncated { expected: range.end, actual: size });
    }
    let length = range.end.saturating_sub(range.start);
    if length == 0 {
        return Ok(stream::empty().boxed());
    }
    let mut reader = Reader { folder: folder.clone(), file: Arc::new(file), rest: range, ahead: 0 };
    if length <= SMALL {
        // A small object is read before the answer begins, so whatever is wrong with it makes an honest error.
        let bytes = reader.small(usize::try_from(length).unwrap_or(usize::MAX)).await?;
        return Ok(stream::once(std::future::ready(Ok(bytes))).boxed());
    }
    Ok(stream::unfold(Some(reader), |reader| async {
        let mut reader = reader.filter(|reader| !reader.rest.is_empty())?;
        match reader.next().await {
            Ok(bytes) => Some((Ok(bytes), Some(reader))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed())
}

struct Reader {
    folder: Arc<Folder>,
    file: Arc<File>,
    /// What is still to be returned.
    rest: Range<u64>,
    /// Up to where the kernel was asked to read ahead. 0: never yet, because everything was in its cache.
    ahead: u64,
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
        let length = usize::try_from(self.rest.end - self.rest.start).unwrap_or(BUFFER).min(BUFFER);
        let mut buffer = self.folder.buffers.take();
        let read = if let Some(read) = self.cached(buffer.room(length))? {
            self.keep_ahead();
            read
        } else {
            let read;
            (buffer, read) = self.read_disk(buffer, length).await?;
            read
        };
        if read == 0 {
            return Err(self.cut_short(0));
        }
        self.rest.start += read as u64;
        Ok(buffer.into_bytes(read))
    }

    fn cached(&self, buffer: &mut [u8]) -> Result<Option<usize>, StoreError> {
        if self.folder.inline { Ok(system::read_cached(&self.file, buffer, self.rest.start)?) } else { Ok(None) }
    }

    async fn read_disk(&mut self, mut buffer: Buffer, length: usize) -> Result<(Buffer, usize), StoreError> {
        let (file, start) = (self.file.clone(), self.rest.start);
        let ahead = self.window();
        in_thread(move || {
            system::read_ahead(&file, &ahead);
            let read = read_fully(&file, buffer.room(length), start)?;
            Ok((buffer, read))
        })
        .await
    }

    /// Asks for more once half of what was asked for is used up, if the object turned out not to be in the cache.
    fn keep_ahead(&mut self) {
        if self.ahead != 0 && self.ahead < self.rest.end && self.ahead < self.rest.start + READ_AHEAD / 2 {
            let file = self.file.clone();
            let ahead = self.window();
            // Nobody waits for it: if it comes too late, the next read takes longer.
            drop(tokio::task::spawn_blocking(move || system::read_ahead(&file, &ahead)));
        }
    }

    /// What to ask for next, and remembers that it was.
    fn window(&mut self) -> Range<u64> {
        let start = self.ahead.max(self.rest.start);
        self.ahead = (self.rest.start + READ_AHEAD).min(self.rest.end).max(start);
        start..self.ahead
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
