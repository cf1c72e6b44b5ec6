//! The memory for parts, which all uploads of a process share.
//!
//! A [`Room`] holds one part, from its first byte until the store has it. Rooms are given out in the order in which they
//! were asked for, and whoever asks has none that needs another to become free: a part that is being sent comes to its end
//! without memory, and a part that is being filled is sent, or put aside, before the next room is asked for. So nobody
//! waits for somebody who waits.
//!
//! What could still hold a room for long is a client that is slow to fill it. While somebody waits, those are told to put
//! aside what they have (see [`Budget::room`]), and go on later.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

/// What a permit stands for, in bytes.
const UNIT: u64 = 1024;

/// Somebody who holds a room that can be given up.
pub(super) trait Holder: Send + Sync {
    /// Since when the room is held, if one is.
    fn since(&self) -> Option<Instant>;

    /// Begins to put aside what is in the room. Returns at once.
    fn yield_room(self: Arc<Self>);
}

/// The memory for parts.
#[derive(Debug)]
pub(super) struct Budget {
    free: Arc<Semaphore>,
    units: u32,
    patience: Duration,
    waiting: AtomicUsize,
    holders: Mutex<Holders>,
    spare: Arc<Mutex<Spare>>,
}

/// The memory of rooms that were given back, for the next ones: an allocator that gets parts back and hands them out again in
/// other sizes has soon twice as much from the system as is in use. What is here and what is in use is never more than the budget
/// together, and once nothing is in use nothing is kept.
#[derive(Debug, Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    /// Buffers that rooms have now.
    out: usize,
}

impl Spare {
    fn lend(&mut self, size: usize) -> Vec<u8> {
        self.out += 1;
        let fits = self.buffers.iter().position(|buffer| buffer.capacity() == size);
        if let Some(index) = fits {
            return self.buffers.swap_remove(index);
        }
        // Of another size, so that there is no room for both.
        self.buffers.clear();
        // All at once: growing would copy, and hold twice the memory while it does. Pages are only taken when used.
        let mut buffer = Vec::new();
        buffer.reserve_exact(size);
        buffer
    }

    fn take_back(&mut self, mut buffer: Vec<u8>) {
        self.out -= 1;
        if self.out == 0 {
            self.buffers = Vec::new();
        } else {
            buffer.clear();
            self.buffers.push(buffer);
        }
    }
}

#[derive(Debug, Default)]
struct Holders {
    all: Vec<Weak<dyn Holder>>,
    /// When some were last told to give up their rooms.
    told: Option<Instant>,
}

impl Budget {
    /// So many bytes in all; who holds an unfilled room for longer than `patience` has to give it up when others wait.
    pub(super) fn new(bytes: u64, patience: Duration) -> Self {
        // A semaphore counts no further than 2^29 on small machines; that is half a tebibyte.
        let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).clamp(1, 1 << 29);
        Self {
            free: Arc::new(Semaphore::new(units as usize)),
            units,
            patience,
            waiting: AtomicUsize::new(0),
            holders: Mutex::default(),
            spare: Arc::default(),
        }
    }

    /// Lets a holder be told when others wait for memory.
    pub(super) fn register(&self, holder: Weak<dyn Holder>) {
        let mut holders = self.holders();
        holders.all.retain(|holder| holder.strong_count() > 0);
        holders.all.push(holder);
    }

    /// Room for a part of `size` bytes, as soon as there is some. Who asks for it must hold none that is not being sent.
    pub(super) async fn room(&self, size: u64) -> Room {
        let units = u32::try_from(size.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.units);
        let acquired = self.free.clone().acquire_many_owned(units);
        tokio::pin!(acquired);
        let _waiting = Waiting::begin(&self.waiting);
        loop {
            tokio::select! {
                biased;
                permit = &mut acquired => {
                    let permit = permit.expect("the semaphore is never closed");
                    return Room { bytes: Vec::new(), size, spare: Arc::clone(&self.spare), _permit: permit };
                }
                () = sleep(self.patience) => self.relieve(),
            }
        }
    }

    /// Tells those who have held a room for longest that others wait for it, as many as do.
    fn relieve(&self) {
        let now = Instant::now();
        let mut holders = self.holders();
        if holders.told.is_some_and(|told| now - told < self.patience / 2) {
            return;
        }
        holders.told = Some(now);
        let old_enough = |holder: Arc<dyn Holder>| {
            let since = holder.since().filter(|since| now - *since >= self.patience)?;
            Some((since, holder))
        };
        let mut slow: Vec<_> = holders.all.iter().filter_map(Weak::upgrade).filter_map(old_enough).collect();
        drop(holders);
        slow.sort_by_key(|(since, _)| *since);
        slow.truncate(self.waiting.load(Ordering::Relaxed));
        for (_, holder) in slow {
            holder.yield_room();
        }
    }

    fn holders(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that are in use.
    #[cfg(test)]
    pub(super) fn used(&self) -> u64 {
        (u64::from(self.units) - self.free.available_permits() as u64) * UNIT
    }
}

/// Counts somebody who waits, for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Room for one part. The memory goes back when it is dropped, or with the last clone of the [`Bytes`] that it becomes.
#[derive(Debug)]
pub(super) struct Room {
    bytes: Vec<u8>,
    size: u64,
    spare: Arc<Mutex<Spare>>,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// Takes as much of the front of `chunk` as there is room for.
    pub(super) fn take(&mut self, chunk: &mut Bytes) {
        if self.bytes.capacity() == 0 {
            self.bytes = spare(&self.spare).lend(usize::try_from(self.size).unwrap_or_default());
        }
        let left = self.size - self.length();
        let piece = chunk.split_to(usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len())));
        self.bytes.extend_from_slice(&piece);
    }

    /// Drops all but the first `length` bytes.
    pub(super) fn truncate(&mut self, length: u64) {
        self.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn is_full(&self) -> bool {
        self.length() >= self.size
    }

    /// The bytes, which keep the room until they are gone.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

/// The memory goes back before the permit does, so that whoever gets that finds it.
impl Drop for Room {
    fn drop(&mut self) {
        if self.bytes.capacity() > 0 {
            spare(&self.spare).take_back(std::mem::take(&mut self.bytes));
        }
    }
}

fn spare(spare: &Mutex<Spare>) -> MutexGuard<'_, Spare> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn memory_is_in_use_until_the_last_piece_of_it_is_gone() {
        let budget = Budget::new(8 * UNIT, PATIENCE);
        let mut room = budget.room(8 * UNIT).await;
        room.take(&mut Bytes::from_static(b"hello"));
        let bytes = room.into_bytes();
        let piece = bytes.slice(1..3);
        drop(bytes);
        assert!(budget.room(UNIT).now_or_never().is_none());
        assert_eq!(&piece[..], b"el");
        drop(piece);
        assert!(budget.room(8 * UNIT).now_or_never().is_some());
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test]
    async fn a_room_takes_what_fits_and_leaves_the_rest() {
        let budget = Budget::new(8 * UNIT, PATIENCE);
        let mut room = budget.room(4).await;
        let mut chunk = Bytes::from_static(b"abcdef");
        room.take(&mut chunk);
        assert!(room.is_full());
        assert_eq!((room.as_ref(), &chunk[..]), (&b"abcd"[..], &b"ef"[..]));
    }

    #[tokio::test]
    async fn a_part_that_is_larger_than_the_whole_budget_gets_all_of_it() {
        let budget = Budget::new(8 * UNIT, PATIENCE);
        let room = budget.room(80 * UNIT).await;
        assert_eq!(budget.used(), 8 * UNIT);
        drop(room);
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test]
    async fn memory_goes_from_room_to_room_and_away_with_the_last_one() {
        let budget = Budget::new(8 * UNIT, PATIENCE);
        let filled = async |size| {
            let mut room = budget.room(size).await;
            room.take(&mut Bytes::from_static(b"hello"));
            room
        };
        let (first, second) = (filled(2 * UNIT).await, filled(2 * UNIT).await);
        let place = first.as_ref().as_ptr();
        drop(first);
        let third = filled(2 * UNIT).await;
        assert_eq!((third.as_ref().as_ptr(), third.as_ref()), (place, &b"hello"[..]), "used again, and empty before");
        drop(second);
        assert_eq!(spare(&budget.spare).buffers.len(), 1);
        let other = filled(4 * UNIT).await;
        assert_eq!(spare(&budget.spare).buffers.len(), 0, "one of another size may need what was kept");
        drop((third, other));
        let spare = spare(&budget.spare);
        assert_eq!((spare.buffers.len(), spare.out), (0, 0));
    }

    struct Slow {
        room: Mutex<Option<(Instant, Room)>>,
    }

    impl Holder for Slow {
        fn since(&self) -> Option<Instant> {
            self.room.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(since, _)| *since)
        }

        fn yield_room(self: Arc<Self>) {
            self.room.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    #[tokio::test]
    async fn who_is_slow_gives_up_its_room_when_others_wait_and_not_before() {
        let budget = Budget::new(2 * UNIT, PATIENCE);
        let mut slow = Vec::new();
        for _ in 0..2 {
            let holder = Arc::new(Slow { room: Mutex::new(Some((Instant::now(), budget.room(UNIT).await))) });
            let registered: Arc<dyn Holder> = holder.clone();
            budget.register(Arc::downgrade(&registered));
            slow.push(holder);
            sleep(Duration::from_millis(1)).await;
        }
        sleep(3 * PATIENCE).await;
        assert!(slow.iter().all(|holder| holder.since().is_some()), "nobody waits");

        let _room = tokio::time::timeout(100 * PATIENCE, budget.room(UNIT)).await.expect("somebody gave up its room");
        assert_eq!(slow.iter().map(|holder| holder.since().is_some()).collect::<Vec<_>>(), [false, true]);
    }
}
