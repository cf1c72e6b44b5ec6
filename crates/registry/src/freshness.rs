//! Facts that are remembered for at most a second, or not at all.

use crate::Clock;
use std::{
    fmt,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How old a fact may be. What another process changed counts here after this time.
const LIFETIME_MICROS: i64 = 1_000_000;

/// What a client that heard of a change from another process may hold us to: nothing is remembered.
const NO_LIFETIME: i64 = 0;

/// Tells whether what was read then may still be believed: it is younger than a second, and nothing was changed by this
/// process in between. One generation for all facts: a read that ran beside a change can never be taken for one that
/// came after it.
#[derive(Debug)]
pub(crate) struct Freshness {
    clock: Arc<dyn Clock>,
    generation: Arc<AtomicU64>,
    lifetime: i64,
}

/// When something was read. Take it before reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    at: i64,
    generation: u64,
    lifetime: i64,
}

impl Freshness {
    /// With a generation that may be shared, or advanced by somebody else.
    pub(crate) fn following(clock: Arc<dyn Clock>, generation: Arc<AtomicU64>) -> Self {
        Self { clock, generation, lifetime: LIFETIME_MICROS }
    }

    /// For facts that a client may know better about than this process, where others serve from the same database too.
    pub(crate) fn unless_shared(self, shared: bool) -> Self {
        Self { lifetime: if shared { NO_LIFETIME } else { self.lifetime }, ..self }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            at: crate::db::micros(self.clock.now()),
            generation: self.generation.load(Ordering::Acquire),
            lifetime: self.lifetime,
        }
    }

    /// Makes everything read so far stale.
    pub(crate) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn covers(now: Stamp, then: Stamp) -> bool {
        then.generation == now.generation && (0..now.lifetime).contains(&(now.at - then.at))
    }
}

/// A bounded map of facts with the time they were read at.
pub(crate) struct Fresh<K, V>(moka::sync::Cache<K, (Stamp, V)>);

impl<K, V> Fresh<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// At most this many. The cache's own lifetime only frees memory; the [`Stamp`] decides.
    pub(crate) fn new(capacity: u64) -> Self {
        Self(moka::sync::Cache::builder().max_capacity(capacity).time_to_live(Duration::from_secs(1)).build())
    }

    pub(crate) fn find<Q>(&self, key: &Q, now: Stamp) -> Option<V>
    where
        Q: moka::Equivalent<K> + Hash + ?Sized,
    {
        if now.lifetime == NO_LIFETIME {
            return None;
        }
        self.0.get(key).filter(|(then, _)| Freshness::covers(now, *then)).map(|(_, value)| value)
    }

    pub(crate) fn keep(&self, key: K, stamp: Stamp, value: V) {
        if stamp.lifetime != NO_LIFETIME {
            self.0.insert(key, (stamp, value));
        }
    }
}

impl<K, V> fmt::Debug for Fresh<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh")
    }
}
