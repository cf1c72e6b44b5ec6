//! Time, as the services see it.

use std::fmt::Debug;
use time::OffsetDateTime;

/// Where services take the time from, so that tests can move it.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> OffsetDateTime;

    /// The time of everybody who shares the database, where this clock knows it, as a test's does that moves them all. `None` has
    /// the database asked: what one machine's clock says of others' things may be a week off.
    fn common(&self) -> Option<OffsetDateTime> {
        None
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
