//! The check: is everything there that the database speaks of, and is it what was stored?
//!
//! Five phases. *Objects*: the store is listed part by part and compared with the rows of the part. *Manifests*: each is hashed,
//! and what it names is compared with what its rows say. *Rows* that lead nowhere are looked for, and tags that are not where they
//! were last moved to. *Content*, in a deep check only: all bytes are read and hashed, at a limited rate. *Reunion*: objects without
//! a row are tried as those that blobs miss, and sums and counts are counted anew.
//!
//! Nothing is deleted. A blob whose object is gone or changed goes into quarantine (`damaged`): its digest counts as absent, so
//! that nobody is served what is not whole and clients push it again; that gives the row a new object, and whatever names it is
//! whole. A damaged manifest counts as absent until it is pushed again. What follows from something that is certainly right (a
//! manifest's bytes by their digest) is put right. All of it is decided by rows as they were seen, so that pushes beside it win.
//!
//! What a pull finds wrong is looked at by itself, without a check (`suspicion`).
//!
//! What is suspicious by a list is looked at by itself before anything is said: lists may be behind.

use super::Content;
use crate::{
    Error, Result,
    db::{
        self,
        damages::NewDamage,
        jobs::{Held, Progress},
    },
};
use api_types::{DamageKind, FsckPhase, FsckReport, JobEvent, JobReport};
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

mod examine;
mod manifests;
mod mending;
mod objects;
mod reading;
mod recount;
mod reunion;
mod rows;
pub(crate) mod suspicion;

use examine::Verdict;
use mending::Finding;
use reading::Throttle;

/// The state of a blob that pushes and pulls find.
const LIVE: &str = "live";

/// The state of one in quarantine.
const DAMAGED: &str = "damaged";

/// Rows that one look reads.
const PAGE: u64 = 500;

/// Findings that one transaction writes at most, so that pushes do not wait for it.
const STEP: usize = 50;

/// Objects that are looked at at the same time.
const AT_ONCE: usize = 8;

/// Findings that are kept for the list. All are counted, and all damage is put into quarantine.
const LISTED: u64 = 10_000;

/// The longest rest between two steps.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// How often progress is saved where nothing else is.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// How old an object without a row must be to be told: whoever stored it would have recorded it long ago.
const UNNAMED_AGE: Duration = Duration::from_hours(24);

/// What a check is to do, as its job keeps it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    deep: bool,
    /// Bytes a second that are read and hashed; as many as there are where it is 0.
    rate: u64,
    /// See [`UNNAMED_AGE`], in microseconds.
    unnamed_age: i64,
}

impl Order {
    pub(crate) fn new(deep: bool, rate: u64) -> Self {
        Self { deep, rate, unnamed_age: i64::try_from(UNNAMED_AGE.as_micros()).unwrap_or(i64::MAX) }
    }

    /// Tells of objects of another age: in a test that knows who stores what.
    #[cfg(test)]
    pub(crate) fn telling_of(self, unnamed_age: i64) -> Self {
        Self { unnamed_age, ..self }
    }
}

/// How far a check is, as its job keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    report: FsckReport,
    began: bool,
    /// Parts of the store, or kinds of rows, that are done.
    parts: usize,
    /// The last row that was looked at.
    after: i64,
    /// The last manifest in the trash that was looked at.
    trashed: (i64, String),
}

/// A phase, and where in it.
type Place = (FsckPhase, usize, i64, (i64, String));

impl State {
    pub(crate) fn new(deep: bool) -> Self {
        Self { report: FsckReport { deep, ..FsckReport::default() }, ..Self::default() }
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(Box::new(error)))
    }

    /// Up to where no later attempt looks again.
    fn place(&self) -> Place {
        (self.report.phase, self.parts, self.after, self.trashed.clone())
    }

    /// A phase begins, with so many things to do.
    fn enter(&mut self, phase: FsckPhase, total: u64) {
        (self.report.phase, self.report.done, self.report.total) = (phase, 0, total);
        (self.parts, self.after, self.trashed) = (0, 0, (0, String::new()));
    }
}

/// A check that this process has the job of.
#[derive(Debug)]
pub(crate) struct Fsck {
    content: Content,
    held: Held,
    order: Order,
    state: State,
    /// The place that is saved.
    kept: Place,
    throttle: Throttle,
    rested: Instant,
    saved: Instant,
}

/// A change that is committed together with the progress.
#[derive(Debug)]
enum Change {
    /// Nothing but the progress.
    Nothing,
    /// The check begins: what was found before is forgotten.
    Begin,
    /// A phase begins, with so many things to do.
    Enter(FsckPhase, u64),
    /// What was found, with what follows from it.
    Found(Vec<Finding>),
}

impl Fsck {
    /// Goes on where the job stands.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for an order or a progress that none of ours wrote.
    pub(crate) fn resume(content: &Content, held: Held, order: &str, state: &str) -> Result<Self> {
        let wrong = |column| Error::Inconsistent { table: "jobs", column, row: held.id.to_string() };
        let order: Order = serde_json::from_str(order).map_err(|_| wrong("payload"))?;
        let state: State = serde_json::from_str(state).map_err(|_| wrong("progress"))?;
        Ok(Self {
            content: content.clone(),
            held,
            order,
            kept: state.place(),
            state,
            throttle: Throttle::new(order.rate),
            rested: Instant::now(),
            saved: Instant::now(),
        })
    }

    /// Works to the end.
    ///
    /// # Errors
    /// [`Error::JobLost`], [`Error::JobCancelled`]; [`Error::Database`], [`Error::Store`]: what was found is kept, and a later
    /// attempt goes on from there.
    pub(crate) async fn run(mut self) -> Result<()> {
        if !self.state.began {
            self.commit(Change::Begin).await?;
            let total = db::fsck::count_blobs(self.content.db.reader()).await?;
            self.commit(Change::Enter(FsckPhase::Objects, total)).await?;
        }
        loop {
            match self.state.report.phase {
                FsckPhase::Objects => self.objects().await?,
                FsckPhase::Manifests => self.manifests().await?,
                FsckPhase::Rows => self.rows().await?,
                FsckPhase::Content => self.bytes().await?,
                FsckPhase::Reunion => self.reunion().await?,
                FsckPhase::Done => return Ok(()),
            }
        }
    }

    /// Does a change and saves the progress with it, all or nothing.
    async fn commit(&mut self, change: Change) -> Result<()> {
        let by = (self.held, self.content.now(), Arc::clone(&self.content.place));
        let args = (by, self.state.clone(), self.kept.clone(), change);
        let done = self.content.db.write(args, |txn, ((held, now, place), state, kept, change)| {
            Box::pin(async move {
                let mut state = state.clone();
                if let Change::Found(_) = change {
                    // What is not found here says nothing where blobs are at home elsewhere.
                    db::home::hold(txn, place).await?;
                }
                change.run(txn, *held, &mut state, *now).await?;
                let advances = state.place() != *kept;
                db::jobs::advance(txn, *held, Progress::at(&state.json()?, advances)).await?;
                Ok(state)
            })
        });
        self.state = done.await?;
        self.kept = self.state.place();
        self.saved = Instant::now();
        Ok(())
    }

    /// Commits what was found, a step at a time.
    async fn found(&mut self, findings: Vec<Finding>) -> Result<()> {
        let mut findings = findings.into_iter().peekable();
        while findings.peek().is_some() {
            let step = findings.by_ref().take(STEP).collect();
            self.commit(Change::Found(step)).await?;
        }
        Ok(())
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

impl Change {
    async fn run(&self, txn: &db::Transaction, held: Held, state: &mut State, now: i64) -> Result<()> {
        match self {
            Self::Nothing => {}
            Self::Begin => {
                db::damages::clear(txn).await?;
                state.began = true;
            }
            Self::Enter(phase, total) => {
                state.enter(*phase, *total);
                let report = JobReport::Fsck(state.report);
                db::jobs::note(txn, held.id, JobEvent::Reached { report }).await?;
            }
            Self::Found(findings) => {
                for finding in findings {
                    for damage in finding.settle(txn, now).await? {
                        note(txn, &mut state.report, &damage, now).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Counts what was found, and keeps it for the list as long as there is room.
async fn note(txn: &db::Transaction, report: &mut FsckReport, damage: &NewDamage, now: i64) -> Result<()> {
    // A part that is begun again after a crash finds the same once more.
    if db::damages::is_listed(txn, damage).await? {
        return Ok(());
    }
    report.found.add(damage.kind, 1);
    if report.listed < LISTED {
        report.listed += db::damages::insert(txn, damage, now).await?;
    }
    Ok(())
}

impl NewDamage {
    /// About a blob, and whom that hits.
    async fn of_blob(txn: &db::Transaction, kind: DamageKind, blob: i64, digest: &str) -> Result<Self> {
        let hits = db::damages::hit_by_blob(txn, blob).await?;
        Ok(Self { kind, subject: digest.to_owned(), blob: Some(blob), manifest: None, hits })
    }

    /// About a manifest, and whom that hits.
    async fn of_manifest(
        txn: &db::Transaction,
        kind: DamageKind,
        manifest: &db::fsck_manifests::ManifestRow,
    ) -> Result<Self> {
        let hit = db::damages::hit_by_manifest(txn, manifest.repository, manifest.id).await?;
        let subject = manifest.digest.clone();
        Ok(Self { kind, subject, blob: None, manifest: Some(manifest.id), hits: vec![hit] })
    }
}
