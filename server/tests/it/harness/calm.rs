//! For limits of fractions of a second, which are run into by chance where the machine stands still for a moment.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, resume_unwind},
    time::{Duration, Instant},
};

use futures::FutureExt as _;

const TICK: Duration = Duration::from_millis(10);
/// How late a tick may be for such limits to mean what they say.
const LATE: Duration = Duration::from_millis(100);
/// How often a test is run at most.
const RUNS: usize = 20;
/// How long it may take for another run to begin: what hangs each time is no accident.
const LONG: Duration = Duration::from_mins(3);

/// How late the ticks of a clock are that shares the thread of a test with its server.
struct Clock {
    ticked: Cell<Instant>,
    latest: Cell<Duration>,
}

impl Clock {
    fn new() -> Self {
        Self { ticked: Cell::new(Instant::now()), latest: Cell::default() }
    }

    fn look(&self) {
        let late = self.ticked.get().elapsed().saturating_sub(TICK);
        self.latest.set(self.latest.get().max(late));
    }

    /// Never ends.
    async fn tick(&self) {
        loop {
            tokio::time::sleep(TICK).await;
            self.look();
            self.ticked.set(Instant::now());
        }
    }
}

/// Runs a test, and its server with it. One that fails while the machine stood still has shown nothing, and is run again.
pub async fn in_calm(test: impl AsyncFn()) {
    let began = Instant::now();
    for _ in 1..RUNS {
        let clock = Clock::new();
        let ended = tokio::select! {
            ended = AssertUnwindSafe(Box::pin(test())).catch_unwind() => ended,
            () = clock.tick() => unreachable!("it ticks for ever"),
        };
        clock.look();
        match ended {
            Ok(()) => return,
            Err(failed) if clock.latest.get() < LATE || began.elapsed() > LONG => resume_unwind(failed),
            Err(_) => eprintln!("run again: the machine stood still for {:?}", clock.latest.get()),
        }
    }
    Box::pin(test()).await;
}
