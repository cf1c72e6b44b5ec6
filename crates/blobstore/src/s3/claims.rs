//! Which uploads have a writer in this process.
//!
//! Writers of other processes cannot be seen. Two that have the same upload never mix their bytes all the same: an object
//! is made of parts named by their entity tags, so the one whose parts were replaced cannot complete it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{StoreError, id::Id};

/// How long a resumed upload waits for its previous writer to let go, which may be about to be dropped.
const LET_GO: Duration = Duration::from_millis(500);

/// The uploads that have a writer.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashSet<String>>);

/// The right to write to an upload, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Arc<Claims>,
    family: String,
}

impl Claims {
    /// Waits a moment for an upload to be free.
    ///
    /// Errors: [`StoreError::Busy`].
    pub(super) async fn claim(self: &Arc<Self>, id: &Id) -> Result<Claim, StoreError> {
        let deadline = Instant::now() + LET_GO;
        loop {
            if self.families().insert(id.family().to_owned()) {
                return Ok(Claim { claims: self.clone(), family: id.family().to_owned() });
            }
            if Instant::now() >= deadline {
                return Err(StoreError::Busy);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether an upload has a writer.
    pub(super) fn has(&self, family: &str) -> bool {
        self.families().contains(family)
    }

    fn families(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.families().remove(&self.family);
    }
}
