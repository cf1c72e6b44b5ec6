//! Artifacts and their tags by the number of their page, for REST.

use super::Artifacts;
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, ProjectId, RepositoryId, may},
    db::{self, artifact_records::Tagged},
    labels::LabelRecord,
    numbered::{Condition, Numbered, NumberedQuery, Wanted},
};
use api_types::{ArtifactKind, PlatformSummary};
use oci::{Manifest, Reference, RepositoryName};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Tags that come with an artifact.
const TAGS: usize = 100;

/// An artifact with all that its row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRecord {
    /// The number of its row.
    pub id: i64,
    /// The manifest's digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// What it describes.
    pub kind: ArtifactKind,
    /// The artifact type, where it has one.
    pub artifact_type: Option<String>,
    /// The media type of its configuration, where it has one.
    pub config_media_type: Option<String>,
    /// What it is attached to.
    pub subject: Option<String>,
    /// Its own platform, or those of its children.
    pub platforms: Vec<PlatformSummary>,
    /// The manifest's annotations; none in a list where they have more than 32 KiB.
    pub annotations: BTreeMap<String, String>,
    /// Bytes of a pull.
    pub size: u64,
    /// When it was first pushed.
    pub pushed_at: OffsetDateTime,
    /// When it was last pulled.
    pub pulled_at: Option<OffsetDateTime>,
    /// Its tags where they are asked for, newest first, at most a hundred.
    pub tags: Vec<TagRecord>,
    /// The children of an index, where one artifact is asked for.
    pub children: Vec<ChildRecord>,
    /// What it is marked with, where that is asked for by somebody who may see it.
    pub labels: Option<Vec<LabelRecord>>,
}

/// What is to come with artifacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Their tags.
    pub tags: bool,
    /// What they are marked with.
    pub labels: bool,
}

/// A child of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildRecord {
    /// The number of its row; absent where the child was deleted.
    pub id: Option<i64>,
    /// Its digest.
    pub digest: String,
    /// The platform that the index says.
    pub platform: Option<PlatformSummary>,
}

/// A tag with all that its row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRecord {
    /// The number of its row.
    pub id: i64,
    /// Its repository.
    pub repository: RepositoryId,
    /// The row of the artifact that it points at.
    pub artifact: i64,
    /// The tag.
    pub name: String,
    /// When it was last moved there.
    pub pushed_at: OffsetDateTime,
    /// When it was last pulled.
    pub pulled_at: Option<OffsetDateTime>,
    /// Whether a rule lets nobody move or delete it.
    pub protected: bool,
}

/// Artifacts of one repository.
#[derive(Clone, Debug)]
pub struct ArtifactPage {
    /// The project's id.
    pub project: ProjectId,
    /// The repository's id.
    pub repository: RepositoryId,
    /// The artifacts.
    pub page: Numbered<ArtifactRecord>,
}

impl Artifacts {
    /// A repository's artifacts, newest first where no other order is asked for: those that stand for themselves, and any
    /// other that a tag names. A condition on `tags` may also be `*` (some tag) or `nil` (no tag); one on `labels` names ids.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling, and with a condition on `labels` for seeing
    /// them; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_records(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        query: &NumberedQuery,
        beside: Beside,
    ) -> Result<ArtifactPage> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        if query.conditions.iter().any(|condition| condition.key == "labels") {
            self.content.access.repository(actor, name, may::SeeLabels).await?;
        }
        let id = repository.get_id()?;
        let mut query = query.clone();
        let mut tagged = Tagged::Either;
        query.conditions.retain(|condition| match any_tag(condition) {
            Some(wanted) => {
                tagged = wanted;
                false
            }
            None => true,
        });
        let reader = self.content.db.reader();
        let mut page = db::artifact_records::list(reader, id, tagged, &query).await?;
        let ids: Vec<i64> = page.items.iter().map(|artifact| artifact.id).collect();
        if beside.tags {
            for tag in self.marked(&repository, db::artifact_records::tags_of(reader, &ids, TAGS).await?).await? {
                if let Some(artifact) = page.items.iter_mut().find(|artifact| artifact.id == tag.artifact) {
                    artifact.tags.push(tag);
                }
            }
        }
        if beside.labels
            && let Some(mut labels) = self.labels(&repository, &ids).await?
        {
            for artifact in &mut page.items {
                artifact.labels = Some(labels.remove(&artifact.id).unwrap_or_default());
            }
        }
        Ok(ArtifactPage { project: repository.project().id(), repository: id, page })
    }

    /// One artifact by tag or digest, with its children.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn get_record(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        beside: Beside,
    ) -> Result<ArtifactPage> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let reader = self.content.db.reader();
        let not_found = || Error::ManifestNotFound { name: name.clone(), reference: reference.clone() };
        let row = self.row(&repository, reference).await?;
        let mut artifact = db::artifact_records::find(reader, row).await?.ok_or_else(not_found)?;
        if beside.tags {
            artifact.tags =
                self.marked(&repository, db::artifact_records::tags_of(reader, &[row], TAGS).await?).await?;
        }
        if beside.labels {
            let labels = self.labels(&repository, &[row]).await?;
            artifact.labels = labels.map(|mut labels| labels.remove(&row).unwrap_or_default());
        }
        if artifact.kind == ArtifactKind::Index {
            let bytes = db::manifests::content(reader, row).await?.ok_or_else(not_found)?;
            let platforms = stated_platforms(&bytes, &artifact)?;
            let children = db::artifact_records::children(reader, row).await?;
            let child = |(digest, id): (String, Option<i64>)| ChildRecord {
                platform: platforms.get(&digest).cloned(),
                id,
                digest,
            };
            artifact.children = children.into_iter().map(child).collect();
        }
        let page = Numbered { items: vec![artifact], total: 1 };
        Ok(ArtifactPage { project: repository.project().id(), repository: repository.get_id()?, page })
    }

    /// The tags of an artifact, newest first where no other order is asked for.
    ///
    /// # Errors
    /// As [`Artifacts::get_record`]; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_tags(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        query: &NumberedQuery,
    ) -> Result<Numbered<TagRecord>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let row = self.row(&repository, reference).await?;
        let page = db::artifact_records::tags(self.content.db.reader(), row, query).await?;
        Ok(Numbered { items: self.marked(&repository, page.items).await?, total: page.total })
    }

    /// Tags with what rules say of them.
    async fn marked(
        &self,
        repository: &AuthorizedRepository<may::Pull>,
        mut tags: Vec<TagRecord>,
    ) -> Result<Vec<TagRecord>> {
        let protection = db::protection::read(self.content.db.reader(), repository.project().id()).await?;
        for tag in &mut tags {
            tag.protected = protection.of(repository.path(), &tag.name).is_some();
        }
        Ok(tags)
    }

    async fn row(&self, repository: &AuthorizedRepository<may::Pull>, reference: &Reference) -> Result<i64> {
        let found = db::manifests::find(self.content.db.reader(), repository.get_id()?, reference).await?;
        found
            .map(|found| found.id)
            .ok_or_else(|| Error::ManifestNotFound { name: repository.name().clone(), reference: reference.clone() })
    }
}

/// Whether a condition asks for any tag or none.
fn any_tag(condition: &Condition) -> Option<Tagged> {
    match (condition.key.as_str(), &condition.wanted) {
        ("tags", Wanted::Is(text)) if text == "*" => Some(Tagged::Yes),
        ("tags", Wanted::Is(text)) if text == "nil" => Some(Tagged::No),
        _ => None,
    }
}

/// The platforms that an index says of its children, by their digests.
fn stated_platforms(bytes: &[u8], artifact: &ArtifactRecord) -> Result<BTreeMap<String, PlatformSummary>> {
    let manifest = Manifest::parse(bytes, Some(&artifact.media_type)).map_err(|_| Error::Inconsistent {
        table: "manifests",
        column: "content",
        row: artifact.digest.clone(),
    })?;
    let stated = manifest.manifests.into_iter().filter_map(|child| {
        let platform = child.platform?;
        let (os, architecture) = (platform.os, platform.architecture);
        let variant = platform.variant.unwrap_or_default();
        Some((child.digest.to_string(), PlatformSummary { os, architecture, variant }))
    });
    Ok(stated.collect())
}
