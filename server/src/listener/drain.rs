//! How the server stops.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use super::activity::Activity;

const RUNNING: u8 = 0;
const LEAVING: u8 = 1;
const CLOSING: u8 = 2;
const ABORTED: u8 = 3;

/// The state of stopping, shared by the accept loop, every connection and whoever hears the signal.
#[derive(Clone, Debug, Default)]
pub struct Drain(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    phase: AtomicU8,
    started: CancellationToken,
    interrupted: CancellationToken,
    next: AtomicU64,
    connections: Mutex<HashMap<u64, Arc<Activity>>>,
}

impl Drain {
    /// Say that this server stops: not ready, and no connection is kept for another request. Calling it again changes
    /// nothing.
    pub fn start(&self) {
        self.0.phase.fetch_max(LEAVING, Ordering::SeqCst);
        self.0.started.cancel();
    }

    /// Connections end after the requests they run.
    pub(super) fn close(&self) {
        self.0.phase.fetch_max(CLOSING, Ordering::SeqCst);
        self.wake();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.0.phase.load(Ordering::Relaxed) >= CLOSING
    }

    /// Whether the server is stopping.
    pub fn is_draining(&self) -> bool {
        self.0.phase.load(Ordering::Relaxed) != RUNNING
    }

    /// Ready once [`Drain::start`] was called.
    pub async fn started(&self) {
        self.0.started.cancelled().await;
    }

    /// End the bodies of running requests, so that their handlers can put aside what they have.
    pub(super) fn interrupt(&self) {
        self.0.interrupted.cancel();
        self.wake();
    }

    /// Cancelled by [`Drain::interrupt`].
    pub(super) fn interrupted(&self) -> &CancellationToken {
        &self.0.interrupted
    }

    /// Drop every connection.
    pub(super) fn abort(&self) {
        self.0.phase.store(ABORTED, Ordering::SeqCst);
        self.wake();
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.0.phase.load(Ordering::Relaxed) == ABORTED
    }

    /// Lets a connection be woken; it is forgotten when the value that is returned is dropped.
    pub(super) fn register(&self, activity: &Arc<Activity>) -> Registered {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.connections().insert(id, Arc::clone(activity));
        Registered { drain: self.clone(), id }
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.0.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        for activity in self.connections().values() {
            activity.waker.wake();
        }
    }
}

/// A connection that can be woken.
#[derive(Debug)]
pub(super) struct Registered {
    drain: Drain,
    id: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.drain.connections().remove(&self.id);
    }
}
