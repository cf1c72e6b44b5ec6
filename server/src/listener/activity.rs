//! What a connection is doing, for the watchdog that ends the ones that do nothing.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use futures::task::AtomicWaker;

use super::Limits;

/// What a connection is doing. Times are milliseconds since it began, plus one; zero is "not".
#[derive(Debug)]
pub struct Activity {
    began: Instant,
    /// Requests that were taken and whose answers are not out.
    running: AtomicU32,
    /// When the first byte of a request came whose headers are not complete.
    head_since: AtomicU64,
    /// When the last answer went out.
    rest_since: AtomicU64,
    /// Since when the client takes nothing.
    stalled_since: AtomicU64,
    /// HTTP/2 sends frames that belong to no request, so a byte does not begin one.
    multiplexed: AtomicBool,
    /// Wakes the connection's task when the server stops.
    pub waker: AtomicWaker,
}

/// What the watchdog does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Close between requests.
    Close,
    /// Drop at once.
    Drop,
}

impl Activity {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            running: AtomicU32::new(0),
            head_since: AtomicU64::new(0),
            rest_since: AtomicU64::new(1),
            stalled_since: AtomicU64::new(0),
            multiplexed: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    pub fn set_multiplexed(&self) {
        self.multiplexed.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
    }

    /// The handshake of TLS has the time of a request's headers, from the start of the connection on.
    pub fn handshake_began(&self) {
        self.head_since.store(self.now(), Relaxed);
    }

    /// The first request may come.
    pub fn handshake_ended(&self) {
        self.rest_since.store(self.now(), Relaxed);
        self.head_since.store(0, Relaxed);
    }

    /// Bytes came in.
    pub fn received(&self) {
        if self.running.load(Relaxed) == 0 && self.head_since.load(Relaxed) == 0 && !self.multiplexed.load(Relaxed) {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Bytes went out.
    pub fn sent(&self) {
        if self.stalled_since.load(Relaxed) != 0 {
            self.stalled_since.store(0, Relaxed);
        }
    }

    /// Bytes could not go out.
    pub fn stalled(&self) {
        if self.stalled_since.load(Relaxed) == 0 {
            self.stalled_since.store(self.now(), Relaxed);
        }
    }

    /// A request's headers are complete.
    pub fn request_began(&self) {
        self.running.fetch_add(1, Relaxed);
        self.head_since.store(0, Relaxed);
    }

    /// A request's answer is out, or was given up.
    pub fn request_ended(&self) {
        self.rest_since.store(self.now(), Relaxed);
        self.running.fetch_sub(1, Relaxed);
    }

    /// What the limits say of the state at this moment.
    pub fn verdict(&self, limits: &Limits) -> Verdict {
        let now = self.now();
        let over = |since: u64, limit: std::time::Duration| {
            since != 0 && u128::from(now.saturating_sub(since)) >= limit.as_millis()
        };
        if over(self.stalled_since.load(Relaxed), limits.write_timeout) {
            return Verdict::Drop;
        }
        if self.running.load(Relaxed) > 0 {
            return Verdict::Fine;
        }
        let head = self.head_since.load(Relaxed);
        if over(head, limits.header_timeout) {
            return Verdict::Drop;
        }
        if head == 0 && over(self.rest_since.load(Relaxed), limits.idle_timeout) {
            Verdict::Close
        } else {
            Verdict::Fine
        }
    }
}
