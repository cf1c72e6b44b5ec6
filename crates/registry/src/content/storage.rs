//! Storage, looked into: what projects, repositories and tags hold, what they alone hold, and what is large or never pulled.

use super::{Content, removal};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, RepositoryId, Word, may},
    db::{
        self, from_micros,
        page::{KeyType, List, Order},
        repositories::RepositoryRow,
        storage::{Holder, SizedTag},
    },
};
use api_types::{ListQuery, ProjectStorage, RepositoryStorage, TagPlace, TagStorage, TagStoragePage};
use oci::{ProjectName, RepositoryName};

/// Images that are told of as the largest, and as never pulled.
const FEW: usize = 10;

/// Repositories that one statement looks into for them.
const LOOKED_INTO: usize = 100;

/// Tags of a page.
const TAGS: u32 = 50;

/// The service that looks into storage.
#[derive(Clone, Debug)]
pub struct Storage {
    content: Content,
}

const TAGS_BY_SIZE: [Order; 1] =
    [Order { name: "size", key: "m.size", key_type: KeyType::Number, tie: "t.id", descending: true }];

impl Storage {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// What a project holds, repository by repository. Sort keys: `size` (default, largest first), `name`, `pushed`, `pulls`. What
    /// other projects hold too is told to administrators alone: whoever pushes a blob could find out by it whether a project that
    /// they may not know of has it.
    ///
    /// # Errors
    /// As [`crate::Access::project`] for pulling.
    pub async fn project(&self, actor: &Actor, name: &ProjectName, query: &ListQuery) -> Result<ProjectStorage> {
        let project = self.content.access.project(actor, name, may::Pull).await?;
        let reader = self.content.db.reader();
        let usage = db::quotas::counted(reader, project.id()).await?;
        let sums = db::storage::sums(reader, project.id()).await?;
        let sort = if query.sort.is_empty() { "size".to_owned() } else { query.sort.clone() };
        let query = ListQuery { sort, filter: String::new(), ..query.clone() };
        let page = db::repositories::list(reader, project.id(), &query).await?;
        let own = db::storage::own(reader, project.id(), &page.items).await?;
        let holders = db::storage::holders(reader, project.id()).await?;
        let trashed = if sums.has_trash { db::released::trashed(reader, project.id()).await? } else { 0 };
        let administers = self.content.access.administrator(actor).await.is_ok();
        let elsewhere = if administers { Some(db::storage::elsewhere(reader, project.id()).await?) } else { None };
        Ok(ProjectStorage {
            held: usage.used,
            elsewhere: elsewhere.map(|elsewhere| elsewhere.min(usage.used)),
            quota: usage.allowed.filter(|_| project.rights().has(Word::QuotaRead)),
            pulled: sums.pulled,
            trashed,
            largest: self.largest(&holders, false).await?,
            never_pulled: self.largest(&holders, true).await?,
            repositories: page.map(|row| {
                let own = own.get(&row.id).copied().unwrap_or_default();
                repository(project.name(), row, own)
            }),
        })
    }

    /// What the tags of a repository hold, the largest first; those that nobody has pulled, where only they are wanted.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling; [`Error::Invalid`] for a cursor that is none.
    pub async fn tags(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        cursor: &str,
        never_pulled: bool,
    ) -> Result<TagStoragePage> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let not_found = || Error::RepositoryNotFound { name: name.clone() };
        let reader = self.content.db.reader();
        let project = repository.project();
        let row = db::repositories::find_counted(reader, project.id(), repository.path()).await?;
        let row = row.filter(|row| row.last_pushed_at.is_some()).ok_or_else(not_found)?;
        let id = RepositoryId(row.id);
        let values = [row.id.into()];
        let list = List {
            columns: SizedTag::COLUMNS,
            from: SizedTag::FROM,
            count_from: SizedTag::FROM,
            condition: if never_pulled {
                "m.repository_id = $1 AND m.last_pulled_at IS NULL"
            } else {
                "m.repository_id = $1"
            },
            values: &values,
            orders: &TAGS_BY_SIZE,
        };
        let page = list.beside(reader, (cursor, 0), TAGS, |row| SizedTag::try_from(row)).await?;
        let own = db::storage::own_of(reader, project.id(), &row).await?;
        let protection = db::protection::read(reader, project.id()).await?;
        let marked =
            |tag: TagStorage| TagStorage { protected_by: protection.of(repository.path(), &tag.name).cloned(), ..tag };
        Ok(TagStoragePage {
            repository: self::repository(project.name(), row, own),
            tags: self.weighed(project.id(), id, page.items).await?.into_iter().map(marked).collect(),
            next: page.next,
            previous: page.previous,
            may_delete: project.may().delete,
        })
    }

    /// What these tags of a repository hold.
    async fn weighed(
        &self,
        project: ProjectId,
        repository: RepositoryId,
        tags: Vec<SizedTag>,
    ) -> Result<Vec<TagStorage>> {
        let rows: Vec<_> = tags.iter().map(|held| held.tag.clone()).collect();
        let weights = removal::weights(self.content.db.reader(), (project, repository), &rows).await?;
        let told = |(held, weight): (SizedTag, removal::Weight)| {
            Ok(TagStorage {
                platforms: db::manifests::platforms_of(&held.platforms, &held.tag.digest)?,
                name: held.tag.name,
                pulled: u64::try_from(held.tag.size).unwrap_or(0),
                held: weight.held,
                own: weight.own,
                pushed_at: from_micros(held.pushed_at),
                last_pulled_at: held.last_pulled_at.map(from_micros),
                protected_by: None,
            })
        };
        tags.into_iter().zip(weights).map(told).collect()
    }

    /// The largest images of these repositories, which stand in the order of what they hold: as none holds less than its largest
    /// image, the search ends where no larger one can come.
    async fn largest(&self, holders: &[Holder], only_never_pulled: bool) -> Result<Vec<TagPlace>> {
        let mut found: Vec<TagPlace> = Vec::new();
        for holders in holders.chunks(LOOKED_INTO) {
            if found.len() >= FEW && found.last().is_some_and(|smallest| smallest.size >= holders[0].held) {
                break;
            }
            let ids: Vec<i64> = holders.iter().map(|holder| holder.id).collect();
            found.extend(db::storage::largest(self.content.db.reader(), &ids, only_never_pulled, FEW).await?);
            found.sort_by_key(|other| std::cmp::Reverse(other.size));
            found.truncate(FEW);
        }
        Ok(found)
    }
}

/// What counts of a repository.
fn repository(project: &str, row: RepositoryRow, own: u64) -> RepositoryStorage {
    RepositoryStorage {
        name: format!("{project}/{}", row.path),
        path: row.path,
        pulled: row.tagged_size,
        held: row.storage_used,
        own,
        tags: row.tag_count,
        last_pulled_at: row.last_pulled_at.map(from_micros),
    }
}
