//! Locks that a transaction takes before it decides by what it reads.
//!
//! Without them two transactions on PostgreSQL may both read, and both decide, before either writes. On SQLite there is one
//! writer, and nothing here costs a statement. A lock lasts until the transaction ends.

use super::sql;
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
};
use sea_orm::{ConnectionTrait, DbBackend};

/// What a transaction had found is gone before it could hold on to it. It is run again, and sees.
#[derive(Debug, thiserror::Error)]
#[error("{0} changed while it was written to")]
pub(crate) struct Overtaken(pub(crate) &'static str);

/// [`Overtaken`] as what a piece of work ends with.
pub(crate) fn overtaken(what: &'static str) -> Error {
    Error::Database(Box::new(Overtaken(what)))
}

/// What makes a `SELECT` of a repository `r` hold it as [`repository`] does.
pub(crate) fn holding(connection: &impl ConnectionTrait) -> &'static str {
    if is_shared(connection) { " FOR NO KEY UPDATE OF r" } else { "" }
}

/// What makes a `SELECT` of a repository `r` keep it from being deleted until the transaction ends; what is linked to it would do
/// so anyway, but a moment later.
pub(crate) fn keeping(connection: &impl ConnectionTrait) -> &'static str {
    if is_shared(connection) { " FOR KEY SHARE OF r" } else { "" }
}

/// What makes a `SELECT` of a label `l` keep it from being deleted until the transaction ends.
pub(crate) fn keeping_label(connection: &impl ConnectionTrait) -> &'static str {
    if is_shared(connection) { " FOR KEY SHARE OF l" } else { "" }
}

/// Holds a repository: manifests, tags and what they name change in one transaction at a time. Blobs are linked to it and
/// uploads begun meanwhile.
pub(crate) async fn repository(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<()> {
    if is_shared(connection) {
        let statement = "SELECT id FROM repositories WHERE id = $1 FOR NO KEY UPDATE";
        sql::one(connection, statement, [repository.0.into()]).await?;
    }
    Ok(())
}

/// Holds all repositories that are meant, or that have one of these tags or manifests, always in the same order, so that two who
/// do this never wait for each other.
pub(crate) async fn repositories_of(
    connection: &impl ConnectionTrait,
    repositories: &[i64],
    tags: &[i64],
    manifests: &[i64],
) -> Result<()> {
    if !is_shared(connection) {
        return Ok(());
    }
    let array = |ids: &[i64]| -> sea_orm::Value { ids.to_vec().into() };
    let statement = "SELECT id FROM repositories WHERE id IN (SELECT unnest($1) \
         UNION SELECT repository_id FROM tags WHERE id = ANY ($2) \
         UNION SELECT repository_id FROM manifests WHERE id = ANY ($3)) ORDER BY id FOR NO KEY UPDATE";
    sql::all(connection, statement, [array(repositories), array(tags), array(manifests)]).await?;
    Ok(())
}

/// Holds a repository that is about to go, also against those who would link a blob to it or begin an upload.
pub(crate) async fn whole_repository(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<()> {
    if is_shared(connection) {
        sql::one(connection, "SELECT id FROM repositories WHERE id = $1 FOR UPDATE", [repository.0.into()]).await?;
    }
    Ok(())
}

/// What makes a `SELECT` of several blobs, in the order of their ids, hold them against those who change their count of links.
pub(crate) fn blobs(connection: &impl ConnectionTrait) -> &'static str {
    if is_shared(connection) { " FOR NO KEY UPDATE" } else { "" }
}

/// Holds a blob, also against those who would link it to something.
pub(crate) async fn whole_blob(connection: &impl ConnectionTrait, blob: i64) -> Result<()> {
    if is_shared(connection) {
        sql::one(connection, "SELECT id FROM blobs WHERE id = $1 FOR UPDATE", [blob.into()]).await?;
    }
    Ok(())
}

/// Holds the table of blobs as everybody does who writes to it: [`blobs_recorded`] waits until the transaction ends.
pub(crate) async fn recording_blobs(connection: &impl ConnectionTrait) -> Result<()> {
    if is_shared(connection) {
        sql::execute(connection, "LOCK TABLE blobs IN ROW EXCLUSIVE MODE", []).await?;
    }
    Ok(())
}

/// Waits for all transactions that have written to the table of blobs, or whose statement has begun to. A statement sees what is
/// committed when it has its lock: one that comes after this sees whatever was committed before.
pub(crate) async fn blobs_recorded(connection: &impl ConnectionTrait) -> Result<()> {
    if is_shared(connection) {
        sql::execute(connection, "LOCK TABLE blobs IN SHARE MODE", []).await?;
    }
    Ok(())
}

/// Holds a project that is about to go, also against those who would create a repository in it.
pub(crate) async fn whole_project(connection: &impl ConnectionTrait, project: ProjectId) -> Result<()> {
    if is_shared(connection) {
        sql::one(connection, "SELECT id FROM projects WHERE id = $1 FOR UPDATE", [project.0.into()]).await?;
    }
    Ok(())
}

/// What makes a `SELECT` of a project `p` hold it as [`project`] does.
pub(crate) fn holding_project(connection: &impl ConnectionTrait) -> &'static str {
    if is_shared(connection) { " FOR NO KEY UPDATE OF p" } else { "" }
}

/// Holds a project's sums: who adds to them waits.
pub(crate) async fn project(connection: &impl ConnectionTrait, project: ProjectId) -> Result<()> {
    if is_shared(connection) {
        let statement = "SELECT id FROM projects WHERE id = $1 FOR NO KEY UPDATE";
        sql::one(connection, statement, [project.0.into()]).await?;
    }
    Ok(())
}

/// Holds a name that may stand for nothing yet: one transaction at a time decides about it. `kind` keeps names of different
/// things apart.
pub(crate) async fn name(connection: &impl ConnectionTrait, kind: &str, name: &str) -> Result<()> {
    if is_shared(connection) {
        let statement = "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended($1, 0))";
        sql::one(connection, statement, [format!("{kind}:{name}").into()]).await?;
    }
    Ok(())
}

fn is_shared(connection: &impl ConnectionTrait) -> bool {
    connection.get_database_backend() == DbBackend::Postgres
}
