//! Storing a manifest: checked against what the repository has, in one transaction with all that follows from it.

use super::{ManifestReceipt, NewManifest, refresh};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, ProjectId, RepositoryId, may},
    audit::artifact,
    content::{Content, LEASE_STEP, kind, stored},
    db::{
        self,
        actors::ActorColumns,
        audit,
        manifests::{Child, NewRow},
        references::{NewReference, ReferenceKind},
    },
};
use api_types::PlatformSummary;
use futures::TryStreamExt as _;
use oci::{
    Descriptor, Digest, ImageConfigFile, Manifest, ManifestKind, Platform, Reference, RepositoryName, Tag, media_type,
};
use std::collections::{HashMap, HashSet};

/// Manifests up to this size are read on the spot.
const INLINE: usize = 64 * 1024;

/// The largest configuration that is looked into.
const CONFIG_LIMIT: u64 = 4 * 1024 * 1024;

/// Platforms that an index is shown with at most.
const PLATFORMS: usize = 100;

/// Everything that the transaction needs.
struct Put {
    project: ProjectId,
    name: RepositoryName,
    path: String,
    manifest: Manifest,
    row: NewRow,
    tags: Vec<Tag>,
    by: ActorColumns,
    /// Absent where what comes back from the trash is told as that.
    event: Option<audit::Event>,
    now: i64,
}

pub(super) async fn put(
    content: &Content,
    actor: &Actor,
    repository: &AuthorizedRepository<may::Push>,
    new: NewManifest,
) -> Result<ManifestReceipt> {
    let (manifest, actual) = parsed(&new).await?;
    let (digest, tags) = match new.reference {
        Reference::Tag(tag) => (actual, vec![tag]),
        Reference::Digest(expected) if expected == actual => (expected, new.tags),
        Reference::Digest(expected) => return Err(Error::DigestMismatch { expected, actual }),
    };
    let platforms = match manifest.kind {
        ManifestKind::Image => config_platform(content, repository, &manifest).await?.into_iter().collect(),
        ManifestKind::Index => index_platforms(&manifest),
    };
    let row = new_row(&manifest, digest, &platforms, new.bytes)?;
    let receipt = ManifestReceipt { digest: row.digest.clone(), subject: row.subject.clone(), tags: tags.clone() };
    let (digest, bytes) = (row.digest.clone(), row.content.clone());
    let named = artifact(repository.name(), tags.iter(), Some(&digest));
    let event = audit::Event::new(actor, "manifest.push", named)
        .in_project(repository.project().id())
        .with(serde_json::json!({ "digest": digest, "tags": tags }));
    let put = Put {
        project: repository.project().id(),
        name: repository.name().clone(),
        path: repository.path().to_owned(),
        manifest,
        row,
        tags,
        by: ActorColumns::from(actor),
        event: Some(event),
        now: content.now(),
    };
    let now = put.now;
    let id = content.db.write(put, |txn, put| {
        Box::pin(async move {
            let (repository, revived) = put.run(txn).await?;
            db::quotas::count_again(txn, (put.project, repository), &revived).await?;
            Ok(repository)
        })
    });
    let id = id.await?;
    content.bodies.insert(digest, bytes);
    content.traffic.pushed(id.0, now);
    Ok(receipt)
}

/// Stores a manifest of the trash again, as it was; one that was pushed again since stays as it is now. Blobs that it makes count
/// again, about which the quota has not decided yet.
///
/// # Errors
/// [`Error::ManifestReferenceUnknown`] where the repository does not have what it names; nothing has changed then.
pub(in crate::content) async fn restore(
    txn: &db::Transaction,
    project: ProjectId,
    name: &RepositoryName,
    trashed: &db::trash::TrashedManifest,
    now: i64,
) -> Result<Vec<i64>> {
    let wrong = |column| Error::Inconsistent { table: "trash_manifests", column, row: trashed.digest.clone() };
    let digest = db::manifests::parsed_digest(&trashed.digest, "trash_manifests")?;
    let bytes = bytes::Bytes::from(trashed.content.clone());
    if !digest.matches(&bytes) {
        return Err(wrong("content"));
    }
    let manifest = Manifest::parse(&bytes, Some(&trashed.media_type)).map_err(|_| wrong("content"))?;
    let platforms = db::manifests::platforms_of(&trashed.platforms, &trashed.digest)?;
    let row = new_row(&manifest, digest, &platforms, bytes)?;
    let path = name.path().unwrap_or_default().to_owned();
    let put = Put {
        project,
        name: name.clone(),
        path,
        manifest,
        row,
        tags: Vec::new(),
        by: trashed.by.clone(),
        event: None,
        now,
    };
    let repository = db::repositories::ensure_held(txn, project, &put.path, now).await?.id;
    let was_there = db::manifests::find_id(txn, repository, &trashed.digest).await?.is_some();
    let (_, revived) = put.run(txn).await?;
    if !was_there {
        db::trash::as_it_was(txn, repository, trashed).await?;
    }
    Ok(revived)
}

/// The manifest and its digest, of the algorithm that the reference uses. Large ones are read off the async threads.
async fn parsed(new: &NewManifest) -> Result<(Manifest, Digest)> {
    let algorithm = new.reference.digest().map(Digest::algorithm).unwrap_or_default();
    let (bytes, content_type) = (new.bytes.clone(), new.content_type.clone());
    let read = move || {
        let manifest = Manifest::parse(&bytes, content_type.as_deref()).map_err(Error::ManifestInvalid)?;
        Ok((manifest, Digest::of(algorithm, &bytes)))
    };
    if new.bytes.len() <= INLINE {
        return read();
    }
    tokio::task::spawn_blocking(read).await.map_err(|error| Error::Internal(Box::new(error)))?
}

fn new_row(manifest: &Manifest, digest: Digest, platforms: &[PlatformSummary], bytes: bytes::Bytes) -> Result<NewRow> {
    // What is listed of an index without its own type is nothing, of an image its configuration's type (end-12).
    let artifact_type = manifest.effective_artifact_type().map(ToOwned::to_owned);
    let size = match manifest.kind {
        ManifestKind::Image => pulled_size(manifest),
        ManifestKind::Index => 0,
    };
    Ok(NewRow {
        digest,
        media_type: manifest.media_type.clone(),
        kind: kind::kind_of(manifest),
        artifact_type,
        config_media_type: manifest.config.as_ref().map(|config| config.media_type.clone()),
        config_digest: manifest.config.as_ref().map(|config| config.digest.clone()),
        subject: manifest.subject.as_ref().map(|subject| subject.digest.clone()),
        platforms: json(platforms)?,
        annotations: json(&manifest.annotations)?,
        size,
        content: bytes,
    })
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Database(Box::new(error)))
}

/// Bytes of configuration and layers, each once.
pub(in crate::content) fn pulled_size(manifest: &Manifest) -> u64 {
    let mut seen = HashSet::new();
    let blobs = manifest.config.iter().chain(&manifest.layers).filter(|blob| seen.insert(&blob.digest));
    blobs.fold(0, |sum, blob| sum.saturating_add(blob.size))
}

/// Where an image runs, as its configuration says. One that cannot be read says nothing.
async fn config_platform(
    content: &Content,
    repository: &AuthorizedRepository<may::Push>,
    manifest: &Manifest,
) -> Result<Option<PlatformSummary>> {
    let config = manifest.config.as_ref().filter(|config| media_type::is_image_config(&config.media_type));
    let (Some(config), Some(id)) = (config, repository.id()) else { return Ok(None) };
    let file = match content.config_file((id, repository.name()), &config.digest).await {
        // That it has to be there is checked where the manifest is written.
        Err(Error::BlobNotFound { .. }) => None,
        file => file?,
    };
    Ok(file.and_then(|file| {
        let platform =
            Platform { os: file.os, architecture: file.architecture, variant: file.variant, ..Platform::default() };
        summary(&platform)
    }))
}

impl Content {
    /// The configuration of an image; `None` if it is too large or not to be understood.
    ///
    /// # Errors
    /// [`Error::BlobNotFound`] if it is not there, or in quarantine; as [`crate::content::BlobReader::open`]: one that is not what was
    /// stored is nobody's configuration.
    pub(in crate::content) async fn config_file(
        &self,
        (repository, name): (RepositoryId, &RepositoryName),
        digest: &Digest,
    ) -> Result<Option<ImageConfigFile>> {
        let linked = db::blobs::find_linked(self.db.reader(), repository, digest).await?;
        let linked = linked.ok_or_else(|| Error::BlobNotFound { name: name.clone(), digest: digest.clone() })?;
        if linked.blob.size > CONFIG_LIMIT {
            return Ok(None);
        }
        let bytes = self.open(&linked.blob, digest, 0..linked.blob.size).await?;
        let bytes: Vec<_> = stored(bytes.try_collect().await)?;
        Ok(ImageConfigFile::parse(&bytes.concat()).ok())
    }
}

/// The platforms that an index names.
fn index_platforms(manifest: &Manifest) -> Vec<PlatformSummary> {
    first_platforms(manifest.manifests.iter().filter_map(|child| child.platform.as_ref()).filter_map(summary))
}

/// Each platform once, in order, up to [`PLATFORMS`].
fn first_platforms(platforms: impl Iterator<Item = PlatformSummary>) -> Vec<PlatformSummary> {
    let mut seen = HashSet::new();
    platforms.filter(|platform| seen.insert(platform.clone())).take(PLATFORMS).collect()
}

/// A platform as lists show it; `None` for one that says nothing.
fn summary(platform: &Platform) -> Option<PlatformSummary> {
    (!platform.is_unknown()).then(|| PlatformSummary {
        os: platform.os.clone(),
        architecture: platform.architecture.clone(),
        variant: platform.variant.clone().unwrap_or_default(),
    })
}

/// What a manifest names, and what that means.
struct Resolved {
    references: Vec<NewReference>,
    children: HashMap<String, Child>,
    /// Blobs that were released and count again.
    revived: Vec<i64>,
}

impl Put {
    /// The repository, and blobs of it that were released and count again, about which the quota has not decided yet.
    async fn run(&self, txn: &db::Transaction) -> Result<(RepositoryId, Vec<i64>)> {
        let held = db::repositories::ensure_held(txn, self.project, &self.path, self.now).await?;
        let repository = held.id;
        let Resolved { references, children, revived } = self.resolve(txn, repository).await?;
        let row = self.completed(&children)?;
        let none = api_types::Attachments::default();
        let inserted = db::manifests::insert(txn, repository, &row, none, &self.by, self.now).await?;
        let manifest = match inserted {
            Some(id) => {
                db::references::insert(txn, repository, id, &references).await?;
                let children: Vec<_> = references.iter().filter_map(|reference| reference.child).collect();
                db::manifests::mark_children(txn, &children).await?;
                self.join_indexes(txn, repository, &row.digest, id).await?;
                refresh(txn, repository, &row.digest).await?;
                if let Some(subject) = &row.subject {
                    let attached = kind::attachments_of(&self.manifest);
                    db::manifests::attach(txn, repository, subject.as_str(), attached).await?;
                }
                id
            }
            None => self.pushed_before(txn, repository, &row, &references).await?,
        };
        let mut new_tags = 0;
        for tag in &self.tags {
            let target = (manifest, row.digest.as_str());
            let new = db::tags::put(txn, &held, tag, target, &self.by, self.now).await?;
            new_tags += i64::from(new);
            if let Some(subject) = kind::cosign_subject(tag) {
                let attached = kind::attachments_of(&self.manifest);
                db::manifests::attach(txn, repository, subject.as_str(), attached).await?;
            }
        }
        db::repositories::count(txn, repository, new_tags, i64::from(inserted.is_some())).await?;
        db::repositories::pushed(txn, self.project, repository, self.now).await?;
        if let Some(event) = &self.event {
            audit::record(txn, event, self.now).await?;
        }
        Ok((repository, revived))
    }

    /// Makes a new row a child of the indexes that name it already, as one that was deleted from them and is back.
    async fn join_indexes(
        &self,
        txn: &db::Transaction,
        repository: RepositoryId,
        digest: &Digest,
        id: i64,
    ) -> Result<()> {
        if !db::references::tie_to_indexes(txn, repository, digest.as_str(), id).await? {
            return Ok(());
        }
        db::manifests::mark_children(txn, &[id]).await?;
        let attached = kind::attachments_of(&self.manifest);
        if attached == api_types::Attachments::default() {
            return Ok(());
        }
        db::manifests::attach_to_indexes(txn, id, attached).await
    }

    /// The row that is there already. What is damaged of it is whole afterwards, and children that were deleted and came back
    /// belong to it again.
    async fn pushed_before(
        &self,
        txn: &db::Transaction,
        repository: RepositoryId,
        row: &NewRow,
        references: &[NewReference],
    ) -> Result<i64> {
        let Some((id, same)) = db::manifests::find_same(txn, repository, row).await? else {
            return Err(db::locks::overtaken("a manifest"));
        };
        if !same {
            db::manifests::heal(txn, id, row).await?;
            db::references::replace(txn, repository, id, references).await?;
        }
        if self.manifest.kind == ManifestKind::Index {
            db::references::relink_children(txn, id).await?;
            let children: Vec<_> = references.iter().filter_map(|reference| reference.child).collect();
            db::manifests::mark_children(txn, &children).await?;
        }
        Ok(id)
    }

    /// Finds everything that the manifest names in the repository, and renews the leases.
    async fn resolve(&self, txn: &db::Transaction, repository: RepositoryId) -> Result<Resolved> {
        let manifest = &self.manifest;
        let blobs: Vec<_> = manifest.config.iter().chain(&manifest.layers).map(|blob| &blob.digest).collect();
        let mut linked = db::blobs::linked_among(txn, repository, &distinct(blobs)).await?;
        let named: Vec<_> = manifest.manifests.iter().map(|child| &child.digest).collect();
        let children = db::manifests::among(txn, repository, &distinct(named)).await?;
        let children: HashMap<_, _> = children.into_iter().map(|child| (child.digest.clone(), child)).collect();
        // An index may also name content that is no manifest.
        let others = manifest.manifests.iter().map(|child| &child.digest);
        let others: Vec<_> = others.filter(|digest| !children.contains_key(digest.as_str())).collect();
        linked.extend(db::blobs::linked_among(txn, repository, &distinct(others)).await?);

        let (mut missing, mut told) = (Vec::new(), HashSet::new());
        let mut references = Vec::new();
        let config = manifest.config.iter().map(|blob| (ReferenceKind::Config, blob));
        let layers = manifest.layers.iter().map(|blob| (ReferenceKind::Layer, blob));
        let named = manifest.manifests.iter().map(|child| (ReferenceKind::Child, child));
        for (kind, descriptor) in config.chain(layers).chain(named) {
            let digest = &descriptor.digest;
            let child = children.get(digest.as_str()).filter(|_| kind == ReferenceKind::Child);
            let blob = linked.get(digest.as_str()).filter(|_| child.is_none());
            match (child.map(|child| child.content_size), blob.map(|blob| blob.size)) {
                (Some(actual), _) | (None, Some(actual)) => check_size(descriptor, actual)?,
                (None, None) if descriptor.is_distributable() && told.insert(digest) => missing.push(digest.clone()),
                (None, None) => {}
            }
            references.push(NewReference {
                kind,
                digest: digest.to_string(),
                blob: blob.map(|blob| blob.id),
                child: child.map(|child| child.id),
            });
        }
        if !missing.is_empty() {
            return Err(Error::ManifestReferenceUnknown { name: self.name.clone(), missing });
        }
        let blobs: Vec<_> = references.iter().filter_map(|reference| reference.blob).collect();
        db::blobs::lease_all(txn, repository, &blobs, self.now - LEASE_STEP, self.now).await?;
        let revived = linked.values().filter(|blob| blob.released).map(|blob| blob.id).collect();
        Ok(Resolved { references, children, revived })
    }

    /// The row with what an index takes from its children: the size of a pull, and platforms where it names none itself.
    fn completed(&self, children: &HashMap<String, Child>) -> Result<NewRow> {
        let mut row = self.row.clone();
        if self.manifest.kind != ManifestKind::Index {
            return Ok(row);
        }
        let in_order =
            || self.manifest.manifests.iter().filter_map(|child| Some((child, children.get(child.digest.as_str())?)));
        let runs = |child: &Descriptor| child.platform.as_ref().is_some_and(|platform| !platform.is_unknown());
        let first = in_order().find(|(descriptor, _)| runs(descriptor)).or_else(|| in_order().next());
        row.size = first.map_or(0, |(_, child)| child.size);
        if row.platforms == "[]" {
            let mut seen = HashSet::new();
            let each = in_order().map(|(_, child)| child).filter(|child| seen.insert(child.id));
            let own =
                |child: &Child| serde_json::from_str::<Vec<PlatformSummary>>(&child.platforms).unwrap_or_default();
            row.platforms = json(&first_platforms(each.flat_map(own)))?;
        }
        Ok(row)
    }
}

fn distinct(mut digests: Vec<&Digest>) -> Vec<&Digest> {
    digests.sort_unstable();
    digests.dedup();
    digests
}

fn check_size(descriptor: &Descriptor, actual: u64) -> Result<()> {
    if descriptor.size == actual {
        return Ok(());
    }
    Err(Error::SizeMismatch { digest: descriptor.digest.clone(), stated: descriptor.size, actual })
}
