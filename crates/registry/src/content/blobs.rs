//! Blobs.

use super::{BlobReceipt, Content, LEASE_STEP, is_failure, stored};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, ProjectId, RepositoryId, may},
    db::{
        self, audit,
        blobs::{BlobRow, LinkedBlob},
    },
};
use blobstore::ByteStream;
use oci::{Digest, RepositoryName, media_type};
use std::{ops::Range, sync::Arc, time::Duration};

/// How long a URL of the store serves.
const PRESIGNED: Duration = Duration::from_mins(20);

/// Repositories that are looked at for one that a blob may be mounted from.
const CANDIDATES: usize = 8;

/// The service of blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    content: Content,
}

/// What is known of a blob without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
}

/// A blob that the actor was allowed to read: the proof, and the way to the bytes.
#[derive(Clone, Debug)]
pub struct BlobReader {
    /// What it is.
    pub info: BlobInfo,
    content: Content,
    blob: BlobRow,
}

impl BlobReader {
    /// The bytes of a range that lies within the blob. A stored object that is too short is an error, never a short answer; and
    /// where all of it is asked for, one that is not what was stored ends with [`blobstore::StoreError::Changed`] before its
    /// last piece.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn open(&self, range: Range<u64>) -> Result<ByteStream> {
        self.content.open(&self.blob, &self.info.digest, range).await
    }

    /// A URL that clients may fetch it from instead, where the store offers one.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn presign(&self) -> Result<Option<String>> {
        stored(self.content.store.presign(&self.blob.location, media_type::OCTET_STREAM, PRESIGNED).await)
    }
}

impl Blobs {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// Whether the repository has the blob (`end-2` HEAD). For one who may push it renews the lease, so that a push may
    /// count on the answer; what was deleted counts again from then on, and is not there where the quota does not allow that.
    ///
    /// # Errors
    /// [`Error::BlobNotFound`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn stat(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<BlobInfo> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let id = repository.get_id()?;
        let linked = self.get(id, name, digest).await?;
        let (blob, leased_at) = (&linked.blob, linked.leased_at);
        let now = self.content.now();
        if leased_at < now - LEASE_STEP && repository.project().also(may::Push).is_some() {
            let link = (repository.project().id(), id);
            let leased = self.content.db.write((link, blob.id, now), |txn, (link, blob, now)| {
                Box::pin(async move { db::blobs::lease(txn, *link, *blob, *now).await })
            });
            match leased.await {
                Ok(true) => {}
                // Of what was deleted the quota allows no more: it is pushed as if it were new, and that is told why not.
                Ok(false) | Err(Error::QuotaExceeded { .. }) => return Err(not_found(name, digest)),
                Err(error) => return Err(error),
            }
        }
        Ok(BlobInfo { digest: digest.clone(), size: blob.size })
    }

    /// For reading (`end-2` GET).
    ///
    /// # Errors
    /// As [`Blobs::stat`].
    pub async fn read(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<BlobReader> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let linked = self.get(repository.get_id()?, name, digest).await?;
        Ok(BlobReader {
            info: BlobInfo { digest: digest.clone(), size: linked.blob.size },
            content: self.content.clone(),
            blob: linked.blob.clone(),
        })
    }

    /// Links a blob from `from`, or from any repository that the actor may pull from (`end-11`). `None`: upload it. What may
    /// not be pulled from is answered like what does not have it.
    ///
    /// # Errors
    /// As [`crate::Access::repository`] for pushing to `name`; [`Error::QuotaExceeded`].
    pub async fn mount(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        digest: &Digest,
        from: Option<&RepositoryName>,
    ) -> Result<Option<BlobReceipt>> {
        let target = self.content.access.repository(actor, name, may::Push).await?;
        let Some(source) = self.source(actor, &target, digest, from).await? else { return Ok(None) };
        let args = (source, target.project().id(), target.path().to_owned(), digest.clone(), self.content.now());
        let size = self.content.db.write(args, |txn, (source, project, path, digest, now)| {
            Box::pin(async move {
                // What the source has lost meanwhile it cannot give.
                let Some(linked) = db::blobs::find_linked(txn, *source, digest).await? else { return Ok(None) };
                let blob = linked.blob;
                let repository = db::repositories::ensure(txn, *project, path, *now).await?;
                db::blobs::link(txn, *project, repository, &blob, *now).await?;
                Ok(Some(blob.size))
            })
        });
        Ok(size.await?.map(|size| BlobReceipt { digest: digest.clone(), size }))
    }

    /// A repository that has the blob and from which the actor may pull: `from`, or any. An actor whose registry token did
    /// not cover a source for [`Blobs::mount`] can be told with it which token would; give the account here, without the
    /// token's narrowing.
    ///
    /// # Errors
    /// Failures only: what may not be pulled from is no source.
    pub async fn find_source(
        &self,
        actor: &Actor,
        digest: &Digest,
        from: Option<&RepositoryName>,
    ) -> Result<Option<RepositoryName>> {
        match from {
            Some(from) => Ok(self.pullable(actor, from, digest).await?.map(|_| from.clone())),
            None => Ok(self.candidate(actor, digest).await?.map(|(source, _)| source)),
        }
    }

    /// Unlinks the blob from the repository (`end-10`), unless a manifest names it. The bytes are freed by collection.
    ///
    /// # Errors
    /// [`Error::BlobInUse`], [`Error::BlobNotFound`]; as [`crate::Access::repository`] for deleting.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::DeleteArtifacts).await?;
        let event = audit::Event::new(actor, "blob.delete", format!("{name}@{digest}"));
        let event = event.in_project(repository.project().id());
        let args = (repository.project().id(), repository.get_id()?, name.clone(), digest.clone());
        self.content
            .db
            .write((args, event, self.content.now()), |txn, (args, event, now)| {
                Box::pin(async move {
                    unlink(txn, args).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await
    }

    async fn get(&self, id: RepositoryId, name: &RepositoryName, digest: &Digest) -> Result<Arc<LinkedBlob>> {
        let linked = self.content.find_blob(id, digest).await?;
        linked.ok_or_else(|| not_found(name, digest))
    }

    /// From where the actor may take the blob.
    async fn source(
        &self,
        actor: &Actor,
        target: &AuthorizedRepository<may::Push>,
        digest: &Digest,
        from: Option<&RepositoryName>,
    ) -> Result<Option<RepositoryId>> {
        if let Some(from) = from {
            return self.pullable(actor, from, digest).await;
        }
        if let Some(id) = target.id()
            && db::blobs::find_linked(self.content.db.reader(), id, digest).await?.is_some()
        {
            return Ok(Some(id));
        }
        if let Some(grants) = actor.grants() {
            for grant in grants.iter().filter(|grant| grant.actions.pull) {
                if let Some(source) = self.pullable(actor, &grant.repository, digest).await? {
                    return Ok(Some(source));
                }
            }
            return Ok(None);
        }
        Ok(self.candidate(actor, digest).await?.map(|(_, id)| id))
    }

    /// A repository that has the blob and that the actor may pull from.
    async fn candidate(&self, actor: &Actor, digest: &Digest) -> Result<Option<(RepositoryName, RepositoryId)>> {
        let reader = self.content.db.reader();
        let blob = db::blobs::find_live(reader, digest).await?;
        let visibility = self.content.access.visibility(actor).await?;
        // Of none there is nothing to be found either, with as many statements: a quick answer does not tell what other projects have.
        let id = blob.map_or(0, |blob| blob.id);
        let names = db::blobs::visible_repositories(reader, &visibility, id, CANDIDATES).await?;
        for name in names.iter().filter_map(|text| text.parse().ok()) {
            if let Some(id) = self.pullable(actor, &name, digest).await? {
                return Ok(Some((name, id)));
            }
        }
        Ok(None)
    }

    /// The repository, if the actor may pull from it and it has the blob.
    async fn pullable(&self, actor: &Actor, from: &RepositoryName, digest: &Digest) -> Result<Option<RepositoryId>> {
        let source = match self.content.access.repository(actor, from, may::Pull).await {
            Ok(source) => source,
            Err(error) if is_failure(&error) => return Err(error),
            Err(_) => return Ok(None),
        };
        let Some(id) = source.id() else { return Ok(None) };
        let linked = db::blobs::find_linked(self.content.db.reader(), id, digest).await?;
        Ok(linked.map(|_| id))
    }
}

async fn unlink(
    txn: &db::Transaction,
    (project, repository, name, digest): &(ProjectId, RepositoryId, RepositoryName, Digest),
) -> Result<()> {
    db::locks::repository(txn, *repository).await?;
    let Some(LinkedBlob { blob, .. }) = db::blobs::find_linked(txn, *repository, digest).await? else {
        return Err(not_found(name, digest));
    };
    if db::references::is_named(txn, *repository, blob.id).await? {
        return Err(Error::BlobInUse { name: name.clone(), digest: digest.clone() });
    }
    // Whoever deletes a blob by its digest means the bytes: what is in the trash goes without it.
    db::trash::let_go(txn, *repository, blob.id).await?;
    db::blobs::unlink(txn, *project, *repository, &blob).await?;
    Ok(())
}

fn not_found(name: &RepositoryName, digest: &Digest) -> Error {
    Error::BlobNotFound { name: name.clone(), digest: digest.clone() }
}
