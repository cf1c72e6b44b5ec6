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
    /// Whether pieces wait for others to be hashed with.
    gathers: bool,
}

enum State {
    Idle(Box<DigestHasher>),
    Running(JoinHandle<Box<DigestHasher>>),
}

impl Hashing {
    pub(super) fn new(hasher: DigestHasher) -> Self {
        let algorithm = hasher.algorithm();
        let state = State::Idle(Box::new(hasher));
        Self { algorithm, state, batch: Vec::new(), batch_bytes: 0, hashed: 0, gathers: true }
    }

    /// Keeps no piece waiting for the next one, so that whoever reads slowly has nothing here meanwhile.
    pub(super) fn piece_by_piece(hasher: DigestHasher) -> Self {
        Self { gathers: false, ..Self::new(hasher) }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Takes bytes; waits while two batches are under way.
    pub(super) async fn add(&mut self, chunk: Bytes) -> Result<()> {
        if !self.gathers && chunk.len() <= INLINE {
            let mut hasher = self.idle().await?;
            hasher.update(&chunk);
            self.state = State::Idle(hasher);
            return Ok(());
        }
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        let full = match self.hashed {
            _ if !self.gathers => 0,
            LARGE_FROM.. => LARGE_BATCH,
            _ => BATCH,
        };
        if self.batch_bytes >= full || self.batch.len() >= PIECES { self.run().await } else { Ok(()) }
    }

    /// Waits for the batch before, and sets this one going.
    async fn run(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.hashed += std::mem::take(&mut self.batch_bytes) as u64;
        let mut hasher = self.idle().await?;
        self.state = State::Running(tokio::task::spawn_blocking(move || {
            for chunk in &batch {
                hasher.update(chunk);
            }
            hasher
        }));
        Ok(())
    }

    /// The hasher, once it is done with the batch before.
    async fn idle(&mut self) -> Result<Box<DigestHasher>> {
        // One without bytes stands in while the real one is away.
        let idle = State::Idle(Box::new(DigestHasher::new(self.algorithm)));
        waited(std::mem::replace(&mut self.state, idle)).await
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
