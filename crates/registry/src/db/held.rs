//! A repository that a transaction holds.

use super::{locks, sql::one};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
    rules::{Protection, in_words},
};
use oci::RepositoryName;
use sea_orm::{ConnectionTrait, QueryResult};

/// A repository that this transaction holds, with the rules that protect its tags: whoever moves or deletes tags needs one, and so
/// cannot but ask.
///
/// The rules are those that the database had when it was taken; a transaction that ran beside a change of them counts as before it.
#[derive(Clone, Debug)]
pub(crate) struct HeldRepository {
    pub(crate) project: ProjectId,
    pub(crate) id: RepositoryId,
    project_name: String,
    path: String,
    /// As the project's row has it; read only where there is something to protect.
    protection: String,
}

/// What [`read`] reads, of repositories `r` and projects `p`.
pub(super) const COLUMNS: &str = "r.id, r.path, p.id, p.name, p.protection";

pub(super) fn read(row: &QueryResult) -> Result<HeldRepository> {
    Ok(HeldRepository {
        id: RepositoryId(row.try_get_by_index(0)?),
        path: row.try_get_by_index(1)?,
        project: ProjectId(row.try_get_by_index(2)?),
        project_name: row.try_get_by_index(3)?,
        protection: row.try_get_by_index(4)?,
    })
}

/// Takes a repository as [`locks::repository`] does. `name` is what the caller knows it by.
///
/// # Errors
/// [`Error::RepositoryNotFound`] where it is gone, or in the trash: what stands there under a path that is none, only restoring
/// changes.
pub(crate) async fn repository(
    connection: &impl ConnectionTrait,
    id: RepositoryId,
    name: &RepositoryName,
) -> Result<HeldRepository> {
    locks::repository(connection, id).await?;
    let held = get(connection, id, name).await?;
    if name.path() == Some(held.path.as_str()) {
        Ok(held)
    } else {
        Err(Error::RepositoryNotFound { name: name.clone() })
    }
}

/// Takes a repository as [`locks::whole_repository`] does, also one in the trash.
///
/// # Errors
/// [`Error::RepositoryNotFound`] where it is gone.
pub(crate) async fn whole_repository(
    connection: &impl ConnectionTrait,
    id: RepositoryId,
    name: &RepositoryName,
) -> Result<HeldRepository> {
    locks::whole_repository(connection, id).await?;
    get(connection, id, name).await
}

async fn get(connection: &impl ConnectionTrait, id: RepositoryId, name: &RepositoryName) -> Result<HeldRepository> {
    let sql = format!("SELECT {COLUMNS} FROM repositories r JOIN projects p ON p.id = r.project_id WHERE r.id = $1");
    let row = one(connection, &sql, [id.0.into()]).await?;
    row.as_ref().map_or_else(|| Err(Error::RepositoryNotFound { name: name.clone() }), read)
}

impl HeldRepository {
    /// The name after the project's.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn project_name(&self) -> &str {
        &self.project_name
    }

    /// The rules that protect its tags.
    ///
    /// # Errors
    /// [`Error::Inconsistent`].
    pub(crate) fn protection(&self) -> Result<Protection> {
        if self.protection.is_empty() {
            Ok(Protection::default())
        } else {
            Protection::read(&self.protection, self.project)
        }
    }

    /// Refuses what would move or delete any of these tags, where one is protected.
    ///
    /// # Errors
    /// [`Error::TagProtected`].
    pub(crate) fn refuse<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> Result<()> {
        refuse(&self.protection()?, (&self.project_name, &self.path), tags)
    }
}

pub(super) fn refuse<'a>(
    protection: &Protection,
    (project, path): (&str, &str),
    tags: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    if protection.is_empty() {
        return Ok(());
    }
    match tags.into_iter().find_map(|tag| Some((tag, protection.of(path, tag)?))) {
        None => Ok(()),
        Some((tag, rule)) => {
            Err(Error::TagProtected { name: format!("{project}/{path}"), tag: tag.to_owned(), rule: in_words(rule) })
        }
    }
}
