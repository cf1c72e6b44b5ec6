//! What a connection is doing, for the watchdog that ends the ones that do nothing.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use futures::task::AtomicWaker;

use super::Limits;

/// Bytes that count as an answer on its way. What the pings of a client that only rests are answered with is less.
const MOVED: u64 = 1024;

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
    /// Bytes that went out.
    sent: AtomicU64,
    /// Answers with a piece that the client has not made room for.
    waiting: AtomicU32,
    /// Since when next to nothing of these went out, and what had until then; the watchdog's own.
    untaken_since: AtomicU64,
    untaken_sent: AtomicU64,
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
            sent: AtomicU64::new(0),
            waiting: AtomicU32::new(0),
            untaken_since: AtomicU64::new(0),
            untaken_sent: AtomicU64::new(0),
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

    /// So many bytes went out.
    pub fn sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Relaxed);
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

    /// A piece of an answer was handed on.
    pub fn piece_waits(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    /// There is room for the next one, or it was given up.
    pub fn piece_went(&self) {
        self.waiting.fetch_sub(1, Relaxed);
    }

    /// Since when the client makes no room for answers. In HTTP/2 each has a window of its own, and bytes go out that are
    /// of none of them.
    fn untaken_since(&self, now: u64) -> u64 {
        if !self.multiplexed.load(Relaxed) || self.waiting.load(Relaxed) == 0 {
            self.untaken_since.store(0, Relaxed);
            return 0;
        }
        let (since, sent) = (self.untaken_since.load(Relaxed), self.sent.load(Relaxed));
        if since != 0 && sent - self.untaken_sent.load(Relaxed) < MOVED {
            return since;
        }
        self.untaken_since.store(now, Relaxed);
        self.untaken_sent.store(sent, Relaxed);
        now
    }

    /// What the limits say of the state at this moment.
    pub fn verdict(&self, limits: &Limits) -> Verdict {
        let now = self.now();
        let over = |since: u64, limit: std::time::Duration| {
            since != 0 && u128::from(now.saturating_sub(since)) >= limit.as_millis()
        };
        let untaken = over(self.untaken_since(now), limits.write_timeout);
        if untaken || over(self.stalled_since.load(Relaxed), limits.write_timeout) {
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
