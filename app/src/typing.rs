//! Waiting until typing rests, before a list follows or the server is asked.

use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// What happens once typing rests: only what was wanted last, and nothing once whoever wanted it is gone.
#[derive(Clone, Copy)]
pub struct Rest {
    delay: Duration,
    waiting: StoredValue<Option<TimeoutHandle>>,
    /// Counts what was wanted or forgotten.
    turn: StoredValue<usize>,
}

impl Rest {
    /// A rest of this length, for as long as the present owner is there.
    pub fn of(delay: Duration) -> Self {
        let rest = Self { delay, waiting: StoredValue::new(None), turn: StoredValue::new(0) };
        Owner::on_cleanup(move || rest.forget());
        rest
    }

    /// Forgets what waits, and the answer that is on its way.
    pub fn forget(self) {
        self.turn.update_value(|turn| *turn += 1);
        if let Some(waiting) = self.waiting.try_update_value(Option::take).flatten() {
            waiting.clear();
        }
    }

    /// Does something once typing rests, instead of what waits.
    pub fn then(self, action: impl FnOnce() + 'static) {
        self.forget();
        self.waiting.set_value(set_timeout_with_handle(action, self.delay).ok());
    }

    /// Asks something once typing rests, instead of what waits. `then` gets the answer unless something else is wanted by that time.
    pub fn ask<A: 'static>(self, question: impl Future<Output = A> + 'static, then: impl FnOnce(A) + 'static) {
        self.then(move || {
            let Some(turn) = self.turn.try_get_value() else { return };
            spawn_local(async move {
                let answer = question.await;
                if self.turn.try_get_value() == Some(turn) {
                    then(answer);
                }
            });
        });
    }
}
