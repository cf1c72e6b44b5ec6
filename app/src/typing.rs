//! Waiting until typing rests, before a list follows or the server is asked.

use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// What happens once typing rests: only what was wanted last.
#[derive(Clone, Copy)]
pub struct Rest {
    delay: Duration,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl Rest {
    /// A rest of this length.
    pub fn of(delay: Duration) -> Self {
        Self { delay, waiting: StoredValue::new(None) }
    }

    /// Forgets what waits.
    pub fn forget(self) {
        if let Some(waiting) = self.waiting.get_value() {
            waiting.clear();
        }
    }

    /// Does something once typing rests, instead of what waits.
    pub fn then(self, action: impl FnOnce() + 'static) {
        self.forget();
        self.waiting.set_value(set_timeout_with_handle(action, self.delay).ok());
    }

    /// As [`Rest::then`], for what waits for an answer.
    pub fn ask(self, question: impl Future<Output = ()> + 'static) {
        self.then(move || spawn_local(question));
    }
}
