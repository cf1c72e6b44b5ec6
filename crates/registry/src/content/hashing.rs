//! Hashing beside the receiving, off the async threads.

use crate::{Error, Result};
use bytes::Bytes;
use oci::{Algorithm, DigestHasher};
use tokio::task::JoinHandle;

/// Bytes that are hashed in one go beside the receiving. Two such batches an upload are in memory at most.
const BATCH: usize = 256 * 1024;

/// From here on batches are larger: few layers come so far, and those that do are paid for by the switch between threads.
const LARGE_FROM: u64 = 64 * 1024 * 1024;
const LARGE_BATCH: usize = 4 * BATCH;

/// Pieces of a batch at most: each costs memory beside its bytes, and a client may send single bytes.
const PIECES: usize = 1_024;

/// Up to this many bytes it is cheaper to hash on the spot than to hand them over.
const INLINE: usize = 64 * 1024;

/// A hash that runs beside the receiving: one batch is hashed on a blocking thread while the next one comes in.
pub(super) struct Hashing {
    algorithm: Algorithm,
    state: State,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    /// Bytes of all batches before.
    hashed: u64,
    /// Whether batches become larger.
    grows: bool,
}

enum State {
    Idle(Box<DigestHasher>),
    Running(JoinHandle<Box<DigestHasher>>),
}

impl Hashing {
    pub(super) fn new(hasher: DigestHasher) -> Self {
        let algorithm = hasher.algorithm();
        let state = State::Idle(Box::new(hasher));
        Self { algorithm, state, batch: Vec::new(), batch_bytes: 0, hashed: 0, grows: true }
    }

    /// With batches that stay as they are: for those of whom there may be many, and who are paid by nothing for more memory.
    pub(super) fn in_even_steps(hasher: DigestHasher) -> Self {
        Self { grows: false, ..Self::new(hasher) }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Takes bytes; waits while two batches are under way.
    pub(super) async fn add(&mut self, chunk: Bytes) -> Result<()> {
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        let full = if self.grows && self.hashed >= LARGE_FROM { LARGE_BATCH } else { BATCH };
        if self.batch_bytes >= full || self.batch.len() >= PIECES { self.run().await } else { Ok(()) }
    }

    /// Waits for the batch before, and sets this one going.
    async fn run(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.hashed += std::mem::take(&mut self.batch_bytes) as u64;
        // A hasher without bytes stands in while the real one is away.
        let idle = State::Idle(Box::new(DigestHasher::new(self.algorithm)));
        let mut hasher = waited(std::mem::replace(&mut self.state, idle)).await?;
        self.state = State::Running(tokio::task::spawn_blocking(move || {
            for chunk in &batch {
                hasher.update(chunk);
            }
            hasher
        }));
        Ok(())
    }

    /// The hash of everything so far.
    pub(super) async fn settle(mut self) -> Result<DigestHasher> {
        if self.batch_bytes > INLINE {
            self.run().await?;
        }
        let mut hasher = waited(self.state).await?;
        for chunk in &self.batch {
            hasher.update(chunk);
        }
        Ok(*hasher)
    }
}

async fn waited(state: State) -> Result<Box<DigestHasher>> {
    match state {
        State::Idle(hasher) => Ok(hasher),
        State::Running(task) => task.await.map_err(|error| Error::Internal(Box::new(error))),
    }
}
