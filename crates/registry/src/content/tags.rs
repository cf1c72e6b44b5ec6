//! Tags.

use super::{Content, NamePage, kind, manifests::refresh, removal, trash::Bin};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, RepositoryId, may},
    db::{
        self,
        actors::ActorColumns,
        page::{KeyType, List, Order},
        sql::anywhere,
    },
};
use api_types::{DeletionPreview, ListQuery, Page, TagSummary, TrashKind};
use oci::{Digest, Reference, RepositoryName, Tag};
use std::{collections::HashSet, fmt::Write as _, sync::Arc};

/// Names of a page at most.
pub(super) const MAX_NAMES: u32 = 1_000;

/// The service of tags.
#[derive(Clone, Debug)]
pub struct Tags {
    pub(super) content: Content,
}

const ORDERS: [Order; 3] = [
    Order { name: "pushed", key: "t.pushed_at", key_type: KeyType::Number, tie: "t.id", descending: true },
    Order { name: "name", key: "t.name", key_type: KeyType::Text, tie: "t.id", descending: false },
    Order { name: "version", key: "t.version_key", key_type: KeyType::Text, tie: "t.id", descending: true },
];

impl Tags {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// Tag names in byte order after `last`, at most `limit` (0 to 1,000; `end-8a`, `end-8b`).
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn names(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        limit: u32,
        last: Option<&str>,
    ) -> Result<Arc<NamePage>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let id = repository.get_id()?;
        let limit = limit.min(MAX_NAMES) as usize;
        if limit == 0 {
            return Ok(Arc::default());
        }
        self.content.tag_names(id, limit, last.unwrap_or_default()).await
    }

    /// Tags as the console shows them. Sort keys: `pushed` (default, newest first), `name`, `version` (newest first).
    /// `platform` keeps those that have it (`linux/arm64`, of any variant, or `linux/arm/v7`).
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn list(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        query: &ListQuery,
        platform: Option<&str>,
    ) -> Result<Page<TagSummary>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let mut values = vec![repository.get_id()?.0.into()];
        let mut condition = "t.repository_id = $1".to_owned();
        // Writing to a string cannot fail.
        if !query.filter.is_empty() {
            values.push(anywhere(&query.filter.to_lowercase()).into());
            let _ = write!(condition, " AND LOWER(t.name) LIKE ${} ESCAPE '\\'", values.len());
        }
        let both = "tags t JOIN manifests m ON m.id = t.manifest_id";
        let mut count_from = "tags t";
        if let Some(platform) = platform.filter(|platform| !platform.is_empty()) {
            values.push(anywhere(&platform_part(platform)).into());
            let _ = write!(condition, " AND m.platforms LIKE ${} ESCAPE '\\'", values.len());
            count_from = both;
        }
        let list = List {
            columns: db::tags::SUMMARY,
            from: both,
            count_from,
            condition: &condition,
            values: &values,
            orders: &ORDERS,
        };
        list.page(self.content.db.reader(), query, db::tags::summary).await
    }

    /// What deleting these tags would do.
    ///
    /// # Errors
    /// [`Error::TagNotFound`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for deleting.
    pub async fn preview_deletion(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        tags: &[Tag],
    ) -> Result<DeletionPreview> {
        let repository = self.content.access.repository(actor, name, may::Delete).await?;
        let id = repository.get_id()?;
        let reader = self.content.db.reader();
        let rows = rows_of(reader, id, name, tags).await?;
        let manifests = removal::closure(reader, id, &rows).await?;
        let ids: HashSet<i64> = rows.iter().map(|row| row.id).collect();
        removal::preview(reader, repository.project().id(), &ids, &manifests).await
    }

    /// Deletes tags, all or none, and the manifests that nothing else holds. Unknown tags are an error.
    ///
    /// # Errors
    /// As [`Tags::preview_deletion`].
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, tags: &[Tag]) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Delete).await?;
        let args = Deletion {
            key: (repository.project().id(), repository.get_id()?),
            name: name.clone(),
            tags: tags.to_vec(),
            bin: Bin::new(&self.content, actor),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }

    /// Points a new or existing tag at a manifest that the repository has.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pushing.
    pub async fn create(&self, actor: &Actor, name: &RepositoryName, tag: &Tag, digest: &Digest) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let args = Creation {
            key: (repository.project().id(), repository.get_id()?),
            name: name.clone(),
            tag: tag.clone(),
            digest: digest.clone(),
            by: ActorColumns::from(actor),
            now: self.content.now(),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }
}

/// The part of a manifest's list of platforms that stands for `os/architecture` or `os/architecture/variant`.
fn platform_part(platform: &str) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let mut parts = platform.splitn(3, '/');
    let os = json(parts.next().unwrap_or_default());
    let architecture = json(parts.next().unwrap_or_default());
    match parts.next() {
        Some(variant) => {
            format!(r#"{{"os":{os},"architecture":{architecture},"variant":{}}}"#, json(variant))
        }
        None => format!(r#"{{"os":{os},"architecture":{architecture},"#),
    }
}

async fn rows_of(
    connection: &impl db::Connection,
    repository: RepositoryId,
    name: &RepositoryName,
    tags: &[Tag],
) -> Result<Vec<db::tags::TagRow>> {
    if tags.len() > MAX_NAMES as usize {
        return Err(Error::Invalid {
            field: "tags",
            code: "too_many_tags",
            message: format!("at most {MAX_NAMES} tags can be deleted at once: choose fewer"),
        });
    }
    let names: HashSet<&str> = tags.iter().map(Tag::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let rows = db::tags::among(connection, repository, &names).await?;
    match tags.iter().find(|tag| !rows.iter().any(|row| row.name == tag.as_str())) {
        Some(tag) => Err(Error::TagNotFound { name: name.clone(), tag: tag.clone() }),
        None => Ok(rows),
    }
}

struct Deletion {
    key: (ProjectId, RepositoryId),
    name: RepositoryName,
    tags: Vec<Tag>,
    bin: Bin,
}

impl Deletion {
    /// What people recognise it by in the trash.
    fn names(&self) -> String {
        self.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ")
    }

    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let (_, repository) = self.key;
        db::locks::repository(txn, repository).await?;
        let mut rows = rows_of(txn, repository, &self.name, &self.tags).await?;
        let manifests = removal::closure(txn, repository, &rows).await?;
        let going: HashSet<i64> = manifests.iter().copied().collect();
        let kind = if manifests.is_empty() { TrashKind::Tags } else { TrashKind::Artifacts };
        let entry = self.bin.open(txn, self.key, kind, &self.names()).await?;
        removal::remove(txn, self.key, &manifests, &self.bin, entry).await?;
        // The others leave their manifests behind.
        rows.retain(|row| !going.contains(&row.manifest));
        if let Some(entry) = entry {
            db::trash::keep_tags(txn, entry, &rows).await?;
        }
        db::tags::delete(txn, self.key, &rows, &self.bin.by, self.bin.now).await?;
        let gone = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        db::repositories::count(txn, repository, -gone, 0).await?;
        for tag in &self.tags {
            if let Some(subject) = kind::cosign_subject(tag) {
                refresh(txn, repository, &subject).await?;
            }
        }
        Ok(())
    }
}

struct Creation {
    key: (ProjectId, RepositoryId),
    name: RepositoryName,
    tag: Tag,
    digest: Digest,
    by: ActorColumns,
    now: i64,
}

impl Creation {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let (project, repository) = self.key;
        db::locks::repository(txn, repository).await?;
        if !db::repositories::is_at(txn, repository, self.name.path().unwrap_or_default()).await? {
            return Err(Error::RepositoryNotFound { name: self.name.clone() });
        }
        let Some(manifest) = db::manifests::find_id(txn, repository, self.digest.as_str()).await? else {
            let reference = Reference::Digest(self.digest.clone());
            return Err(Error::ManifestNotFound { name: self.name.clone(), reference });
        };
        let target = (manifest, self.digest.as_str());
        let new = db::tags::put(txn, self.key, &self.tag, target, &self.by, self.now).await?;
        db::repositories::count(txn, repository, i64::from(new), 0).await?;
        db::repositories::pushed(txn, project, repository, self.now).await
    }
}
