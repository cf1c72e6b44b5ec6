//! A clock that tests move.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use registry::{Clock, SystemClock};
use time::{Duration, OffsetDateTime};

/// The machine's time plus what the test added.
#[derive(Clone, Debug, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.whole_milliseconds()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + Duration::milliseconds(self.0.load(Ordering::SeqCst))
    }

    fn common(&self) -> Option<OffsetDateTime> {
        Some(self.now())
    }
}
