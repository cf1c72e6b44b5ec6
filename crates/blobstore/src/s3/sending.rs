//! Sending the parts of an upload.
//!
//! The last parts of a very large object are larger than memory. Each is first put together by the server from pieces that
//! fit, as an object of its own, and then copied into its place: the only copies there are, in objects of more than
//! [`Schedule::plain`](super::schedule::Schedule::plain) parts.

use std::{mem, sync::Arc};

use bytes::Bytes;
use tokio::task::{JoinError, JoinSet};

use super::{
    Shared,
    failure::Failure,
    filling::lost,
    multipart::{Multipart, Part},
    proof,
    schedule::MOST_PARTS,
};
use crate::{StoreError, id::Id};

/// Parts of one upload that are on their way at once.
const IN_FLIGHT: usize = 4;

/// A multipart upload, and what is on its way to it.
#[derive(Debug)]
pub(super) struct Sending {
    store: Arc<Shared>,
    upload: Option<Multipart>,
    /// Parts that the server has, in any order.
    parts: Vec<Part>,
    /// How many parts were sent, those on their way too.
    sent: u32,
    stage: Stage,
    on_their_way: JoinSet<Result<Arrived, StoreError>>,
}

/// A large part that is being put together.
#[derive(Debug, Default)]
struct Stage {
    upload: Option<Multipart>,
    pieces: Vec<Part>,
    sent: u32,
}

#[derive(Debug)]
enum Arrived {
    Part(Part),
    Piece(Part),
}

impl Sending {
    /// Goes on after `parts`, which the server has from the first to the last.
    pub(super) fn new(store: Arc<Shared>, upload: Option<Multipart>, parts: Vec<Part>) -> Self {
        let sent = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        Self { store, upload, parts, sent, stage: Stage::default(), on_their_way: JoinSet::new() }
    }

    /// The multipart upload, once there is one.
    pub(super) fn upload(&self) -> Option<&Multipart> {
        self.upload.as_ref()
    }

    /// How many parts there are.
    pub(super) fn count(&self) -> u32 {
        self.sent
    }

    /// What tells the parts from others; once all have settled.
    pub(super) fn print(&self) -> String {
        proof::print(&self.parts)
    }

    /// The size of what is to be filled and sent next.
    pub(super) fn part_size(&self) -> u64 {
        self.store.schedule.size(self.sent + 1)
    }

    /// Sends a part as soon as fewer others are on their way. The first one begins the multipart upload, of `object`.
    pub(super) async fn send(&mut self, object: &Id, bytes: Bytes) -> Result<(), StoreError> {
        if self.sent >= MOST_PARTS {
            return Err(Failure::of("UploadPart", "the blob is too large for S3"));
        }
        let upload = match &self.upload {
            Some(upload) => upload.clone(),
            None => self.upload.insert(self.store.bucket.create(object).await?).clone(),
        };
        while self.on_their_way.len() >= IN_FLIGHT {
            self.settle_one().await?;
        }
        let bucket = self.store.bucket.clone();
        if !self.store.schedule.is_staged(self.sent + 1) {
            self.sent += 1;
            let number = self.sent;
            self.on_their_way.spawn(async move { bucket.send_part(&upload, number, bytes).await.map(Arrived::Part) });
            return Ok(());
        }
        let stage = match &self.stage.upload {
            Some(stage) => stage.clone(),
            None => self.stage.upload.insert(bucket.create(&object.sibling()?).await?).clone(),
        };
        self.stage.sent += 1;
        let number = self.stage.sent;
        self.on_their_way.spawn(async move { bucket.send_part(&stage, number, bytes).await.map(Arrived::Piece) });
        if number >= self.store.schedule.pieces() { self.settle().await } else { Ok(()) }
    }

    /// Takes note of what has arrived. Finds errors early.
    pub(super) fn note(&mut self) -> Result<(), StoreError> {
        while let Some(settled) = self.on_their_way.try_join_next() {
            self.arrived(settled)?;
        }
        Ok(())
    }

    /// Waits until the server has all parts that were sent, the one that is being put together too.
    pub(super) async fn settle(&mut self) -> Result<(), StoreError> {
        while self.settle_one().await? {}
        // An error was told to somebody who did not listen. What is left would make an object with a hole.
        let whole = |arrived: &[Part], sent| u32::try_from(arrived.len()) == Ok(sent);
        if !whole(&self.parts, self.sent) || !whole(&self.stage.pieces, self.stage.sent) {
            return Err(lost());
        }
        self.stage.pieces.sort_by_key(|piece| piece.number);
        if let (Some(upload), Some(stage)) = (&self.upload, &self.stage.upload) {
            let bucket = &self.store.bucket;
            bucket.complete(stage, &self.stage.pieces).await?;
            let size = self.stage.pieces.iter().map(|piece| piece.size).sum();
            let copied = bucket.copy_part(upload, self.sent + 1, &stage.object, size).await;
            self.store.remove(&[bucket.object(&stage.object)]).await;
            self.parts.push(copied?);
            self.sent += 1;
            self.stage = Stage::default();
        }
        self.parts.sort_by_key(|part| part.number);
        Ok(())
    }

    /// Makes an object of all parts.
    pub(super) async fn complete(&mut self, upload: &Multipart) -> Result<(), StoreError> {
        self.settle().await?;
        self.store.bucket.complete(upload, &self.parts).await
    }

    /// Stops what is on its way. What is to be aborted now: the part that is being put together, and the upload itself
    /// where nobody else knows it.
    pub(super) async fn stop(&mut self, known: bool) -> Vec<Multipart> {
        self.on_their_way.shutdown().await;
        let upload = self.upload.take().filter(|_| !known);
        mem::take(&mut self.stage).upload.into_iter().chain(upload).collect()
    }

    /// Leaves nothing behind in `self`, for somebody who stops it later.
    pub(super) fn take(&mut self) -> Self {
        let nothing = Self::new(self.store.clone(), None, Vec::new());
        mem::replace(self, nothing)
    }

    /// Waits for something on its way, if anything is.
    async fn settle_one(&mut self) -> Result<bool, StoreError> {
        match self.on_their_way.join_next().await {
            Some(settled) => self.arrived(settled).map(|()| true),
            None => Ok(false),
        }
    }

    fn arrived(&mut self, settled: Result<Result<Arrived, StoreError>, JoinError>) -> Result<(), StoreError> {
        match settled.map_err(|panicked| Failure::because("UploadPart", panicked))?? {
            Arrived::Part(part) => self.parts.push(part),
            Arrived::Piece(piece) => self.stage.pieces.push(piece),
        }
        Ok(())
    }
}
