//! Buffers between files and the network, used again when the last piece of them is gone.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

/// The length of a buffer: large enough that the calls per gigabyte do not count, small enough that a buffer which was
/// just filled is still in the processor's cache when it is sent.
pub(super) const BUFFER: usize = 256 * 1024;

/// What the memory of a buffer is aligned to, so that files can be written from it without the page cache.
pub(super) const ALIGNMENT: usize = 4096;

/// How many buffers wait for their next use: 4 MiB in all. A fresh one costs a page fault for every 4 KiB of it.
const KEPT: usize = 16;

/// Clones share the buffers.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// A buffer of [`BUFFER`] bytes with anything in it.
    pub(super) fn take(&self) -> Buffer {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer { bytes: kept.unwrap_or_else(|| vec![0; BUFFER + ALIGNMENT]), used: 0, home: self.clone() }
    }
}

/// A buffer that goes home when it is dropped.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
    home: Buffers,
}

impl Buffer {
    /// Room for `length` bytes, at most [`BUFFER`].
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        let start = self.start();
        &mut self.bytes[start..start + length]
    }

    /// Where the aligned part begins.
    fn start(&self) -> usize {
        self.bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT)
    }

    /// The first `used` bytes, without a copy.
    pub(super) fn into_bytes(mut self, used: usize) -> Bytes {
        self.used = used;
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start()..][..self.used]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut kept = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_only_when_its_last_piece_is_gone() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.room(5).copy_from_slice(b"hello");
        let whole = buffer.into_bytes(5);
        let piece = whole.slice(1..3);
        drop(whole);
        buffers.take().room(5).fill(0);
        assert_eq!(&piece[..], b"el");
        let address = piece.as_ptr();
        drop(piece);
        assert_eq!(buffers.take().room(2)[1..].as_ptr(), address);
    }

    #[test]
    fn buffers_are_aligned() {
        let buffers = Buffers::default();
        for mut buffer in (0..20).map(|_| buffers.take()) {
            assert_eq!(buffer.room(BUFFER).as_ptr().align_offset(ALIGNMENT), 0);
            assert_eq!(buffer.room(BUFFER).len(), BUFFER);
        }
    }

    #[test]
    fn idle_buffers_are_bounded() {
        let buffers = Buffers::default();
        let taken: Vec<_> = (0..3 * KEPT).map(|_| buffers.take()).collect();
        drop(taken);
        assert_eq!(buffers.0.lock().unwrap_or_else(PoisonError::into_inner).len(), KEPT);
    }
}
