//! What is stored: repositories, tags, manifests, blobs and uploads.
//!
//! The services here share a [`Content`]: the database, the store of bytes, and what is remembered of immutable things.
//! Bytes are durable in the store before the database speaks of them, and gone from the database before the store drops
//! them, so a crash leaves garbage and never a name without bytes.

mod artifact_records;
mod artifacts;
mod blobs;
pub(crate) mod collection;
mod copies;
mod damages;
mod facts;
pub(crate) mod fsck;
mod graph;
mod hashing;
mod home;
mod intake;
mod kind;
mod manifests;
pub(crate) mod moving;
mod proofs;
mod record;
mod removal;
mod repositories;
mod repository_records;
pub(crate) mod retention;
mod storage;
mod tag_history;
mod tags;
mod traffic;
mod trash;
mod uploads;

#[cfg(test)]
mod tests;

pub use artifact_records::{ArtifactPage, ArtifactRecord, Beside, ChildRecord, TagRecord};
pub use artifacts::Artifacts;
pub use blobs::{BlobInfo, BlobReader, Blobs};
pub use damages::Damages;
pub use home::{Elsewhere, Settled};
pub use manifests::{ManifestReceipt, Manifests, NewManifest, Parts, ReferrerPage, StoredManifest};
pub use repositories::{NamePage, Repositories};
pub use repository_records::RepositoryRecord;
pub use retention::{PreviewQuery, RetentionRules};
pub use storage::Storage;
pub use tags::Tags;
pub(crate) use traffic::{Counts, Pulls};
pub(crate) use trash::kept_until;
pub use trash::{Attempt, Trash};
pub use uploads::{BlobReceipt, UploadBody, UploadStatus, Uploads};

use crate::{Access, Clock, Error, Ground, Options, Result, audit::gathered::Gathered, db::Db};
use blobstore::{BlobStore, Location, StoreError};
use bytes::Bytes;
use facts::Facts;
use oci::Digest;
use proofs::Proofs;
use std::{
    fmt,
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use traffic::Traffic;

/// What the services of content share. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Content(Arc<Shared>);

/// See [`Content`].
pub(crate) struct Shared {
    pub(crate) db: Db,
    pub(crate) store: Arc<dyn BlobStore>,
    /// The name of the place that new objects go to.
    pub(crate) place: Arc<str>,
    /// Whether all blobs are known to be elsewhere.
    astray: AtomicBool,
    pub(crate) access: Access,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) upload_expiry: Duration,
    /// How long what is deleted can be restored.
    pub(crate) trash_time: Duration,
    /// Bytes of manifests by digest: never more than that the bytes have this digest.
    pub(crate) bodies: moka::sync::Cache<Digest, Bytes>,
    pub(crate) facts: Facts,
    pub(crate) traffic: Traffic,
    pub(crate) proofs: Proofs,
    pub(crate) gathered: Gathered,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Deref for Content {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Content {
    pub(crate) fn new(
        (db, access, clock): Ground,
        store: Arc<dyn BlobStore>,
        gathered: Gathered,
        options: &Options,
    ) -> Self {
        let weigh = |_: &Digest, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_add(256);
        let bodies = moka::sync::Cache::builder().weigher(weigh).max_capacity(options.manifest_cache).build();
        let (upload_expiry, trash_time) = (options.upload_expiry, options.trash_time);
        let facts = Facts::new(&db, Arc::clone(&clock));
        let traffic = Traffic::default();
        let place = store.place().into();
        Self(Arc::new(Shared {
            db,
            store,
            place,
            astray: AtomicBool::default(),
            access,
            clock,
            upload_expiry,
            trash_time,
            bodies,
            facts,
            traffic,
            proofs: Proofs::new(options.read_rate),
            gathered,
        }))
    }

    /// Now, as rows keep it.
    pub(crate) fn now(&self) -> i64 {
        crate::db::micros(self.clock.now())
    }

    /// Now by the clock that decides what ends for everybody who shares the database.
    pub(crate) async fn common_time(&self, connection: &impl crate::db::Connection) -> Result<i64> {
        crate::db::sql::common_time(connection, &*self.clock).await
    }

    /// Removes an object that no row speaks of. A failure leaves garbage, which a check of the store against the rows finds.
    pub(crate) async fn discard(&self, location: &Location) {
        if let Err(error) = self.store.delete_many(std::slice::from_ref(location)).await {
            tracing::warn!(%location, error = &error as &dyn std::error::Error, "an unused object stays in the store");
        }
    }
}

/// A store's failure, sorted by what a caller can do about it.
pub(crate) fn store_error(error: StoreError) -> Error {
    match error {
        StoreError::Full => Error::StorageFull,
        error => Error::Store(error),
    }
}

/// How old a lease may be before it is renewed, in microseconds: what asks often writes seldom.
pub(crate) const LEASE_STEP: i64 = 10 * 1_000_000;

/// Whether the server is at fault, so that nothing may be concluded about what was asked for.
pub(crate) fn is_failure(error: &Error) -> bool {
    matches!(
        error,
        Error::Database(_) | Error::Store(_) | Error::StorageFull | Error::Internal(_) | Error::Inconsistent { .. }
    )
}

/// A result of the store as one of ours.
pub(crate) fn stored<T>(result: std::result::Result<T, StoreError>) -> Result<T> {
    result.map_err(store_error)
}
