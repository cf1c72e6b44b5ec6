//! Telling somebody else of events, once they are committed.
//!
//! What a transaction records is put aside while it runs, and told after its commit: a transaction may be run again, or come to
//! nothing. Without a listener none of this happens.

use api_types::AuditEvent;
use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Hears of every event that this process records. Must not wait: it is called beside requests.
pub trait Sink: Send + Sync + fmt::Debug {
    /// One event.
    fn take(&self, event: AuditEvent);
}

/// Who hears of events; nobody until it is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward(Arc<OnceLock<Arc<dyn Sink>>>);

/// What a transaction has recorded so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aside(Arc<Mutex<Vec<AuditEvent>>>);

tokio::task_local! {
    static ASIDE: Aside;
}

impl Forward {
    /// Says who hears of events from now on; only the first time counts.
    pub(crate) fn to(&self, sink: Arc<dyn Sink>) {
        let _ = self.0.set(sink);
    }

    /// A place for what a transaction records, where somebody listens.
    pub(crate) fn listen(&self) -> Option<Aside> {
        self.0.get().map(|_| Aside::default())
    }

    /// It was committed.
    pub(crate) fn committed(&self, aside: &Aside) {
        let Some(sink) = self.0.get() else { return };
        for event in aside.take() {
            sink.take(event);
        }
    }
}

impl Aside {
    /// Runs a transaction's work, from the start.
    pub(crate) async fn around<T>(self, work: impl Future<Output = T>) -> T {
        drop(self.take());
        ASIDE.scope(self, work).await
    }

    fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether somebody listens to what is recorded here: what is told is made for them alone.
pub(crate) fn is_heard() -> bool {
    ASIDE.try_with(|_| ()).is_ok()
}

/// Puts an event aside, where somebody listens.
pub(crate) fn tell(event: AuditEvent) {
    let _ = ASIDE.try_with(|aside| aside.0.lock().unwrap_or_else(PoisonError::into_inner).push(event));
}
