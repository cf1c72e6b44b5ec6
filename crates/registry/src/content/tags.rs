//! Tags.

use super::{
    Content, NamePage, kind,
    manifests::{refresh, untag},
    removal,
    trash::Bin,
};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, RepositoryId, may},
    audit::artifact,
    db::{
        self,
        actors::ActorColumns,
        audit,
        held::HeldRepository,
        page::{KeyType, List, Order},
        sql::anywhere,
    },
};
use api_types::{DeletionPreview, ListQuery, Page, TagSummary, TrashKind};
use oci::{Digest, Reference, RepositoryName, Tag};
use serde_json::json;
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

    /// Tags as the console shows them. Sort keys: `pushed` (default, newest first), `name`, `version` (newest first). The filter is
    /// a part of their names, or the digest that they point at. `platform` keeps those that have it (`linux/arm64`, of any
    /// variant, or `linux/arm/v7`).
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
        let both = "tags t JOIN manifests m ON m.id = t.manifest_id";
        let mut count_from = "tags t";
        // Writing to a string cannot fail.
        if let Ok(digest) = query.filter.parse::<Digest>() {
            // No name has a colon.
            values.push(digest.as_str().into());
            let _ = write!(condition, " AND m.digest = ${}", values.len());
            count_from = both;
        } else if !query.filter.is_empty() {
            values.push(anywhere(&query.filter.to_lowercase()).into());
            let _ = write!(condition, " AND LOWER(t.name) LIKE ${} ESCAPE '\\'", values.len());
        }
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
        let protection = db::protection::read(self.content.db.reader(), repository.project().id()).await?;
        let marked = |summary: TagSummary| TagSummary {
            protected_by: protection.of(repository.path(), &summary.name).cloned(),
            ..summary
        };
        let item = |row: &_| db::tags::summary(row).map(marked);
        list.page(self.content.db.reader(), query, item).await
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
        let protection = db::protection::read(reader, repository.project().id()).await?;
        let names = rows.iter().map(|row| row.name.clone()).collect();
        let administers = self.content.access.administrator(actor).await.is_ok();
        let preview = removal::preview(reader, repository.project().id(), (&ids, &manifests), administers).await?;
        Ok(DeletionPreview { protected: removal::protected(&protection, repository.path(), names), ..preview })
    }

    /// Deletes tags, all or none, and the manifests that nothing else holds. Unknown tags are an error.
    ///
    /// # Errors
    /// As [`Tags::preview_deletion`]; [`Error::TagProtected`].
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, tags: &[Tag]) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Delete).await?;
        let args = Deletion {
            repository: repository.get_id()?,
            name: name.clone(),
            tags: tags.to_vec(),
            bin: Bin::new(&self.content, actor),
            event: deletion(actor, &repository, tags),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }

    /// Points a new or existing tag at a manifest that the repository has.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`], [`Error::TagProtected`]; as [`crate::Access::repository`] for
    /// pushing.
    pub async fn create(&self, actor: &Actor, name: &RepositoryName, tag: &Tag, digest: &Digest) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let args = Creation {
            repository: repository.get_id()?,
            name: name.clone(),
            tag: tag.clone(),
            digest: digest.clone(),
            by: ActorColumns::from(actor),
            event: creation(actor, &repository, tag, digest),
            only_new: false,
            now: self.content.now(),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }

    /// Points a new tag at what another tag or a digest stands for.
    ///
    /// # Errors
    /// [`Error::TagTaken`]; as [`Tags::create`].
    pub async fn add(&self, actor: &Actor, name: &RepositoryName, tag: &Tag, target: &Reference) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Push).await?;
        let id = repository.get_id()?;
        let digest = self.digest_of(id, name, target).await?;
        let args = Creation {
            repository: id,
            name: name.clone(),
            tag: tag.clone(),
            by: ActorColumns::from(actor),
            event: creation(actor, &repository, tag, &digest),
            digest,
            only_new: true,
            now: self.content.now(),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }

    /// Takes a tag from what `target` stands for, which stays.
    ///
    /// # Errors
    /// [`Error::TagNotFound`], also where the tag stands for something else; [`Error::ManifestNotFound`],
    /// [`Error::RepositoryNotFound`], [`Error::TagProtected`]; as [`crate::Access::repository`] for deleting.
    pub async fn remove(&self, actor: &Actor, name: &RepositoryName, tag: &Tag, target: &Reference) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::DeleteTags).await?;
        let id = repository.get_id()?;
        let digest = self.digest_of(id, name, target).await?;
        let args = Removal {
            repository: id,
            name: name.clone(),
            tag: tag.clone(),
            digest,
            event: deletion(actor, &repository, std::slice::from_ref(tag)),
            bin: Bin::new(&self.content, actor),
        };
        self.content.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }

    async fn digest_of(
        &self,
        repository: RepositoryId,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Digest> {
        let found = db::manifests::find(self.content.db.reader(), repository, reference).await?;
        let missing = || Error::ManifestNotFound { name: name.clone(), reference: reference.clone() };
        found.map(|found| found.digest).ok_or_else(missing)
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

/// Tags that one event names.
const NAMED: usize = 100;

fn creation(actor: &Actor, repository: &AuthorizedRepository<may::Push>, tag: &Tag, digest: &Digest) -> audit::Event {
    audit::Event::new(actor, "tag.create", format!("{}:{tag}", repository.name()))
        .in_project(repository.project().id())
        .with(json!({ "digest": digest }))
}

fn deletion<R: may::Right>(actor: &Actor, repository: &AuthorizedRepository<R>, tags: &[Tag]) -> audit::Event {
    let named = artifact(repository.name(), tags.iter(), None);
    audit::Event::new(actor, "tag.delete", named)
        .in_project(repository.project().id())
        .with(json!({ "tags": tags.iter().take(NAMED).collect::<Vec<_>>(), "count": tags.len() }))
}

struct Deletion {
    repository: RepositoryId,
    name: RepositoryName,
    tags: Vec<Tag>,
    bin: Bin,
    event: audit::Event,
}

impl Deletion {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let held = db::held::repository(txn, self.repository, &self.name).await?;
        let rows = rows_of(txn, held.id, &self.name, &self.tags).await?;
        delete_rows(txn, &held, rows, &self.bin).await?;
        audit::record(txn, &self.event, self.bin.now).await
    }
}

/// Deletes tags into one entry of the trash, with the manifests that nothing else holds; how many of those went.
pub(super) async fn delete_rows(
    txn: &db::Transaction,
    held: &HeldRepository,
    mut rows: Vec<db::tags::TagRow>,
    bin: &Bin,
) -> Result<u64> {
    let manifests = removal::closure(txn, held.id, &rows).await?;
    let going: HashSet<i64> = manifests.iter().copied().collect();
    let kind = if manifests.is_empty() { TrashKind::Tags } else { TrashKind::Artifacts };
    let tags: Vec<Tag> = rows.iter().filter_map(|row| row.name.parse().ok()).collect();
    // What people recognise it by in the trash.
    let names = rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
    let entry = bin.open(txn, held, kind, &names).await?;
    removal::remove(txn, held, &manifests, bin, entry).await?;
    // The others leave their manifests behind.
    rows.retain(|row| !going.contains(&row.manifest));
    if let Some(entry) = entry {
        db::trash::keep_tags(txn, entry, &rows).await?;
    }
    db::tags::delete(txn, held, &rows, &bin.by, bin.now).await?;
    let gone = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    db::repositories::count(txn, held.id, -gone, 0).await?;
    for subject in tags.iter().filter_map(kind::cosign_subject) {
        refresh(txn, held.id, &subject).await?;
    }
    Ok(manifests.len() as u64)
}

struct Creation {
    repository: RepositoryId,
    name: RepositoryName,
    tag: Tag,
    digest: Digest,
    by: ActorColumns,
    event: audit::Event,
    /// Whether a tag that is there already is an error.
    only_new: bool,
    now: i64,
}

impl Creation {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let held = db::held::repository(txn, self.repository, &self.name).await?;
        let repository = held.id;
        let Some(manifest) = db::manifests::find_id(txn, repository, self.digest.as_str()).await? else {
            let reference = Reference::Digest(self.digest.clone());
            return Err(Error::ManifestNotFound { name: self.name.clone(), reference });
        };
        if self.only_new && db::tags::find(txn, repository, self.tag.as_str()).await?.is_some() {
            return Err(Error::TagTaken { name: self.name.clone(), tag: self.tag.clone() });
        }
        let target = (manifest, self.digest.as_str());
        let new = db::tags::put(txn, &held, &self.tag, target, &self.by, self.now).await?;
        db::repositories::count(txn, repository, i64::from(new), 0).await?;
        db::repositories::pushed(txn, held.project, repository, self.now).await?;
        audit::record(txn, &self.event, self.now).await
    }
}

struct Removal {
    repository: RepositoryId,
    name: RepositoryName,
    tag: Tag,
    digest: Digest,
    bin: Bin,
    event: audit::Event,
}

impl Removal {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let held = db::held::repository(txn, self.repository, &self.name).await?;
        let row = db::tags::find(txn, held.id, self.tag.as_str()).await?;
        let Some(row) = row.filter(|row| row.digest == self.digest.as_str()) else {
            return Err(Error::TagNotFound { name: self.name.clone(), tag: self.tag.clone() });
        };
        untag(txn, &held, &self.tag, row, &self.bin).await?;
        audit::record(txn, &self.event, self.bin.now).await
    }
}
