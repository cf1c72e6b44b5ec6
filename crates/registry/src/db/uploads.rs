//! Rows of uploads: where each stands, and what lets any process go on from there.

use super::{
    actors::ActorColumns,
    sql::{all, execute, one, signed, unsigned},
};
use crate::{Error, Result, access::RepositoryId};
use blobstore::UploadState;
use bytes::Bytes;
use oci::{Algorithm, UploadId};
use sea_orm::{ConnectionTrait, QueryResult};

/// An upload between two requests.
#[derive(Clone, Debug)]
pub(crate) struct UploadRow {
    pub(crate) id: UploadId,
    pub(crate) repository: RepositoryId,
    /// The hash that runs along.
    pub(crate) algorithm: Algorithm,
    /// How many bytes are stored.
    pub(crate) stored: u64,
    /// The state of the hash over what the store has.
    pub(crate) hash_state: Option<Vec<u8>>,
    /// The state of the store; absent while it has no bytes of this upload.
    pub(crate) store_state: Option<UploadState>,
    /// All bytes so far, while they are few: then the store has none.
    pub(crate) held: Option<Bytes>,
    /// Grows with each change; whoever changes the row names the version that was read.
    pub(crate) version: i64,
}

const SELECT: &str = "SELECT id, repository_id, algorithm, stored, hash_state, store_state, held, version FROM uploads";

impl TryFrom<&QueryResult> for UploadRow {
    type Error = Error;

    fn try_from(row: &QueryResult) -> Result<Self> {
        let id: String = row.try_get_by_index(0)?;
        let algorithm: String = row.try_get_by_index(2)?;
        let wrong = |column| Error::Inconsistent { table: "uploads", column, row: id.clone() };
        Ok(Self {
            algorithm: algorithm.parse().map_err(|_| wrong("algorithm"))?,
            repository: RepositoryId(row.try_get_by_index(1)?),
            stored: unsigned(row.try_get_by_index(3)?),
            hash_state: row.try_get_by_index(4)?,
            store_state: row.try_get_by_index::<Option<Vec<u8>>>(5)?.map(UploadState::from_bytes),
            held: row.try_get_by_index::<Option<Vec<u8>>>(6)?.map(Bytes::from),
            version: row.try_get_by_index(7)?,
            id: id.parse().map_err(|_| wrong("id"))?,
        })
    }
}

/// An upload by its id.
pub(crate) async fn find(connection: &impl ConnectionTrait, id: &UploadId) -> Result<Option<UploadRow>> {
    let row = one(connection, &format!("{SELECT} WHERE id = $1"), [id.as_str().into()]).await?;
    row.as_ref().map(UploadRow::try_from).transpose()
}

/// A new upload without bytes.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    id: &UploadId,
    repository: RepositoryId,
    algorithm: Algorithm,
    by: &ActorColumns,
    now: i64,
) -> Result<()> {
    execute(
        connection,
        "INSERT INTO uploads (id, repository_id, algorithm, stored, version, created_by_kind, created_by_id, \
         created_at, touched_at) VALUES ($1, $2, $3, 0, 0, $4, $5, $6, $6)",
        [id.as_str().into(), repository.0.into(), algorithm.as_str().into(), by.kind.into(), by.id.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// What a request leaves behind for the next one.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) algorithm: Algorithm,
    pub(crate) stored: u64,
    pub(crate) kept: Kept,
}

/// Where the bytes of an upload are between two requests.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// In the row.
    Row(Bytes),
    /// In the store, with the state of the hash over them (empty where no hash ran).
    Store { hash_state: Vec<u8>, store_state: UploadState },
}

/// Saves where the upload stands now; `false` if somebody else changed it meanwhile.
pub(crate) async fn save(
    connection: &impl ConnectionTrait,
    id: &UploadId,
    version: i64,
    progress: &Progress,
    now: i64,
) -> Result<bool> {
    let (hash_state, store_state, held) = match &progress.kept {
        Kept::Row(bytes) => (None, None, Some(bytes.to_vec())),
        Kept::Store { hash_state, store_state } => {
            (Some(hash_state.clone()), Some(store_state.as_bytes().to_vec()), None)
        }
    };
    let saved = execute(
        connection,
        "UPDATE uploads SET algorithm = $3, stored = $4, hash_state = $5, store_state = $6, held = $7, touched_at = $8, \
         version = version + 1 WHERE id = $1 AND version = $2",
        [
            id.as_str().into(),
            version.into(),
            progress.algorithm.as_str().into(),
            signed(progress.stored).into(),
            hash_state.into(),
            store_state.into(),
            held.into(),
            now.into(),
        ],
    )
    .await?;
    Ok(saved != 0)
}

/// Takes the upload for one request that is about to change stored bytes: whoever read an older version has lost it.
pub(crate) async fn claim(connection: &impl ConnectionTrait, id: &UploadId, version: i64, now: i64) -> Result<bool> {
    let claimed = execute(
        connection,
        "UPDATE uploads SET touched_at = $3, version = version + 1 WHERE id = $1 AND version = $2",
        [id.as_str().into(), version.into(), now.into()],
    )
    .await?;
    Ok(claimed != 0)
}

/// Ends the upload; `false` if somebody else changed or ended it meanwhile.
pub(crate) async fn delete(connection: &impl ConnectionTrait, id: &UploadId, version: i64) -> Result<bool> {
    let deleted =
        execute(connection, "DELETE FROM uploads WHERE id = $1 AND version = $2", [id.as_str().into(), version.into()])
            .await?;
    Ok(deleted != 0)
}

/// Uploads that nobody touched since `before`, the oldest first.
pub(crate) async fn expired(connection: &impl ConnectionTrait, before: i64, limit: i64) -> Result<Vec<UploadRow>> {
    let sql = format!("{SELECT} WHERE touched_at < $1 ORDER BY touched_at LIMIT $2");
    let rows = all(connection, &sql, [before.into(), limit.into()]).await?;
    rows.iter().map(UploadRow::try_from).collect()
}
