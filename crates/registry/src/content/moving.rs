//! Moving all objects from a previous store into the present one, while both serve.
//!
//! The rows say what there is to move, and the present store what is there already: it is listed part by part, and what a live blob
//! misses is copied to the same location. Each is hashed on its way and becomes an object only if it has the digest of its row. So a
//! move can be stopped and begun again at any time, and goes on with what is left.
//!
//! What is new goes into the present store from the first moment on. But a process with older settings may still put something
//! into the previous one; so passes follow each other until one of them has found nothing to copy. From the second pass on nobody
//! can record what is elsewhere ([`db::home`]): a pass that finds nothing then, and has not failed with anything, proves that all blobs
//! are here. That is noted, and all processes that store here stop asking the previous store ([`Content::follow`]).
//!
//! What only the previous store has never comes back afterwards. Uploads that go on there are carried over before they are recorded
//! ([`MovingStore`]); blobs in quarantine are copied like others if they are whole, and keep the switch from being made if they are
//! there and are not; and a check reunites them only with what is in the present store.

use super::{Content, hashing::Hashing, store_error, stored};
use crate::{
    Error, Result,
    db::{
        self,
        fsck::BlobRow,
        jobs::{Held, Progress},
    },
};
use api_types::{JobEvent, JobReport, MoveReport};
use blobstore::{BlobStore as _, BlobWriter, ByteStream, Location, MovingStore, StoreError};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use oci::{Digest, DigestHasher};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Objects that are copied at the same time.
const AT_ONCE: usize = 4;

/// Objects that are copied before progress is looked at.
const STEP: usize = 16;

/// How often progress is saved.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// What a move is to do, as its job keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The place to move into: a process that stores elsewhere must not take the job for one that leads there.
    into: String,
}

impl Order {
    pub(crate) fn new(content: &Content) -> Self {
        Self { into: content.place.to_string() }
    }
}

/// Whether a process can do what this order says. One that cannot be read is for everybody, who will say so.
pub(crate) fn is_for(content: &Content, order: &str) -> bool {
    match serde_json::from_str::<Order>(order) {
        Ok(order) => order.into == *content.place && content.store.moving().is_some(),
        Err(_) => true,
    }
}

/// How far a move is, as its job keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    report: MoveReport,
    /// Parts of the store that this pass is through with.
    parts: usize,
    /// What this pass has copied.
    found: u64,
    /// Whether nothing was recorded that is elsewhere since this pass began.
    #[serde(default)]
    closed: bool,
}

impl State {
    /// What no later attempt does again: the parts of the pass that are done, and the copies.
    fn place(&self) -> (usize, u64) {
        (self.parts, self.report.copied)
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// A move that this process has the job of.
#[derive(Debug)]
pub(crate) struct Move {
    content: Content,
    held: Held,
    order: Order,
    state: State,
    /// The pass's parts and the copies that are saved.
    kept: (usize, u64),
    saved: Instant,
    /// Whether it is noted that something is not here.
    missed: bool,
}

/// What became of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is there now; its bytes.
    Copied(u64),
    /// It is there already, or nobody wants it any more.
    Nothing,
    /// The previous store does not have it, or not as it was.
    Failed,
}

impl Move {
    /// Goes on where the job stands.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for an order or a progress that none of ours wrote.
    pub(crate) fn resume(content: &Content, held: Held, order: &str, state: &str) -> Result<Self> {
        let wrong = |column| Error::Inconsistent { table: "jobs", column, row: held.id.to_string() };
        let order: Order = serde_json::from_str(order).map_err(|_| wrong("payload"))?;
        let state: State = serde_json::from_str(state).map_err(|_| wrong("progress"))?;
        let kept = state.place();
        Ok(Self { content: content.clone(), held, order, state, kept, saved: Instant::now(), missed: false })
    }

    /// Works until a pass has found nothing to copy.
    ///
    /// # Errors
    /// [`Error::JobLost`], [`Error::JobCancelled`]; [`Error::Database`], [`Error::Store`]: what was copied is there, and a later
    /// attempt goes on from there. [`Error::Internal`] where this process knows of no previous store, or stores elsewhere.
    pub(crate) async fn run(mut self) -> Result<()> {
        if self.order.into != *self.content.place {
            let (here, there) = (&self.content.place, &self.order.into);
            let reason = format!("blobs are to move into {there}, and this server stores into {here}");
            return Err(Error::Internal(reason.into()));
        }
        let store = Arc::clone(&self.content.store);
        let moving = store.moving().ok_or_else(|| Error::Internal("this server has no storage.previous".into()))?;
        if self.content.moves_into_itself().await? {
            let reason =
                "[storage] and storage.previous are one place: there is nothing to move, and nothing that can go";
            return Err(Error::Internal(reason.into()));
        }
        let parts = moving.parts();
        loop {
            if self.state.parts == 0 {
                self.begin_pass().await?;
            }
            while self.state.parts < parts.len() {
                // The first part begins with the first text and the last ends with the last one: no row is in between.
                let from = if self.state.parts == 0 { "" } else { parts[self.state.parts].as_str() };
                let to = parts.get(self.state.parts + 1).map(String::as_str);
                self.part(moving, from, to, &parts[self.state.parts]).await?;
                self.state.parts += 1;
                self.save().await?;
            }
            let is_last = self.state.found == 0 && self.state.closed;
            if is_last && (self.state.report.failed > 0 || self.seal().await?) {
                // Other processes follow by themselves.
                self.content.follow().await?;
                self.state.report.finished = true;
                return self.commit(true).await;
            }
            self.state.parts = 0;
        }
    }

    async fn begin_pass(&mut self) -> Result<()> {
        let is_first = self.state.report.pass == 0;
        self.state.closed = self.close(is_first).await?;
        let total = db::collection::count_blobs(self.content.db.reader()).await?;
        self.state.found = 0;
        let report = &mut self.state.report;
        (report.done, report.total, report.failed) = (0, total, 0);
        report.pass += 1;
        self.commit(true).await
    }

    /// Sees to it that what is recorded from now on is here. In a first pass only where that was so before: servers that store
    /// elsewhere may go on until most is copied.
    async fn close(&self, is_first: bool) -> Result<bool> {
        let home = db::home::find(self.content.db.reader()).await?;
        let is_home = home.is_some_and(|home| *home.place == *self.content.place);
        if is_first && !is_home {
            return Ok(false);
        }
        if !is_home {
            let args = (self.held, Arc::clone(&self.content.place), self.content.now());
            let closed = self.content.db.write(args, |txn, (held, place, now)| {
                Box::pin(async move {
                    db::home::close(txn, place, *now).await?;
                    db::jobs::advance(txn, *held, Progress::Same).await
                })
            });
            closed.await?;
        }
        self.content.db.write((), |txn, ()| Box::pin(async move { db::home::settled(txn).await })).await?;
        Ok(true)
    }

    /// Notes that all blobs are here; `false` if meanwhile something may have been recorded that is not.
    async fn seal(&mut self) -> Result<bool> {
        let args = (self.held, Arc::clone(&self.content.place), self.content.now());
        let sealed = self.content.db.write(args, |txn, (held, place, now)| {
            Box::pin(async move {
                let sealed = db::home::seal(txn, place, *now).await?;
                db::jobs::advance(txn, *held, Progress::Same).await?;
                Ok(sealed)
            })
        });
        self.state.report.switched = sealed.await?;
        Ok(self.state.report.switched)
    }

    /// Takes back that all blobs are here, once something was not.
    async fn unseal(&mut self) -> Result<()> {
        if self.missed || (self.state.found == 0 && self.state.report.failed == 0) {
            return Ok(());
        }
        let unsealed = self.content.db.write(self.held, |txn, held| {
            Box::pin(async move {
                db::home::unseal(txn).await?;
                db::jobs::advance(txn, *held, Progress::Same).await
            })
        });
        unsealed.await?;
        self.missed = true;
        Ok(())
    }

    /// Copies what is missing of a part.
    async fn part(&mut self, moving: &MovingStore, from: &str, to: Option<&str>, part: &str) -> Result<()> {
        // Rows first: an object is there before its row is.
        let rows = db::fsck::blobs_between(self.content.db.reader(), from, to).await?;
        let mut there = HashMap::new();
        let mut list = moving.current().list_part(part);
        while let Some(object) = list.next().await {
            let object = stored(object)?;
            there.insert(object.location.to_string(), object.size);
        }
        let all = rows.len() as u64;
        // What one in quarantine should be is no more than a guess.
        let is_missing = |row: &BlobRow| match row.state.as_str() {
            "live" => there.get(&row.location) != Some(&row.size),
            "damaged" => !there.contains_key(&row.location),
            _ => false,
        };
        let missing: Vec<_> = rows.into_iter().filter(is_missing).collect();
        self.state.report.done += all - missing.len() as u64;
        let mut missing = missing.into_iter();
        loop {
            let step: Vec<_> = missing.by_ref().take(STEP).collect();
            if step.is_empty() {
                return Ok(());
            }
            let content = &self.content;
            let copies = step.into_iter().map(|row| async move { copy(content, moving, &row).await });
            let outcomes: Vec<_> = stream::iter(copies).buffer_unordered(AT_ONCE).try_collect().await?;
            for outcome in outcomes {
                self.count(outcome);
            }
            self.unseal().await?;
            self.save().await?;
        }
    }

    fn count(&mut self, outcome: Outcome) {
        let report = &mut self.state.report;
        report.done += 1;
        match outcome {
            Outcome::Copied(bytes) => {
                report.copied += 1;
                report.bytes += bytes;
                self.state.found += 1;
            }
            Outcome::Nothing => {}
            Outcome::Failed => report.failed += 1,
        }
    }

    /// Saves the progress if that was long ago.
    async fn save(&mut self) -> Result<()> {
        if self.saved.elapsed() >= SAVE_EVERY { self.commit(false).await } else { Ok(()) }
    }

    async fn commit(&mut self, told: bool) -> Result<()> {
        let (parts, copied) = self.state.place();
        let advances = parts > self.kept.0 || copied > self.kept.1 || self.state.report.finished;
        let args = (self.held, self.state.clone(), told, advances);
        let saved = self.content.db.write(args, |txn, (held, state, told, advances)| {
            Box::pin(async move {
                if *told {
                    let report = JobReport::Move(state.report);
                    db::jobs::note(txn, held.id, JobEvent::Reached { report }).await?;
                }
                db::jobs::advance(txn, *held, Progress::at(&state.json()?, *advances)).await
            })
        });
        saved.await?;
        self.kept = (parts, copied);
        self.saved = Instant::now();
        Ok(())
    }
}

/// Copies a blob's object to the same location, if it is what it was.
async fn copy(content: &Content, moving: &MovingStore, row: &BlobRow) -> Result<Outcome> {
    let is_damaged = row.state == "damaged";
    let (Ok(location), Ok(digest)) = (row.location.parse::<Location>(), row.digest.parse::<Digest>()) else {
        // A blob that was lost has the name of no object.
        return if is_damaged { Ok(Outcome::Nothing) } else { missed(content, row).await };
    };
    // Lists may be behind.
    match moving.current().size(&location).await {
        Ok(Some(size)) if size == row.size || is_damaged => return Ok(Outcome::Nothing),
        Ok(None) => {}
        Err(StoreError::BadLocation) if is_damaged => return Ok(Outcome::Nothing),
        Ok(Some(_)) | Err(StoreError::BadLocation) => return missed(content, row).await,
        Err(error) => return Err(store_error(error)),
    }
    if is_damaged && matches!(moving.previous().size(&location).await, Ok(None)) {
        return Ok(Outcome::Nothing);
    }
    let pieces = match moving.previous().open(&location, 0..row.size).await {
        Ok(pieces) => pieces,
        Err(error) if is_absence(&error) => return missed(content, row).await,
        Err(error) => return Err(store_error(error)),
    };
    let mut writer = stored(moving.current().begin_at(&location).await)?;
    match transfer(pieces, &mut *writer, &digest).await {
        Ok(true) => {}
        Ok(false) => {
            writer.abort().await;
            return missed(content, row).await;
        }
        Err(error) => {
            writer.abort().await;
            return Err(error);
        }
    }
    let committed = stored(writer.commit().await)?;
    if committed != location {
        stored(moving.current().delete_many(&[committed]).await)?;
        return Err(Error::Internal("an object did not get the location that it has to keep".into()));
    }
    match stored(moving.current().size(&location).await)? {
        Some(size) if size == row.size => Ok(Outcome::Copied(size)),
        // It went meanwhile.
        _ => missed(content, row).await,
    }
}

/// Writes and hashes what comes; whether it has this digest.
async fn transfer(mut pieces: ByteStream, writer: &mut dyn BlobWriter, digest: &Digest) -> Result<bool> {
    let mut hashing = Hashing::new(DigestHasher::new(digest.algorithm()));
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) if is_absence(&error) => return Ok(false),
            Err(error) => return Err(store_error(error)),
        };
        hashing.add(piece.clone()).await?;
        stored(writer.write(piece).await)?;
    }
    Ok(hashing.settle().await?.finish() == *digest)
}

/// Whether the store answers, and has not got it.
fn is_absence(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound | StoreError::Truncated { .. } | StoreError::BadLocation)
}

/// A blob that could not be copied: somebody has deleted it meanwhile, or it is not what it was.
async fn missed(content: &Content, row: &BlobRow) -> Result<Outcome> {
    let now = db::fsck::find_blob(content.db.reader(), row.id).await?;
    let is_same = now.is_some_and(|now| now.state == row.state && now.location == row.location);
    if is_same {
        tracing::warn!(digest = row.digest, location = row.location, "a blob cannot be moved: it is not what it was");
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Nothing)
}
