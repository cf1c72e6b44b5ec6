//! A store in a bucket of S3, or of a server that speaks the same protocol.
//!
//! # What makes an acknowledged object durable and whole
//!
//! - An object is stored by one `PutObject`, or by a multipart upload that was begun under its final name: nothing is
//!   copied when it is committed. (Only what exceeds the first 180 GB or so is put together elsewhere on its way.) The server is asked to check the CRC32C of all that it receives.
//! - Before an object is acknowledged, either the server's answer to `PutObject` has confirmed that checksum, or the server
//!   is asked for the object's length (`HeadObject`). A multipart upload always asks.
//! - Names are random and used once, so every request can be repeated. Where the answer to the completion of a multipart
//!   upload is lost, the object is looked for, and believed only if its tag or checksum proves that it is made of the
//!   parts that were sent.
//!
//! # What makes an upload resumable
//!
//! Parts are cut at places that follow from their numbers. What a pause leaves over, always smaller than a part, is kept
//! as an object of its own, a tail, from which any process goes on. The tail of the state before lives until the new
//! state has been resumed from, so a state is good until it is replaced.
//!
//! An upload that stays smaller than a part lives in its tail, and is committed by one `PutObject`. A pause costs it four
//! more requests: the tail is put, read, asked for (the upload lives as long as it) and deleted.
//!
//! # Who may write
//!
//! Two writers of one process exclude each other. Two processes cannot see each other; the caller's database does that. If
//! it fails, writers of one multipart upload replace each other's parts, and only one that finds all of its own can
//! complete it: those that it sent, and those that the state it goes on from spoke of, by their entity tags. Whatever else
//! becomes an object does so under a name of its own. So bytes never mix.
//!
//! # Memory
//!
//! All uploads share one [budget](S3Options::part_budget) for parts. Reading holds no more than the pieces that it gives.

mod bucket;
mod budget;
mod claims;
mod connect;
mod credentials;
mod failure;
mod filling;
mod listing;
mod multipart;
mod objects;
mod options;
mod presign;
mod proof;
mod reader;
mod resume;
mod schedule;
mod sending;
mod shelf;
mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    io,
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};

pub use self::options::{AccessKeys, DEFAULT_BUDGET, Encryption, LEAST_BUDGET, S3Options};
pub use self::shelf::S3Shelf;
use self::{
    bucket::Bucket, budget::Budget, claims::Claims, filling::Filling, multipart::Multipart, presign::Signer,
    schedule::Schedule, state::Paused, writer::S3Writer,
};
use crate::{
    BlobStore, BlobWriter, Location, Opened, StoreError, StoredObject, StoredUpload, UploadState,
    id::{self, Id},
};

/// Sizes and times that tests choose otherwise.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    /// The size of the first parts.
    first_part: u64,
    /// How long a slow client may hold memory that others wait for.
    slow: Duration,
    /// How long the server may take to answer a small request, and to send the next bytes of an answer.
    answer: Duration,
    /// How long the server may take to put the parts of an object together.
    merge: Duration,
    /// After how many parts, and from which size on, the server puts parts together. Tests of very large objects are small.
    #[cfg(test)]
    big: Option<(u32, u64)>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            first_part: schedule::FIRST_PART,
            slow: Duration::from_secs(2),
            answer: Duration::from_secs(30),
            merge: Duration::from_secs(120),
            #[cfg(test)]
            big: None,
        }
    }
}

/// Keeps every object under a key of its own in one bucket. Cheap to clone. Any number of processes may share the bucket.
#[derive(Debug, Clone)]
pub struct S3Store {
    shared: Arc<Shared>,
    signer: Option<Signer>,
}

/// What the store shares with its writers and streams.
#[derive(Debug)]
struct Shared {
    bucket: Arc<Bucket>,
    budget: Arc<Budget>,
    claims: Arc<Claims>,
    schedule: Schedule,
    place: String,
}

impl S3Store {
    /// Prepares the way to a bucket. Asks nothing of the server; [`BlobStore::probe`] does.
    ///
    /// Errors: certificates or region that cannot be used.
    pub async fn open(options: &S3Options) -> io::Result<Self> {
        Self::with(options, Tuning::default()).await
    }

    async fn with(options: &S3Options, tuning: Tuning) -> io::Result<Self> {
        let Tuning { first_part, slow, answer, merge, .. } = tuning;
        let (client, signer) = connect::clients(options, answer).await?;
        let budget = options.part_budget.max(2 * first_part);
        let schedule = Schedule::new(first_part, budget);
        #[cfg(test)]
        let schedule = tuning.big.map_or(schedule, |(plain, big)| schedule.with_limits(plain, big));
        let shared = Shared {
            bucket: Arc::new(Bucket::new(client, options, answer, merge)),
            budget: Arc::new(Budget::new(budget, slow)),
            claims: Arc::default(),
            schedule,
            place: options.place(),
        };
        Ok(Self { shared: Arc::new(shared), signer: signer.map(Signer::new) })
    }
}

impl Shared {
    /// What holds the part of an upload that is being filled.
    fn filling(&self, id: &Id) -> Arc<Filling> {
        Filling::new(self.bucket.clone(), &self.budget, id.clone())
    }

    /// Removes what nobody needs any more. What cannot be removed now is left to the next sweep.
    async fn remove(&self, keys: &[String]) {
        if keys.is_empty() {
            return;
        }
        if let Err(error) = self.bucket.delete(keys).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "could not remove what an upload left behind");
        }
    }

    /// Removes all that there is of an upload: the multipart upload that is known, those that somebody began and never
    /// heard of, and tails.
    async fn abort(&self, id: &Id, upload: Option<&Multipart>) -> Result<(), StoreError> {
        let bucket = &self.bucket;
        if let Some(upload) = upload {
            bucket.abort(upload).await?;
        }
        let (objects, tails) = (bucket.objects_of(id), bucket.tails_of(id));
        let (uploads, tails) = tokio::try_join!(bucket.unfinished(&objects), bucket.list_all(&tails))?;
        for other in uploads {
            bucket.abort(&other.upload).await?;
        }
        let keys: Vec<_> = tails.into_iter().map(|tail| tail.key).collect();
        if keys.is_empty() { Ok(()) } else { bucket.delete(&keys).await }
    }
}

#[async_trait]
impl BlobStore for S3Store {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let id = Id::random()?;
        let claim = self.shared.claims.claim(&id).await?;
        Ok(Box::new(S3Writer::begin(self.shared.clone(), id, claim)))
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        let id = Id::try_from(location)?;
        let claim = self.shared.claims.claim(&id).await?;
        Ok(Box::new(S3Writer::begin(self.shared.clone(), id, claim).unpausable()))
    }

    fn place(&self) -> String {
        self.shared.place.clone()
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        let paused = Paused::try_from(state)?;
        Ok(Box::new(resume::resume(self.shared.clone(), paused, offset).await?))
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        // Writers of other processes cannot be seen.
        self.shared.claims.claim(&Paused::try_from(state)?.id).await.map(drop)
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
        let paused = Paused::try_from(state)?;
        self.shared.abort(&paused.id, paused.upload.as_ref()).await
    }

    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError> {
        let id = Id::random()?;
        self.shared.bucket.put(&self.shared.bucket.object(&id), bytes).await?;
        Ok(id.location())
    }

    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError> {
        let bucket = &self.shared.bucket;
        let key = bucket.object(&Id::try_from(location)?);
        if range.is_empty() {
            // There is no way to ask for nothing.
            bucket.head(&key, false).await?.ok_or(StoreError::NotFound)?;
            return Ok(Opened { bytes: stream::empty().boxed(), version: None });
        }
        reader::open(bucket.clone(), key, range).await
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        let bucket = &self.shared.bucket;
        let head = bucket.head(&bucket.object(&Id::try_from(location)?), false).await?;
        Ok(head.map(|head| head.length))
    }

    async fn presign(
        &self,
        location: &Location,
        content_type: &str,
        expires: Duration,
    ) -> Result<Option<String>, StoreError> {
        let bucket = &self.shared.bucket;
        let key = bucket.object(&Id::try_from(location)?);
        match &self.signer {
            Some(signer) => signer.url(&bucket.name, &key, content_type, expires).await.map(Some),
            None => Ok(None),
        }
    }

    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError> {
        let bucket = &self.shared.bucket;
        let key = |location| Id::try_from(location).map(|id| bucket.object(&id));
        let keys = locations.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        bucket.delete(&keys).await
    }

    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        listing::objects(self.shared.clone(), self.shared.bucket.objects())
    }

    fn parts(&self) -> Vec<String> {
        id::shards().collect()
    }

    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        listing::objects(self.shared.clone(), self.shared.bucket.objects_of_shard(part))
    }

    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
        listing::uploads(self.shared.clone(), untouched_since)
    }

    async fn probe(&self) -> Result<(), StoreError> {
        // An upload that is begun needs the right to write, and leaves no version of an object behind.
        let id = Id::random()?;
        let _claim = self.shared.claims.claim(&id).await?;
        let upload = self.shared.bucket.create(&id).await?;
        // An upload that is resumed needs the right to list its parts.
        let listed = self.shared.bucket.parts(&upload).await;
        self.shared.bucket.abort(&upload).await?;
        listed.map(drop)
    }
}
