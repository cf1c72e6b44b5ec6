//! Collection: taking away what nothing names any more, beside pushes and pulls.
//!
//! Three phases. *Links* that no manifest names, and that nobody has touched for the grace, go with their bytes from the sums.
//! *Blobs* that no repository links are marked, so that their digest counts as absent; after that commit their objects are
//! deleted, and then their rows. *Objects* that never got a row, which crashes leave, are found by looking through the store.
//!
//! What makes it safe is the database: a link that a manifest names cannot go, a marked blob cannot be linked, and a location is
//! never given out twice, so that a late delete hits nothing. A crash between two steps leaves marked rows, which the next run
//! takes up first. Each change is committed together with the progress, by the holder of the job and nobody else.

use super::Content;
use crate::{
    Error, Result,
    db::{
        self,
        blobs::BlobRow,
        collection::Idle,
        fsck,
        jobs::{Held, Progress},
    },
};
use api_types::{CollectionPhase, CollectionReport, JobEvent, JobReport};
use blobstore::Location;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

mod blobs;
mod links;
mod strays;

/// Links that one look reads.
const PAGE: u64 = 4_000;

/// Rows that one transaction changes at most, so that pushes do not wait for it.
const STEP: usize = 250;

/// The longest rest between two steps.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// How often progress is saved where nothing else is.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// How old an object without a row must be: whoever stored it would have recorded it long ago.
const STRAY_AGE: Duration = Duration::from_hours(24);

/// An age that every object has.
#[cfg(test)]
pub(crate) const STRAYS_FOR_TESTS: i64 = -3_600_000_000;

/// What a collection is to do, as its job keeps it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// How long a link that nothing names is left to the client that touched it, in microseconds.
    grace: i64,
    /// See [`STRAY_AGE`], in microseconds.
    stray_age: i64,
}

impl Order {
    pub(crate) fn new(grace: Duration) -> Self {
        Self { grace: micros(grace), stray_age: micros(STRAY_AGE) }
    }

    /// Takes strays of another age: in a test that knows who stores what.
    #[cfg(test)]
    pub(crate) fn taking_strays(self, stray_age: i64) -> Self {
        Self { stray_age, ..self }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// How far a collection is, as its job keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    report: CollectionReport,
    /// Links touched after this stay.
    cutoff: Option<i64>,
    /// The last link that was looked at.
    after: (i64, i64),
}

impl State {
    pub(crate) fn new(dry_run: bool) -> Self {
        Self { report: CollectionReport { dry_run, ..CollectionReport::default() }, ..Self::default() }
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// A collection that this process has the job of.
#[derive(Debug)]
pub(crate) struct Collection {
    content: Content,
    held: Held,
    order: Order,
    state: State,
    /// Whether rows of blobs are lost, once that was looked for.
    rows_lost: Option<bool>,
    rested: Instant,
    saved: Instant,
}

/// A change that is committed together with the progress.
#[derive(Debug)]
enum Change {
    /// Nothing but the progress.
    Nothing,
    /// A phase begins, with so many things to do.
    Enter(CollectionPhase, u64),
    /// Links go.
    Unlink(Idle, i64),
    /// Links that the trash keeps do not count any more.
    Lapse(Idle, i64),
    /// Blobs in quarantine that nothing links are given up; whether the store may have an object of each.
    Forsake(Vec<(fsck::BlobRow, bool)>),
    /// The rows of blobs go whose objects are gone, and so many blobs are marked.
    Blobs { gone: Vec<i64>, mark: usize },
    /// Objects without a row get one that nobody reads.
    Strays(Vec<(Location, u64)>),
}

/// What a change leaves to be done in the store.
#[derive(Debug, Default)]
struct Left {
    marked: Vec<BlobRow>,
    strays: Vec<Location>,
}

impl Change {
    /// Whether no later attempt has to do it again. Looking through the store, for one, begins anew each time.
    fn advances(&self, phase: CollectionPhase) -> bool {
        match self {
            Self::Nothing => phase == CollectionPhase::Links,
            Self::Forsake(_) => false,
            Self::Blobs { gone, .. } => !gone.is_empty(),
            Self::Enter(..) | Self::Unlink(..) | Self::Lapse(..) | Self::Strays(_) => true,
        }
    }

    async fn run(&self, txn: &db::Transaction, held: Held, state: &mut State) -> Result<Left> {
        let report = &mut state.report;
        let mut left = Left::default();
        match self {
            Self::Nothing => {}
            Self::Enter(phase, total) => {
                (report.phase, report.done, report.total) = (*phase, 0, *total);
                let report = JobReport::Collection(*report);
                db::jobs::note(txn, held.id, JobEvent::Reached { report }).await?;
            }
            Self::Unlink(idle, cutoff) => report.links += db::collection::unlink(txn, idle, *cutoff).await?,
            Self::Lapse(lapsed, cutoff) => db::collection::lapse(txn, lapsed, *cutoff).await?,
            Self::Forsake(seen) => {
                for (row, has_place) in seen {
                    // The object of one that has a place goes first, as any other's.
                    if db::collection::forsake(txn, row, *has_place).await? && !has_place {
                        report.done += 1;
                        report.blobs += 1;
                        report.bytes += row.size;
                    }
                }
            }
            Self::Blobs { gone, mark } => {
                let (blobs, bytes) = db::collection::delete_marked(txn, gone).await?;
                report.done += blobs;
                report.blobs += blobs;
                report.bytes += bytes;
                if *mark > 0 {
                    left.marked = db::collection::mark(txn, *mark as u64).await?;
                }
            }
            Self::Strays(strays) => left.strays = db::collection::claim_strays(txn, strays).await?,
        }
        Ok(left)
    }
}

impl Collection {
    /// Goes on where the job stands.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for an order or a progress that none of ours wrote.
    pub(crate) fn resume(content: &Content, held: Held, order: &str, state: &str) -> Result<Self> {
        let wrong = |column| Error::Inconsistent { table: "jobs", column, row: held.id.to_string() };
        Ok(Self {
            content: content.clone(),
            held,
            order: serde_json::from_str(order).map_err(|_| wrong("payload"))?,
            state: serde_json::from_str(state).map_err(|_| wrong("progress"))?,
            rows_lost: None,
            rested: Instant::now(),
            saved: Instant::now(),
        })
    }

    /// Works to the end.
    ///
    /// # Errors
    /// [`Error::JobLost`], [`Error::JobCancelled`]; [`Error::Database`], [`Error::Store`]: what was done is kept, and a later
    /// attempt goes on from there.
    pub(crate) async fn run(mut self) -> Result<()> {
        if self.state.cutoff.is_none() {
            let reader = self.content.db.reader();
            // Links are touched by the clocks of processes, and one of those may be ahead of all others: nothing goes before ours and
            // the one that all share agree.
            let now = self.content.now().min(self.content.common_time(reader).await?);
            let total = db::collection::count_links(reader).await?;
            self.state.cutoff = Some(now.saturating_sub(self.order.grace));
            self.commit(Change::Enter(CollectionPhase::Links, total)).await?;
        }
        loop {
            match self.state.report.phase {
                CollectionPhase::Links => self.links().await?,
                CollectionPhase::Blobs => self.blobs().await?,
                CollectionPhase::Objects => self.strays().await?,
                CollectionPhase::Done => return Ok(()),
            }
        }
    }

    fn is_dry(&self) -> bool {
        self.state.report.dry_run
    }

    /// Links touched after this stay.
    fn cutoff(&self) -> i64 {
        self.state.cutoff.unwrap_or(i64::MIN)
    }

    /// Does a change and saves the progress with it, all or nothing.
    async fn commit(&mut self, change: Change) -> Result<Left> {
        let args = (self.held, self.state.clone(), change);
        let done = self.content.db.write(args, |txn, (held, state, change)| {
            Box::pin(async move {
                let mut state = state.clone();
                let left = change.run(txn, *held, &mut state).await?;
                let advances = change.advances(state.report.phase);
                db::jobs::advance(txn, *held, Progress::at(&state.json()?, advances)).await?;
                Ok((state, left))
            })
        });
        let (state, left) = done.await?;
        self.state = state;
        self.saved = Instant::now();
        Ok(left)
    }

    /// Saves the progress if that was long ago.
    async fn save(&mut self) -> Result<()> {
        if self.saved.elapsed() >= SAVE_EVERY {
            self.commit(Change::Nothing).await?;
        }
        Ok(())
    }

    /// Rests as long as the last step took, so that half of the time is everybody else's.
    async fn rest(&mut self) {
        tokio::time::sleep(self.rested.elapsed().min(LONGEST_REST)).await;
        self.rested = Instant::now();
    }
}
