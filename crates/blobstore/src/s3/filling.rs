//! The part of an upload that is being filled.
//!
//! It is shared between the writer, who fills it, and the [`Budget`], which may have it put aside as a tail while its
//! client is slow and others wait for memory. When the client goes on, the tail is read back.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use super::{
    bucket::Bucket,
    budget::{Budget, Holder, Room},
    failure::Failure,
    state::Tail,
};
use crate::{StoreError, id::Id};

/// Where the bytes are that are not sent as a part yet.
#[derive(Debug, Default)]
pub(super) enum Held {
    /// There are none.
    #[default]
    Nothing,
    /// In memory, and also in a tail if nothing was added since that was stored or read.
    Room(Room, Option<Tail>),
    /// In a tail alone.
    Aside(Tail),
    /// They could not be put aside or sent, or whoever sent them gave up.
    Lost,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Filling {
    bucket: Arc<Bucket>,
    budget: Arc<Budget>,
    id: Id,
    held: AsyncMutex<Held>,
    /// Since when there is a room.
    since: Mutex<Option<Instant>>,
    /// Tails that were stored and are of no more use.
    stale: Mutex<Vec<String>>,
}

impl Filling {
    pub(super) fn new(bucket: Arc<Bucket>, budget: &Arc<Budget>, id: Id) -> Arc<Self> {
        let filling = Arc::new(Self {
            bucket,
            budget: budget.clone(),
            id,
            held: AsyncMutex::default(),
            since: Mutex::default(),
            stale: Mutex::default(),
        });
        let holder: Arc<dyn Holder> = filling.clone();
        budget.register(Arc::downgrade(&holder));
        filling
    }

    /// What is held, for the writer alone until it lets go of it.
    pub(super) async fn lock(&self) -> tokio::sync::MutexGuard<'_, Held> {
        self.held.lock().await
    }

    /// Fills up to the end of a part of `size` bytes with the front of `chunk`.
    pub(super) async fn fill(&self, held: &mut Held, size: u64, chunk: &mut Bytes) -> Result<(), StoreError> {
        self.take_back(held, size).await?;
        if !matches!(held, Held::Room(..)) {
            *held = Held::Room(self.room(size).await, None);
        }
        if let Held::Room(room, saved) = held {
            if let Some(tail) = saved.take() {
                self.forget(tail);
            }
            room.take(chunk);
        }
        Ok(())
    }

    /// Reads back what was put aside, for a part of `size` bytes.
    pub(super) async fn take_back(&self, held: &mut Held, size: u64) -> Result<(), StoreError> {
        let tail = match mem::take(held) {
            Held::Aside(tail) => tail,
            Held::Lost => {
                // Nor does it come back when somebody tries again.
                *held = Held::Lost;
                return Err(lost());
            }
            other => {
                *held = other;
                return Ok(());
            }
        };
        let room = self.load(&tail, size).await?;
        *held = Held::Room(room, Some(tail));
        Ok(())
    }

    /// Drops all but the first `length` bytes of what is in memory.
    pub(super) fn cut(&self, held: &mut Held, length: u64) {
        match held {
            Held::Room(room, saved) if 0 < length && length < room.length() => {
                room.truncate(length);
                *saved = None;
            }
            Held::Room(..) if length == 0 => drop(self.empty(held)),
            _ => {}
        }
    }

    /// Takes what is held out of it. The caller sends it.
    pub(super) fn empty(&self, held: &mut Held) -> Held {
        *self.since() = None;
        mem::take(held)
    }

    /// Stores bytes as a tail.
    pub(super) async fn put_aside(&self, bytes: Bytes) -> Result<Tail, StoreError> {
        let tail = Tail::new(bytes.len() as u64)?;
        self.bucket.put(&self.bucket.tail(&self.id, &tail.nonce), bytes).await?;
        Ok(tail)
    }

    /// Reads a tail.
    ///
    /// Errors: [`StoreError::NotFound`]; [`StoreError::Truncated`] when it is shorter than it was.
    async fn load(&self, tail: &Tail, size: u64) -> Result<Room, StoreError> {
        let mut room = self.room(size.max(tail.length)).await;
        let key = self.bucket.tail(&self.id, &tail.nonce);
        let whole = 0..tail.length;
        if whole.is_empty() {
            return Ok(room);
        }
        let mut pieces = super::reader::open(self.bucket.clone(), key, whole).await?.bytes;
        while let Some(piece) = futures::StreamExt::next(&mut pieces).await {
            room.take(&mut piece?);
        }
        Ok(room)
    }

    /// Memory for a part. Nothing else is held while it is waited for.
    async fn room(&self, size: u64) -> Room {
        let room = self.budget.room(size).await;
        *self.since() = Some(Instant::now());
        room
    }

    /// Remembers that nobody needs a tail any more.
    pub(super) fn forget(&self, tail: Tail) {
        self.stale().push(tail.nonce);
    }

    /// The tails that nobody needs any more.
    pub(super) fn take_stale(&self) -> Vec<String> {
        mem::take(&mut *self.stale())
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self) -> MutexGuard<'_, Vec<String>> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts aside what is in the room, unless the writer is at work.
    async fn make_room(self: Arc<Self>) {
        let Ok(mut held) = self.held.try_lock() else { return };
        *held = match self.empty(&mut held) {
            Held::Room(_, Some(tail)) => Held::Aside(tail),
            Held::Room(room, None) if room.length() == 0 => Held::Nothing,
            Held::Room(room, None) => match self.put_aside(room.into_bytes()).await {
                Ok(tail) => Held::Aside(tail),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "could not put a slow upload aside");
                    Held::Lost
                }
            },
            other => other,
        };
    }
}

/// For an upload that cannot go on: some of its bytes are nowhere.
pub(super) fn lost() -> StoreError {
    Failure::of("UploadPart", "bytes of the upload could not be stored")
}

impl Holder for Filling {
    fn since(&self) -> Option<Instant> {
        *Filling::since(self)
    }

    fn yield_room(self: Arc<Self>) {
        // Without a runtime nobody waits.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.make_room());
        }
    }
}
