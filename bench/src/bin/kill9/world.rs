//! What the pushers, the supervisor and the verification share.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use bench::endpoint::Endpoint;
use tokio::sync::watch;

use crate::journal::Journal;

/// What the supervisor does with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It answers.
    Up,
    /// It was killed, and will be started again.
    Down,
    /// It was killed for the last time: nobody pushes any more.
    Over,
}

/// How often the server was killed until now, and how it is.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Raised before each kill.
    pub kills: u64,
    /// What comes next.
    pub phase: Phase,
}

/// What happened, in numbers.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests that a kill broke off.
    pub interrupted: AtomicU64,
    /// Interrupted uploads that went on where they had stopped.
    pub resumed: AtomicU64,
    /// Interrupted uploads that were found complete.
    pub completed: AtomicU64,
    /// Interrupted uploads that had to begin again, though nobody had been told that they exist.
    pub restarted: AtomicU64,
    /// Manifests that name a missing blob and were refused.
    pub refused: AtomicU64,
    /// Answers 503 and 429: "not now".
    pub busy: AtomicU64,
}

/// Shared by all.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub endpoint: Endpoint,
    /// What the supervisor does.
    pub state: watch::Receiver<State>,
    /// Counts.
    pub tally: Tally,
    /// Bytes that may still be pushed in large blobs.
    pub budget: AtomicU64,
    journal: Mutex<Journal>,
    wrongs: Mutex<Vec<String>>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(endpoint: Endpoint, state: watch::Receiver<State>, budget: u64) -> Self {
        Self {
            endpoint,
            state,
            tally: Tally::default(),
            budget: budget.into(),
            journal: Mutex::default(),
            wrongs: Mutex::default(),
        }
    }

    /// The journal; never held across an await.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes something that must not happen.
    pub fn wrong(&self, message: String) {
        eprintln!("wrong: {message}");
        self.wrongs.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// Everything that must not have happened.
    pub fn wrongs(&self) -> Vec<String> {
        self.wrongs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether `bytes` may be pushed; they are taken from the budget.
    pub fn may_push(&self, bytes: u64) -> bool {
        let take = |left: u64| left.checked_sub(bytes);
        self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// Counts one more.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
