//! Artifacts, as the console looks into them.

mod image;

use super::{Content, removal};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, RepositoryId, may},
    db::{
        self,
        page::{KeyType, List, Order},
        sql::anywhere,
    },
    labels::LabelRecord,
};
use api_types::{
    ArtifactDetail, ArtifactKind, ArtifactSummary, DeletionPreview, Label, ListQuery, Page, PlatformEntry,
    PlatformSummary, ReferrerSummary,
};
use oci::{Digest, Manifest, Reference, RepositoryName};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
};

/// Tags shown beside a row of a list, and on an artifact's own page.
const TAGS_IN_LIST: usize = 10;
const TAGS_ON_PAGE: usize = 100;

/// Referrers on a page of them.
const REFERRERS: u32 = 100;

/// Annotations, and labels of an image, shown on an artifact's own page, and how many bytes they may have together.
const PAIRS: usize = 100;
const PAIR_BYTES: usize = 64 * 1024;

/// The service of artifacts.
#[derive(Clone, Debug)]
pub struct Artifacts {
    pub(super) content: Content,
}

const ORDERS: [Order; 2] = [
    Order { name: "pushed", key: "m.pushed_at", key_type: KeyType::Number, tie: "m.id", descending: true },
    Order { name: "size", key: "m.size", key_type: KeyType::Number, tie: "m.id", descending: true },
];

impl Artifacts {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// All manifests of a repository, untagged and children too, or those of one kind. Sort keys: `pushed` (default, newest
    /// first), `size`. The filter looks at digests and tags.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn list(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        query: &ListQuery,
        kind: Option<ArtifactKind>,
    ) -> Result<Page<ArtifactSummary>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let mut values = vec![repository.get_id()?.0.into()];
        let mut condition = "m.repository_id = $1".to_owned();
        if !query.filter.is_empty() {
            values.push(anywhere(&query.filter.to_lowercase()).into());
            condition += " AND (m.digest LIKE $2 ESCAPE '\\' OR EXISTS (SELECT 1 FROM tags t \
                          WHERE t.manifest_id = m.id AND LOWER(t.name) LIKE $2 ESCAPE '\\'))";
        }
        if let Some(kind) = kind {
            values.push(kind.as_str().into());
            // Writing to a string cannot fail.
            let _ = write!(condition, " AND m.kind = ${}", values.len());
        }
        let list = List {
            columns: db::manifests::SUMMARY,
            from: "manifests m",
            count_from: "manifests m",
            condition: &condition,
            values: &values,
            orders: &ORDERS,
        };
        let reader = self.content.db.reader();
        let page = list.page(reader, query, db::manifests::summary).await?;
        let ids: Vec<i64> = page.items.iter().map(|(id, _)| *id).collect();
        let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
        for (manifest, tag) in db::tags::first_names(reader, &ids, TAGS_IN_LIST).await? {
            tags.entry(manifest).or_default().push(tag);
        }
        let mut labels = self.labels(&repository, &ids).await?.unwrap_or_default();
        let Page { items, total, offset, next, previous } = page;
        let items = items
            .into_iter()
            .map(|(id, summary)| ArtifactSummary {
                tags: tags.remove(&id).unwrap_or_default(),
                labels: shown(labels.remove(&id)),
                ..summary
            })
            .collect();
        Ok(Page { items, total, offset, next, previous })
    }

    /// One artifact with its inside; of an index, the child `platform` or else the first one that runs somewhere. `referrers` is a
    /// cursor of [`ArtifactDetail::referrers`], empty for their first page.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; [`Error::Invalid`] for a cursor that is none; as [`crate::Access::repository`] for pulling.
    pub async fn get(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        platform: Option<&Digest>,
        referrers: &str,
    ) -> Result<ArtifactDetail> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let id = repository.get_id()?;
        let reader = self.content.db.reader();
        let not_found = || Error::ManifestNotFound { name: name.clone(), reference: reference.clone() };
        let (manifest_id, mut summary) =
            db::manifests::find_summary(reader, id, reference).await?.ok_or_else(not_found)?;
        let bytes = db::manifests::content(reader, manifest_id).await?.ok_or_else(not_found)?;
        let manifest = parsed(&bytes, &summary)?;
        let tags = db::tags::of_manifests(reader, &[manifest_id]).await?;
        let asked = reference.tag().map(ToString::to_string);
        let others = tags.iter().map(|tag| &tag.name).filter(|tag| asked.as_ref() != Some(tag));
        summary.tags = others.take(TAGS_ON_PAGE).cloned().collect();
        let own: Vec<i64> = tags.iter().map(|tag| tag.id).collect();
        let labels = self.labels(&repository, &[manifest_id]).await?;
        summary.labels = shown(labels.and_then(|mut labels| labels.remove(&manifest_id)));
        let platforms = self.platforms(id, &manifest, platform).await?;
        let image = if summary.kind == ArtifactKind::Index {
            match platforms.iter().find(|entry| entry.selected) {
                Some(entry) => self.child(&repository, &entry.digest, &own).await?,
                None => None,
            }
        } else {
            Some(self.image(&repository, &summary.digest, &manifest, &own).await?)
        };
        let gone = removal::closure_of_manifests(reader, id, &[manifest_id]).await?;
        let gone_tags: HashSet<i64> = own.into_iter().collect();
        let project = repository.project().id();
        let protection = db::protection::read(reader, project).await?;
        let needed = removal::needed_by(reader, &protection, &gone).await?;
        let administers = self.content.access.administrator(actor).await.is_ok();
        let preview = removal::preview(reader, project, (&gone_tags, &gone), administers).await?;
        let protected = removal::protected(&protection, repository.path(), needed);
        Ok(ArtifactDetail {
            repository: format!("{}/{}", repository.project().name(), repository.path()),
            public: repository.project().is_public(),
            tag: asked,
            deletion_alone: match gone.as_slice() {
                [_] => preview.clone(),
                _ => removal::preview(reader, project, (&gone_tags, &[manifest_id]), administers).await?,
            },
            deletion: DeletionPreview { protected, ..preview },
            referrers: self.referrers(id, &summary.digest, referrers).await?,
            annotations_total: manifest.annotations.len() as u64,
            annotations: first_pairs(manifest.annotations),
            manifest_size: bytes.len() as u64,
            raw_manifest: Some(String::from_utf8_lossy(&bytes).into_owned()),
            may: repository.project().may(),
            summary,
            platforms,
            image,
        })
    }

    /// What manifests are marked with, for those who may see it.
    pub(super) async fn labels(
        &self,
        repository: &AuthorizedRepository<may::Pull>,
        manifests: &[i64],
    ) -> Result<Option<HashMap<i64, Vec<LabelRecord>>>> {
        if repository.project().also(may::SeeLabels).is_none() {
            return Ok(None);
        }
        let mut labels: HashMap<i64, Vec<LabelRecord>> = HashMap::new();
        for (manifest, label) in db::labels::of_manifests(self.content.db.reader(), manifests).await? {
            labels.entry(manifest).or_default().push(label);
        }
        Ok(Some(labels))
    }

    /// Children of an index that run somewhere, in order.
    async fn platforms(
        &self,
        repository: RepositoryId,
        manifest: &Manifest,
        wanted: Option<&Digest>,
    ) -> Result<Vec<PlatformEntry>> {
        let digests: Vec<&Digest> = manifest.manifests.iter().map(|child| &child.digest).collect();
        let children = db::manifests::among(self.content.db.reader(), repository, &digests).await?;
        let children: HashMap<_, _> = children.into_iter().map(|child| (child.digest.clone(), child)).collect();
        let mut entries = Vec::new();
        for descriptor in &manifest.manifests {
            let Some(child) = children.get(descriptor.digest.as_str()) else { continue };
            let platform = match &descriptor.platform {
                Some(platform) if platform.is_unknown() => None,
                Some(platform) => Some(PlatformSummary {
                    os: platform.os.clone(),
                    architecture: platform.architecture.clone(),
                    variant: platform.variant.clone().unwrap_or_default(),
                }),
                None => db::manifests::platforms_of(&child.platforms, &child.digest)?.into_iter().next(),
            };
            let Some(platform) = platform else { continue };
            let digest = descriptor.digest.to_string();
            entries.push(PlatformEntry { platform, digest, size: child.size, selected: false });
        }
        let chosen = wanted.and_then(|wanted| entries.iter().position(|entry| entry.digest == wanted.as_str()));
        if let Some(entry) = entries.get_mut(chosen.unwrap_or(0)) {
            entry.selected = true;
        }
        Ok(entries)
    }

    /// The inside of a child of an index.
    async fn child(
        &self,
        repository: &AuthorizedRepository<may::Pull>,
        digest: &str,
        own: &[i64],
    ) -> Result<Option<api_types::ImageDetail>> {
        let reader = self.content.db.reader();
        let id = repository.get_id()?;
        let reference = Reference::Digest(db::manifests::parsed_digest(digest, "manifests")?);
        let Some((child, summary)) = db::manifests::find_summary(reader, id, &reference).await? else {
            return Ok(None);
        };
        if summary.kind == ArtifactKind::Index {
            return Ok(None);
        }
        let Some(bytes) = db::manifests::content(reader, child).await? else { return Ok(None) };
        let manifest = parsed(&bytes, &summary)?;
        let tags = db::tags::of_manifests(reader, &[child]).await?;
        let own: Vec<i64> = own.iter().copied().chain(tags.iter().map(|tag| tag.id)).collect();
        Ok(Some(self.image(repository, digest, &manifest, &own).await?))
    }

    async fn referrers(&self, repository: RepositoryId, digest: &str, cursor: &str) -> Result<Page<ReferrerSummary>> {
        let query = ListQuery { cursor: cursor.to_owned(), limit: REFERRERS, ..ListQuery::default() };
        db::referrers::page(self.content.db.reader(), repository, digest, &query).await
    }
}

/// Labels as pages show them.
fn shown(labels: Option<Vec<LabelRecord>>) -> Vec<Label> {
    labels.unwrap_or_default().into_iter().map(|record| record.label).collect()
}

/// As many as a page shows.
fn first_pairs(pairs: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut bytes = 0;
    let fits = |(name, value): &(String, String)| {
        bytes += name.len() + value.len();
        bytes <= PAIR_BYTES
    };
    pairs.into_iter().take(PAIRS).take_while(fits).collect()
}

/// A stored manifest; it parsed when it was pushed.
fn parsed(bytes: &[u8], summary: &ArtifactSummary) -> Result<Manifest> {
    Manifest::parse(bytes, Some(&summary.media_type)).map_err(|_| Error::Inconsistent {
        table: "manifests",
        column: "content",
        row: summary.digest.clone(),
    })
}
