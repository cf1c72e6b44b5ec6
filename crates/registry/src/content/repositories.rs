//! Repositories.

use super::{Content, tags::MAX_NAMES, traffic::day_of, trash::Bin};
use crate::{
    Actor, Error, Result,
    access::{RepositoryId, may},
    db::{self, audit, from_micros, repositories::RepositoryRow},
};
use api_types::{ListQuery, Page, PlatformSummary, RepositoryDetail, RepositorySummary, TrashKind};
use oci::{ProjectName, RepositoryName};
use std::collections::BTreeSet;

/// The longest description in bytes.
const MAX_DESCRIPTION: usize = 64 * 1024;

/// The service of repositories.
#[derive(Clone, Debug)]
pub struct Repositories {
    pub(super) content: Content,
}

/// Names in lexical order, for `_catalog` and `tags/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamePage {
    /// The names.
    pub names: Vec<String>,
    /// Whether there are more after the last one.
    pub more: bool,
}

impl NamePage {
    /// The first `limit` of names of which one more was asked for.
    pub(super) fn cut(mut names: Vec<String>, limit: usize) -> Self {
        let more = names.len() > limit;
        names.truncate(limit);
        Self { names, more }
    }
}

impl Repositories {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// All repositories that the actor may pull from and that something was pushed to, in byte order after `last`, at most
    /// `limit` (0 to 1,000).
    ///
    /// # Errors
    /// As [`crate::Access::visibility`].
    pub async fn catalog(&self, actor: &Actor, limit: u32, last: Option<&str>) -> Result<NamePage> {
        let visibility = self.content.access.visibility(actor).await?;
        let limit = limit.min(MAX_NAMES) as usize;
        if limit == 0 {
            return Ok(NamePage { names: Vec::new(), more: false });
        }
        let reader = self.content.db.reader();
        let last = last.unwrap_or_default();
        // Names are compared as a whole, and `/` sorts after `-` and `.`; so the project counts with its slash.
        let first = last.split_inclusive('/').next().unwrap_or_default();
        // Each of these projects has a repository, but the first may have none after `last`.
        let projects = db::repositories::projects_from(reader, &visibility, first, limit + 2).await?;
        let mut names = Vec::new();
        for (project, name) in projects {
            let prefix = format!("{name}/");
            let after = last.strip_prefix(prefix.as_str()).unwrap_or_default();
            let paths = db::repositories::paths(reader, project, after, limit + 1 - names.len()).await?;
            names.extend(paths.into_iter().map(|path| format!("{prefix}{path}")));
            if names.len() > limit {
                break;
            }
        }
        Ok(NamePage::cut(names, limit))
    }

    /// A project's repositories that something was pushed to. Sort keys: `pushed` (default, newest first), `name`, `size` (what
    /// counts, largest first), `pulls`.
    ///
    /// # Errors
    /// As [`crate::Access::project`] for pulling.
    pub async fn list(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &ListQuery,
    ) -> Result<Page<RepositorySummary>> {
        let project = self.content.access.project(actor, project, may::Pull).await?;
        let page = db::repositories::list(self.content.db.reader(), project.id(), query).await?;
        Ok(page.map(|row| summary(project.name(), row)))
    }

    /// One repository that something was pushed to.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn get(&self, actor: &Actor, name: &RepositoryName) -> Result<RepositoryDetail> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let not_found = || Error::RepositoryNotFound { name: name.clone() };
        let reader = self.content.db.reader();
        let project = repository.project();
        let row = db::repositories::find_counted(reader, project.id(), repository.path()).await?;
        let row = row.filter(|row| row.last_pushed_at.is_some()).ok_or_else(not_found)?;
        let id = RepositoryId(row.id);
        let week = day_of(self.content.now()) - 6;
        let storage_own = db::storage::own_of(reader, project.id(), &row).await?;
        Ok(RepositoryDetail {
            public: project.is_public(),
            storage_own,
            pulls_this_week: db::traffic::pulls_since(reader, id, week).await?,
            newest: db::tags::newest(reader, id).await?,
            platforms: labels(&db::repositories::platform_lists(reader, id).await?),
            may: project.may(),
            summary: summary(project.name(), row),
        })
    }

    /// Changes the description (plain text, at most 64 KiB).
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pushing.
    pub async fn describe(&self, actor: &Actor, name: &RepositoryName, description: &str) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::Describe).await?;
        if description.len() > MAX_DESCRIPTION {
            return Err(Error::Invalid {
                field: "description",
                code: "description_too_long",
                message: "a description has at most 64 KiB: shorten it".to_owned(),
            });
        }
        let event =
            audit::Event::new(actor, "repository.update", name.to_string()).in_project(repository.project().id());
        let args = (repository.get_id()?, description.to_owned(), event, self.content.now());
        let described = self.content.db.write(args, |txn, (id, description, event, now)| {
            Box::pin(async move {
                let described = db::repositories::describe(txn, *id, description).await?;
                if described {
                    audit::record(txn, event, *now).await?;
                }
                Ok(described)
            })
        });
        if described.await? { Ok(()) } else { Err(Error::RepositoryNotFound { name: name.clone() }) }
    }

    /// Deletes the repository with all its tags and manifests. It can be restored for a while; then bytes are freed by collection.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; [`Error::TagProtected`] where it has a protected tag; as [`crate::Access::repository`] for
    /// deleting.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName) -> Result<()> {
        let repository = self.content.access.repository(actor, name, may::DeleteRepositories).await?;
        let bin = Bin::new(&self.content, actor);
        let event =
            audit::Event::new(actor, "repository.delete", name.to_string()).in_project(repository.project().id());
        let args = (repository.get_id()?, name.clone(), bin, event);
        let deleted = self.content.db.write(args, |txn, (id, name, bin, event)| {
            Box::pin(async move {
                let held = db::held::whole_repository(txn, *id, name).await?;
                let found = db::repositories::find_row(txn, held.project, name.path().unwrap_or_default()).await?;
                let Some(found) = found.filter(|found| found.id == id.0) else { return Ok(false) };
                db::protection::refuse_loss(txn, &held).await?;
                let key = (held.project, held.id);
                // One that nothing was ever pushed to has nothing to bring back, and is not seen under its path.
                let entry = match found.last_pushed_at {
                    Some(_) => bin.open(txn, &held, TrashKind::Repository, "").await?,
                    None => None,
                };
                let deleted = match entry {
                    Some(entry) => db::trash::hide_repository(txn, key, entry).await.map(|()| true),
                    None => db::repositories::delete(txn, key.0, key.1).await,
                }?;
                if deleted {
                    audit::record(txn, event, bin.now).await?;
                }
                Ok(deleted)
            })
        });
        if !deleted.await? {
            return Err(Error::RepositoryNotFound { name: name.clone() });
        }
        self.content.access.forget();
        Ok(())
    }
}

fn summary(project: &str, row: RepositoryRow) -> RepositorySummary {
    RepositorySummary {
        id: row.id,
        name: format!("{project}/{}", row.path),
        path: row.path,
        tags: row.tag_count,
        artifacts: row.manifest_count,
        storage_used: row.storage_used,
        pulls: row.pull_count,
        last_pushed_at: row.last_pushed_at.map(from_micros),
        last_pulled_at: row.last_pulled_at.map(from_micros),
        description: row.description,
    }
}

/// `linux/amd64` and `linux/arm/v7`, each once, in order.
fn labels(lists: &[String]) -> Vec<String> {
    let platforms = lists.iter().filter_map(|list| serde_json::from_str::<Vec<PlatformSummary>>(list).ok()).flatten();
    let labels: BTreeSet<String> = platforms
        .map(|PlatformSummary { os, architecture, variant }| match variant.as_str() {
            "" => format!("{os}/{architecture}"),
            // The only variant there is; most clients leave it out.
            "v8" if architecture == "arm64" => format!("{os}/{architecture}"),
            variant => format!("{os}/{architecture}/{variant}"),
        })
        .collect();
    labels.into_iter().collect()
}
