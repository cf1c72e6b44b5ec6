//! The rules that protect tags: a text in a project's row; and what they keep from going with all that it is in.

use super::{
    held::{HeldRepository, refuse},
    locks,
    sql::{self, all, find_value},
    trash::EntryRow,
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
    rules::Protection,
};
use api_types::TrashKind;
use sea_orm::ConnectionTrait;

/// Names that one look reads.
const PAGE: usize = 1_000;

/// The text; empty where there are no rules, or no project. One in the trash keeps its rules.
pub(crate) async fn find(connection: &impl ConnectionTrait, project: ProjectId) -> Result<String> {
    let statement = "SELECT protection FROM projects WHERE id = $1";
    Ok(find_value(connection, statement, [project.0.into()]).await?.unwrap_or_default())
}

/// The rules that hold in a project.
pub(crate) async fn read(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Protection> {
    Protection::read(&find(connection, project).await?, project)
}

/// Changes the text; `false` if there is no such project.
pub(crate) async fn set(connection: &impl ConnectionTrait, project: ProjectId, text: &str, now: i64) -> Result<bool> {
    let statement = "UPDATE projects SET protection = $2, updated_at = $3 WHERE id = $1 AND deleted_at IS NULL";
    Ok(sql::execute(connection, statement, [project.0.into(), text.into(), now.into()]).await? != 0)
}

/// Refuses what would take a whole repository away while it has a protected tag.
///
/// # Errors
/// [`crate::Error::TagProtected`].
pub(crate) async fn refuse_loss(connection: &impl ConnectionTrait, held: &HeldRepository) -> Result<()> {
    refuse_among(connection, held.id, &held.protection()?, (held.project_name(), held.path())).await
}

/// Holds all repositories of a project that is about to go, and refuses where any of them has a protected tag.
///
/// # Errors
/// [`crate::Error::TagProtected`].
pub(crate) async fn refuse_loss_of_project(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    name: &str,
) -> Result<()> {
    let protection = read(connection, project).await?;
    if protection.is_empty() {
        return Ok(());
    }
    let mut last = 0_i64;
    loop {
        // What is in the trash has no such time.
        let statement = format!(
            "SELECT r.id, r.path FROM repositories r WHERE r.project_id = $1 AND r.last_pushed_at IS NOT NULL AND r.id > $2 \
             ORDER BY r.id LIMIT {PAGE}{}",
            locks::holding(connection)
        );
        let rows = all(connection, &statement, [project.0.into(), last.into()]).await?;
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let path: String = row.try_get_by_index(1)?;
            refuse_among(connection, RepositoryId(last), &protection, (name, &path)).await?;
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

async fn refuse_among(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    protection: &Protection,
    (project, path): (&str, &str),
) -> Result<()> {
    if !protection.is_about(path) {
        return Ok(());
    }
    let mut last = String::new();
    loop {
        let names = super::tags::names(connection, repository, &last, PAGE).await?;
        refuse(protection, (project, path), names.iter().map(String::as_str))?;
        match names.last() {
            Some(name) if names.len() == PAGE => last.clone_from(name),
            _ => return Ok(()),
        }
    }
}

/// Refuses to end an entry of the trash before its time while it has a tag that a rule protects by now; a project, while anything of it
/// has one, also in the trash.
///
/// # Errors
/// [`crate::Error::TagProtected`].
pub(crate) async fn refuse_end(connection: &impl ConnectionTrait, entry: &EntryRow, now: i64) -> Result<()> {
    let protection = read(connection, entry.project).await?;
    if entry.kind != TrashKind::Project {
        return refuse_end_of(connection, &protection, entry, &entry.project_name).await;
    }
    refuse_loss_of_project(connection, entry.project, &entry.project_name).await?;
    if protection.is_empty() {
        return Ok(());
    }
    for inside in super::trash::of_hidden_project(connection, entry.project, now).await? {
        refuse_end_of(connection, &protection, &inside, &entry.project_name).await?;
    }
    Ok(())
}

async fn refuse_end_of(
    connection: &impl ConnectionTrait,
    protection: &Protection,
    entry: &EntryRow,
    project: &str,
) -> Result<()> {
    let at = (project, entry.path.as_str());
    if let Some(repository) = entry.repository.filter(|_| entry.kind == TrashKind::Repository) {
        return refuse_among(connection, repository, protection, at).await;
    }
    if !protection.is_about(&entry.path) {
        return Ok(());
    }
    let tags = super::trash::tags(connection, entry.id).await?;
    refuse(protection, at, tags.iter().map(|(name, _)| name.as_str()))
}
