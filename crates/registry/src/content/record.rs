//! The rows of a blob that was received: its digest, its place, and the link that lets a repository read it.

use super::Content;
use crate::{
    Error, Result,
    access::{AuthorizedRepository, ProjectId, may},
    db,
};
use blobstore::Location;
use oci::{Digest, UploadId};
use std::sync::Arc;

/// A blob whose bytes were received and hashed.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// An upload in the version that was read.
pub(super) type UploadKey = (UploadId, i64);

/// Where the blob goes, as rows want it.
#[derive(Clone, Debug)]
struct Target {
    project: ProjectId,
    path: String,
    blob: Blob,
    upload: Option<UploadKey>,
    /// Where this server stores.
    place: Arc<str>,
    now: i64,
}

impl Target {
    fn new(
        content: &Content,
        repository: &AuthorizedRepository<may::Push>,
        blob: &Blob,
        upload: Option<UploadKey>,
    ) -> Self {
        Self {
            project: repository.project().id(),
            path: repository.path().to_owned(),
            blob: blob.clone(),
            upload,
            place: Arc::clone(&content.place),
            now: content.now(),
        }
    }

    /// Links the row to the repository and ends the upload.
    async fn link(&self, txn: &db::Transaction, row: &db::blobs::BlobRow) -> Result<()> {
        if row.size != self.blob.size {
            return Err(Error::Inconsistent { table: "blobs", column: "size", row: row.id.to_string() });
        }
        let repository = db::repositories::ensure(txn, self.project, &self.path, self.now).await?;
        if let Some((id, version)) = &self.upload
            && !db::uploads::delete(txn, id, *version).await?
        {
            return Err(Error::UploadBusy);
        }
        db::blobs::link(txn, self.project, repository, row, self.now).await?;
        Ok(())
    }
}

/// Links a blob that is stored already and ends the upload. `false` if it is not stored: nothing has changed then.
pub(super) async fn relink(
    content: &Content,
    repository: &AuthorizedRepository<may::Push>,
    blob: &Blob,
    upload: Option<&UploadKey>,
) -> Result<bool> {
    if db::blobs::find_live(content.db.reader(), &blob.digest).await?.is_none() {
        return Ok(false);
    }
    let target = Target::new(content, repository, blob, upload.cloned());
    content
        .db
        .write(target, |txn, target| {
            Box::pin(async move {
                // It may have been collected since.
                let Some(row) = db::blobs::find_live(txn, &target.blob.digest).await? else { return Ok(false) };
                target.link(txn, &row).await?;
                Ok(true)
            })
        })
        .await
}

/// Records a blob whose object is durable, links it, and ends the upload. The object is removed if it is not needed: where
/// another one of the same digest was quicker, and where this fails for certain.
pub(super) async fn insert(
    content: &Content,
    repository: &AuthorizedRepository<may::Push>,
    blob: &Blob,
    location: &Location,
    upload: Option<UploadKey>,
) -> Result<()> {
    let target = Target::new(content, repository, blob, upload);
    let recorded = content
        .db
        .write((target, location.clone()), |txn, (target, location)| {
            Box::pin(async move {
                let Blob { digest, size } = &target.blob;
                let row = db::blobs::ensure(txn, digest, *size, location, &target.place, target.now).await?;
                target.link(txn, &row).await?;
                Ok(row.location == *location)
            })
        })
        .await;
    match recorded {
        Ok(true) => Ok(()),
        Ok(false) => {
            content.discard(location).await;
            Ok(())
        }
        // Nobody knows whether the database took it before it failed; if not, the object is garbage.
        Err(error @ Error::Database(_)) => Err(error),
        Err(error) => {
            // Two requests that end one upload may get one location from the store: the other one's row keeps it.
            if matches!(db::blobs::has_location(content.db.reader(), location).await, Ok(false)) {
                content.discard(location).await;
            }
            Err(error)
        }
    }
}

/// Removes an upload that can come to nothing, bytes and all. What fails here is left to the sweep.
pub(super) async fn forget(content: &Content, upload: Option<&UploadKey>) {
    let Some(key) = upload else { return };
    let removed = content.db.write(key.clone(), |txn, (id, version)| {
        Box::pin(async move {
            let row = db::uploads::find(txn, id).await?;
            Ok(if db::uploads::delete(txn, id, *version).await? { row } else { None })
        })
    });
    match removed.await {
        Ok(Some(db::uploads::UploadRow { store_state: Some(state), .. })) => {
            if let Err(error) = content.store.abort(&state).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "an upload's bytes stay in the store");
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "an upload stays until it expires"),
    }
}
