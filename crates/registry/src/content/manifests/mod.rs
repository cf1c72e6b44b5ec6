//! Manifests and referrers.

mod attached;
mod put;
mod referrers;

pub(super) use attached::refresh;
pub(super) use put::{pulled_size, restore};
pub use referrers::ReferrerPage;

use super::{
    Content, kind, removal,
    traffic::{Asked, Pull},
    trash::Bin,
};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, RepositoryId, may},
    audit::gathered::Pulled,
    db::{self, audit, held::HeldRepository, manifests::Found},
};
use api_types::TrashKind;
use bytes::Bytes;
use oci::{Digest, Reference, RepositoryName, Tag, media_type};
use serde_json::json;
use std::sync::Arc;

/// The service of manifests.
#[derive(Clone, Debug)]
pub struct Manifests {
    content: Content,
}

/// A manifest as it was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// Its digest.
    pub digest: Digest,
    /// Its media type, for `Content-Type`.
    pub media_type: Arc<str>,
    /// The bytes.
    pub bytes: Bytes,
}

/// A manifest that a client pushes.
#[derive(Clone, Debug)]
pub struct NewManifest {
    /// The tag or digest in the address.
    pub reference: Reference,
    /// Further tags (`?tag=`); with a digest as reference.
    pub tags: Vec<Tag>,
    /// The request's `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Bytes,
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestReceipt {
    /// The digest, with the algorithm that the client used.
    pub digest: Digest,
    /// The subject, for `OCI-Subject`.
    pub subject: Option<Digest>,
    /// The tags that now point at it, for `OCI-Tag`.
    pub tags: Vec<Tag>,
}

impl Manifests {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// A manifest by tag or digest (`end-3`). `head` tells that the bytes go nowhere, so that it is not counted as a pull.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn get(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        head: bool,
    ) -> Result<StoredManifest> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let id = repository.get_id()?;
        let found = self.content.find_manifest(id, reference).await?;
        let Some(found) = found.filter(|found| !found.damaged) else { return Err(not_found(name, reference)) };
        let Some(bytes) = self.content.body(&found).await? else { return Err(not_found(name, reference)) };
        let asked = Asked {
            repository: id.0,
            manifest: found.id,
            tag: found.tag,
            is_index: media_type::is_index(&found.media_type),
            is_child: found.is_child,
        };
        if head {
            self.content.traffic.looked(actor, asked);
        } else {
            let now = self.content.now();
            if let Pull::Whole(tag) = self.content.traffic.pulled(actor, asked, now) {
                let project = repository.project().id();
                let (repository, manifest, digest) = (id.0, found.id, &found.digest);
                let pulled = Pulled { project, repository, name, reference, digest, manifest, tag };
                self.content.gathered.pulled(actor, &pulled, now);
            }
        }
        Ok(StoredManifest { digest: found.digest.clone(), media_type: Arc::clone(&found.media_type), bytes })
    }

    /// Whether the actor may put a manifest there, for whoever must not read one in vain.
    ///
    /// # Errors
    /// As [`crate::Access::repository`] for pushing.
    pub async fn may_put(&self, actor: &Actor, name: &RepositoryName) -> Result<()> {
        self.content.access.repository(actor, name, may::Push).await.map(drop)
    }

    /// Stores a manifest and moves its tags (`end-7`): everything it names is stored and stays, or it is refused. Pushing
    /// the same bytes again changes nothing but the tags.
    ///
    /// # Errors
    /// [`Error::ManifestInvalid`], [`Error::DigestMismatch`], [`Error::ManifestReferenceUnknown`],
    /// [`Error::SizeMismatch`], [`Error::TagProtected`]; as [`crate::Access::repository`] for pushing.
    pub async fn put(&self, actor: &Actor, name: &RepositoryName, manifest: NewManifest) -> Result<ManifestReceipt> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        put::put(&self.content, actor, &repository, manifest).await
    }

    /// Deletes what a tag or digest stands for, with all its tags, and with its parts if those shall go.
    ///
    /// # Errors
    /// As [`Manifests::delete`].
    pub async fn delete_whole(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        parts: Parts,
    ) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::DeleteArtifacts).await?;
        let found = db::manifests::find(self.content.db.reader(), repository.get_id()?, reference).await?;
        let digest = found.ok_or_else(|| not_found(name, reference))?.digest;
        self.remove(actor, repository, Reference::Digest(digest), parts).await
    }

    /// Deletes a tag, or a manifest with all its tags (`end-9`). Other manifests stay, also its children and referrers.
    ///
    /// # Errors
    /// [`Error::TagNotFound`], [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; [`Error::TagProtected`], also for what a
    /// protected tag's index names; as [`crate::Access::repository`] for deleting.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, reference: &Reference) -> Result<()> {
        let access = &self.content.access;
        match reference {
            Reference::Tag(_) => {
                let repository = access.repository(actor, name, may::DeleteTags).await?;
                self.remove(actor, repository, reference.clone(), Parts::Stay).await
            }
            Reference::Digest(_) => {
                let repository = access.repository(actor, name, may::DeleteArtifacts).await?;
                self.remove(actor, repository, reference.clone(), Parts::Stay).await
            }
        }
    }

    async fn remove<R: may::Right>(
        &self,
        actor: &Actor,
        repository: AuthorizedRepository<R>,
        reference: Reference,
        parts: Parts,
    ) -> Result<()> {
        let args = Deletion {
            repository: repository.get_id()?,
            name: repository.name().clone(),
            bin: Bin::new(&self.content, actor),
            event: deletion(actor, &repository, &reference),
            reference,
            parts,
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }
}

/// What becomes of a deleted artifact's parts: children of an index, what is attached to it, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// They stay, as the specification has it.
    Stay,
    /// Those go that no tag, no other index and no other subject holds.
    Go,
}

impl Content {
    /// The bytes of a manifest that was found; `None` if it went meanwhile. Bytes that the digest does not fit are an error.
    pub(super) async fn body(&self, found: &Found) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.bodies.get(&found.digest) {
            return Ok(Some(bytes));
        }
        let Some(bytes) = db::manifests::content(self.db.reader(), found.id).await? else { return Ok(None) };
        if !found.digest.matches(&bytes) {
            let row = found.id.to_string();
            return Err(Error::Inconsistent { table: "manifests", column: "content", row });
        }
        let bytes = Bytes::from(bytes);
        self.bodies.insert(found.digest.clone(), bytes.clone());
        Ok(Some(bytes))
    }
}

struct Deletion {
    repository: RepositoryId,
    name: RepositoryName,
    reference: Reference,
    parts: Parts,
    bin: Bin,
    event: audit::Event,
}

fn deletion<R: may::Right>(actor: &Actor, repository: &AuthorizedRepository<R>, reference: &Reference) -> audit::Event {
    let event = match reference {
        Reference::Tag(tag) => audit::Event::new(actor, "tag.delete", format!("{}:{tag}", repository.name())),
        Reference::Digest(digest) => {
            let event = audit::Event::new(actor, "manifest.delete", format!("{}@{digest}", repository.name()));
            event.with(json!({ "digest": digest }))
        }
    };
    event.in_project(repository.project().id())
}

impl Deletion {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let held = db::held::repository(txn, self.repository, &self.name).await?;
        let repository = held.id;
        let mut event = self.event.clone();
        match &self.reference {
            Reference::Tag(tag) => {
                let Some(row) = db::tags::find(txn, repository, tag.as_str()).await? else {
                    return Err(Error::TagNotFound { name: self.name.clone(), tag: tag.clone() });
                };
                untag(txn, &held, tag, row, &self.bin).await?;
            }
            Reference::Digest(digest) => {
                let Some(id) = db::manifests::find_id(txn, repository, digest.as_str()).await? else {
                    return Err(not_found(&self.name, &self.reference));
                };
                let going = match self.parts {
                    Parts::Stay => vec![id],
                    Parts::Go => removal::closure_of_manifests(txn, repository, &[id]).await?,
                };
                if going.len() > 1 {
                    event.detail("artifacts", json!(going.len()));
                }
                let entry = self.bin.open(txn, &held, TrashKind::Artifacts, digest.as_str()).await?;
                removal::remove(txn, &held, &going, &self.bin, entry).await?;
            }
        }
        audit::record(txn, &event, self.bin.now).await
    }
}

/// Takes a tag away and leaves what it stood for.
pub(super) async fn untag(
    txn: &db::Transaction,
    held: &HeldRepository,
    tag: &Tag,
    row: db::tags::TagRow,
    bin: &Bin,
) -> Result<()> {
    let row = [row];
    if let Some(entry) = bin.open(txn, held, TrashKind::Tags, tag.as_str()).await? {
        db::trash::keep_tags(txn, entry, &row).await?;
    }
    db::tags::delete(txn, held, &row, &bin.by, bin.now).await?;
    db::repositories::count(txn, held.id, -1, 0).await?;
    match kind::cosign_subject(tag) {
        Some(subject) => refresh(txn, held.id, &subject).await,
        None => Ok(()),
    }
}

fn not_found(name: &RepositoryName, reference: &Reference) -> Error {
    Error::ManifestNotFound { name: name.clone(), reference: reference.clone() }
}
