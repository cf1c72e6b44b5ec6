//! Uploads of blobs.
//!
//! An upload is a row with an offset, the state of the hash and the state of the store, so any process can go on with it. A
//! request that adds bytes puts the upload aside at its end, also when the body broke; a second request that works on it
//! at the same time loses by the row's version.

use super::{Content, intake::Intake, store_error};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, ProjectId, may},
    db::{self, actors::ActorColumns, uploads::UploadRow},
};
use bytes::Bytes;
use futures::stream::BoxStream;
use oci::{Algorithm, Digest, RepositoryName, UploadId};
use std::future::Future;
use tracing::Instrument as _;

/// The service of uploads.
#[derive(Clone, Debug)]
pub struct Uploads {
    content: Content,
}

/// The bytes of a request.
pub type UploadBody = BoxStream<'static, std::result::Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>;

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// Its id, part of its address.
    pub id: UploadId,
    /// How many bytes are stored.
    pub offset: u64,
}

/// A blob that is now stored and linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobReceipt {
    /// The digest, with the algorithm that the client used.
    pub digest: Digest,
    /// The size.
    pub size: u64,
}

impl Uploads {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// Starts an upload (`end-4a`). `algorithm` is what the client will commit with, where it said so.
    ///
    /// # Errors
    /// As [`crate::Access::repository`] for pushing.
    pub async fn begin(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        algorithm: Option<Algorithm>,
    ) -> Result<UploadStatus> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let id = new_id()?;
        let args = (
            (repository.project().id(), repository.path().to_owned()),
            (id.clone(), algorithm.unwrap_or_default()),
            ActorColumns::from(actor),
            self.content.now(),
        );
        self.content
            .db
            .write_lightly(args, |txn, ((project, path), (id, algorithm), by, now)| {
                Box::pin(async move {
                    let repository = db::repositories::ensure(txn, *project, path, *now).await?;
                    db::uploads::insert(txn, id, repository, *algorithm, by, *now).await
                })
            })
            .await?;
        Ok(UploadStatus { id, offset: 0 })
    }

    /// Appends a body (`end-5`). `start` is the first byte's position where the client said so; `length` what it announced.
    /// What arrived before a break is kept, and the upload can go on from there, also if the caller goes away meanwhile.
    ///
    /// # Errors
    /// [`Error::UploadNotFound`], [`Error::UploadOutOfOrder`], [`Error::UploadBusy`], [`Error::BodyBroken`],
    /// [`Error::LengthMismatch`] when there were more or fewer bytes than announced, [`Error::StorageFull`];
    /// [`Error::QuotaExceeded`], after which the upload is gone.
    pub async fn append(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        id: &UploadId,
        start: Option<u64>,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<UploadStatus> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let upload = self.get(&repository, id).await?;
        check_start(&upload, start)?;
        let (content, id) = (self.content.clone(), id.clone());
        let again = Again::new(actor, name, &repository);
        detached(async move {
            let mut intake = Intake::resume(&content, again.project, upload, None);
            let received = intake.receive(body, length).await;
            let intake = again.authorized(&content, intake).await?.0;
            match received {
                Ok(()) => Ok(UploadStatus { id, offset: intake.pause().await? }),
                Err(error) => Err(keep(intake, error).await),
            }
        })
        .await
    }

    /// Where the upload stands (`end-13`).
    ///
    /// # Errors
    /// [`Error::UploadNotFound`], also for an upload of another repository.
    pub async fn status(&self, actor: &Actor, name: &RepositoryName, id: &UploadId) -> Result<UploadStatus> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let upload = self.get(&repository, id).await?;
        Ok(UploadStatus { id: upload.id, offset: upload.stored })
    }

    /// Forgets an upload and its bytes.
    ///
    /// # Errors
    /// [`Error::UploadNotFound`]; [`Error::UploadBusy`] if another request moved it on at this moment.
    pub async fn cancel(&self, actor: &Actor, name: &RepositoryName, id: &UploadId) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let upload = self.get(&repository, id).await?;
        let deleted = self.content.db.write((upload.id, upload.version), |txn, (id, version)| {
            Box::pin(async move { db::uploads::delete(txn, id, *version).await })
        });
        if !deleted.await? {
            return Err(Error::UploadBusy);
        }
        match upload.store_state {
            Some(state) => self.content.store.abort(&state).await.map_err(store_error),
            None => Ok(()),
        }
    }

    /// Appends the last body and commits (`end-6`): durable, complete and linked, or an error. After a broken body the
    /// upload stays and can go on; after [`Error::DigestMismatch`] it is gone, as its bytes are of no use.
    ///
    /// # Errors
    /// As [`Uploads::append`]; [`Error::DigestMismatch`], [`Error::QuotaExceeded`].
    #[expect(clippy::too_many_arguments, reason = "what the request says, and no two belong together")]
    pub async fn commit(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        id: &UploadId,
        digest: &Digest,
        start: Option<u64>,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<BlobReceipt> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let upload = self.get(&repository, id).await?;
        check_start(&upload, start)?;
        let (content, digest) = (self.content.clone(), digest.clone());
        let again = Again::new(actor, name, &repository);
        detached(async move {
            let mut intake = Intake::resume(&content, again.project, upload, Some(&digest));
            let received = intake.receive(body, length).await;
            let (intake, repository) = again.authorized(&content, intake).await?;
            match received {
                Ok(()) => intake.commit(&repository, &digest).await,
                Err(error) => Err(keep(intake, error).await),
            }
        })
        .await
    }

    /// Stores a blob in one request (`end-4b`).
    ///
    /// # Errors
    /// [`Error::BodyBroken`], [`Error::LengthMismatch`], [`Error::DigestMismatch`], [`Error::QuotaExceeded`],
    /// [`Error::StorageFull`]; nothing of it stays then.
    pub async fn put(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        digest: &Digest,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<BlobReceipt> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let (content, digest) = (self.content.clone(), digest.clone());
        let again = Again::new(actor, name, &repository);
        detached(async move {
            let mut intake = Intake::whole(&content, again.project, &digest);
            let received = intake.receive(body, length).await;
            let (intake, repository) = again.authorized(&content, intake).await?;
            match received {
                Ok(()) => intake.commit(&repository, &digest).await,
                Err(error) => {
                    intake.abandon().await;
                    Err(error)
                }
            }
        })
        .await
    }

    /// The upload, if it is one of this repository.
    async fn get(&self, repository: &AuthorizedRepository<may::Push>, id: &UploadId) -> Result<UploadRow> {
        let found = db::uploads::find(self.content.db.reader(), id).await?;
        found.filter(|upload| repository.id() == Some(upload.repository)).ok_or(Error::UploadNotFound)
    }
}

/// Who sends a body, to be asked for the right to do so once more when it has come: that may be hours later.
struct Again {
    actor: Actor,
    name: RepositoryName,
    project: ProjectId,
}

impl Again {
    fn new(actor: &Actor, name: &RepositoryName, repository: &AuthorizedRepository<may::Push>) -> Self {
        Self { actor: actor.clone(), name: name.clone(), project: repository.project().id() }
    }

    /// Gives up what came if it may not be kept any more.
    async fn authorized(self, content: &Content, intake: Intake) -> Result<(Intake, AuthorizedRepository<may::Push>)> {
        match content.access.repository(&self.actor, &self.name, may::Push).await {
            Ok(repository) if repository.project().id() == self.project => Ok((intake, repository)),
            refused => {
                intake.abandon().await;
                Err(refused.err().unwrap_or(Error::UploadNotFound))
            }
        }
    }
}

fn check_start(upload: &UploadRow, start: Option<u64>) -> Result<()> {
    match start {
        Some(start) if start != upload.stored => Err(Error::UploadOutOfOrder { offset: upload.stored, start }),
        _ => Ok(()),
    }
}

/// After a body that broke: saves what came, and gives the error that the client should hear of.
async fn keep(intake: Intake, error: Error) -> Error {
    if let Error::QuotaExceeded { .. } = error {
        intake.forget().await;
        return error;
    }
    if !matches!(error, Error::BodyBroken(_) | Error::LengthMismatch { .. }) {
        intake.abandon().await;
        return error;
    }
    match intake.pause().await {
        Ok(_) => error,
        Err(worse) => worse,
    }
}

/// Runs to its end even if the caller goes away: a connection that breaks drops its handler, and what arrived would be
/// lost with it.
async fn detached<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(work.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(Error::Internal(Box::new(error))),
    }
}

/// A name that nobody can guess.
fn new_id() -> Result<UploadId> {
    uuid::Uuid::new_v4().to_string().parse().map_err(|_| Error::UploadNotFound)
}
