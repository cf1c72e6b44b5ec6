//! All tables as the database itself describes them, and their rows as plain values: for copies that any of our databases reads.

use super::{
    Transaction,
    sql::{self, all, execute, find_value, places},
};
use crate::{Error, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt as _;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, StreamTrait as _, Value};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::sync::mpsc;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Integer,
    Small,
    Text,
    Bytes,
    Flag,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

/// The table of migrations, which is no table of ours.
const MIGRATIONS: &str = "seaql_migrations";

/// What only a running server is about, and no copy has.
const LEFT_OUT: [&str; 5] = ["damages", "jobs", "sessions", "sign_in_attempts", "uploads"];

/// The rows of a table that a copy has. A blob that nothing links may go before its copy does.
fn copied(table: &str) -> &'static str {
    match table {
        "backups" => " WHERE finished_at IS NOT NULL",
        "blobs" => {
            " WHERE link_count > 0 OR EXISTS (SELECT 1 FROM repository_blobs l WHERE l.blob_id = blobs.id) \
             OR EXISTS (SELECT 1 FROM project_blobs p WHERE p.blob_id = blobs.id)"
        }
        _ => "",
    }
}

/// All tables, each after those that it refers to.
pub(crate) async fn list(connection: &impl ConnectionTrait) -> Result<Vec<Table>> {
    let (columns, keys) = match connection.get_database_backend() {
        DbBackend::Postgres => (
            "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT) \
             FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema \
             AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE' WHERE c.table_schema = current_schema() \
             ORDER BY c.table_name, c.ordinal_position",
            "SELECT CAST(r.relname AS TEXT), CAST(f.relname AS TEXT) FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid \
             JOIN pg_class f ON f.oid = c.confrelid WHERE c.contype = 'f' AND r.relnamespace = current_schema()::regnamespace",
        ),
        _ => (
            "SELECT m.name, i.name, i.type FROM sqlite_master m JOIN pragma_table_info(m.name) i \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, i.cid",
            "SELECT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
        ),
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in all(connection, columns, []).await? {
        let name: String = row.try_get_by_index(0)?;
        if name == MIGRATIONS {
            continue;
        }
        let column = Column { name: row.try_get_by_index(1)?, kind: kind(&row.try_get_by_index::<String>(2)?)? };
        tables.entry(name.clone()).or_insert_with(|| Table { name, columns: Vec::new() }).columns.push(column);
    }
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in all(connection, keys, []).await? {
        let (child, parent): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if child != parent {
            parents.entry(child).or_default().insert(parent);
        }
    }
    let mut sorted: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let is_free = |name: &&String| {
            parents.get(*name).is_none_or(|parents| parents.iter().all(|parent| !tables.contains_key(parent)))
        };
        let free = tables.keys().find(is_free).or_else(|| tables.keys().next()).cloned();
        sorted.extend(free.and_then(|name| tables.remove(&name)));
    }
    Ok(sorted)
}

/// Whether there is a table of this name.
pub(crate) async fn is_there(connection: &impl ConnectionTrait, name: &str) -> Result<bool> {
    let sql = match connection.get_database_backend() {
        DbBackend::Postgres => "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1",
        _ => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
    };
    Ok(sql::get_value::<i64>(connection, sql, [name.into()]).await? > 0)
}

fn kind(declared: &str) -> Result<ColumnKind> {
    match declared.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => Ok(ColumnKind::Integer),
        "smallint" => Ok(ColumnKind::Small),
        "text" => Ok(ColumnKind::Text),
        "blob" | "bytea" => Ok(ColumnKind::Bytes),
        "boolean" => Ok(ColumnKind::Flag),
        other => Err(Error::Internal(format!("a column of type {other} cannot be copied").into())),
    }
}

impl Table {
    /// Whether copies have it.
    pub(crate) fn is_copied(&self) -> bool {
        !LEFT_OUT.contains(&self.name.as_str())
    }

    /// How many rows of it a copy has.
    pub(crate) async fn count(&self, connection: &impl ConnectionTrait) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) FROM \"{}\"{}", self.name, copied(&self.name));
        Ok(sql::unsigned(sql::get_value(connection, &sql, []).await?))
    }

    /// Sends all rows that a copy has, each as JSON and wrapped, and counts them; how many there were, or `None` where nobody
    /// listens any more.
    pub(crate) async fn send<T: Send>(
        &self,
        connection: &Transaction,
        to: &mpsc::Sender<T>,
        wrap: fn(Vec<Json>) -> T,
        done: &AtomicU64,
    ) -> Result<Option<u64>> {
        let names = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
        let select = format!("SELECT {names} FROM \"{}\"{}", self.name, copied(&self.name));
        let backend = ConnectionTrait::get_database_backend(connection);
        let mut rows = connection.stream_raw(Statement::from_string(backend, select)).await?;
        let mut sent = 0;
        while let Some(row) = rows.next().await {
            if to.send(wrap(self.row(&row?)?)).await.is_err() {
                return Ok(None);
            }
            sent += 1;
            done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Some(sent))
    }

    /// A row as JSON: numbers, texts, `true` and `false`, nothing; bytes as an object with their base64.
    fn row(&self, row: &QueryResult) -> Result<Vec<Json>> {
        let values = self.columns.iter().enumerate().map(|(at, column)| {
            Ok(match column.kind {
                ColumnKind::Integer => json!(row.try_get_by_index::<Option<i64>>(at)?),
                ColumnKind::Small => json!(row.try_get_by_index::<Option<i16>>(at)?),
                ColumnKind::Text => json!(row.try_get_by_index::<Option<String>>(at)?),
                ColumnKind::Flag => json!(row.try_get_by_index::<Option<bool>>(at)?),
                ColumnKind::Bytes => row
                    .try_get_by_index::<Option<Vec<u8>>>(at)?
                    .map_or(Json::Null, |bytes| json!({ "base64": BASE64_STANDARD.encode(bytes) })),
            })
        });
        values.collect()
    }

    /// A value as a column takes it; `None` for one that does not fit.
    fn value(kind: ColumnKind, value: &Json) -> Option<Value> {
        if let Json::Null = value {
            return Some(match kind {
                ColumnKind::Integer => None::<i64>.into(),
                ColumnKind::Small => None::<i16>.into(),
                ColumnKind::Text => None::<String>.into(),
                ColumnKind::Bytes => None::<Vec<u8>>.into(),
                ColumnKind::Flag => None::<bool>.into(),
            });
        }
        Some(match kind {
            ColumnKind::Integer => value.as_i64()?.into(),
            ColumnKind::Small => i16::try_from(value.as_i64()?).ok()?.into(),
            ColumnKind::Text => value.as_str()?.into(),
            ColumnKind::Bytes => BASE64_STANDARD.decode(value.get("base64")?.as_str()?).ok()?.into(),
            ColumnKind::Flag => value.as_bool()?.into(),
        })
    }

    /// What these columns hold, or the one that there is none of.
    pub(crate) fn kinds<'a>(&self, columns: &'a [String]) -> Result<Vec<ColumnKind>, &'a str> {
        let kind = |name: &'a String| {
            let column = self.columns.iter().find(|column| column.name == *name);
            column.map(|column| column.kind).ok_or(name.as_str())
        };
        columns.iter().map(kind).collect()
    }

    /// Adds rows with a value for each of these columns; `false` if one does not fit.
    pub(crate) async fn insert(
        &self,
        connection: &impl ConnectionTrait,
        (columns, kinds): (&[String], &[ColumnKind]),
        rows: &[Vec<Json>],
    ) -> Result<bool> {
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            if row.len() != kinds.len() {
                return Ok(false);
            }
            for (kind, value) in kinds.iter().zip(row) {
                let Some(value) = Self::value(*kind, value) else { return Ok(false) };
                values.push(value);
            }
        }
        let names = columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let rows: Vec<_> =
            (0..rows.len()).map(|row| format!("({})", places(1 + row * columns.len(), columns.len()))).collect();
        let sql = format!("INSERT INTO \"{}\" ({names}) VALUES {}", self.name, rows.join(", "));
        execute(connection, &sql, values).await?;
        Ok(true)
    }

    /// Whether there is any row.
    pub(crate) async fn is_empty(&self, connection: &impl ConnectionTrait) -> Result<bool> {
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM \"{}\" LIMIT 1) x", self.name);
        Ok(sql::get_value::<i64>(connection, &sql, []).await? == 0)
    }

    /// The last id that was given out, where the table has ids that are never given out again.
    pub(crate) async fn last_id(&self, connection: &impl ConnectionTrait) -> Result<Option<i64>> {
        if !self.has_ids() {
            return Ok(None);
        }
        match connection.get_database_backend() {
            DbBackend::Postgres => {
                let sql = "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence($1, 'id') AS regclass))";
                Ok(find_value::<Option<i64>>(connection, sql, [self.name.as_str().into()]).await?.flatten())
            }
            _ => {
                find_value(connection, "SELECT seq FROM sqlite_sequence WHERE name = $1", [self.name.as_str().into()])
                    .await
            }
        }
    }

    /// Sees to it that no id up to this one is given out again.
    pub(crate) async fn set_last_id(&self, connection: &impl ConnectionTrait, last: i64) -> Result<()> {
        if !self.has_ids() || last < 1 {
            return Ok(());
        }
        let values: [Value; 2] = [self.name.as_str().into(), last.into()];
        match connection.get_database_backend() {
            DbBackend::Postgres => {
                let sql = "SELECT setval(CAST(pg_get_serial_sequence($1, 'id') AS regclass), $2)";
                find_value::<i64>(connection, sql, values).await?;
            }
            _ => {
                let sql = "UPDATE sqlite_sequence SET seq = MAX(seq, $2) WHERE name = $1";
                if execute(connection, sql, values.clone()).await? == 0 {
                    execute(connection, "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", values).await?;
                }
            }
        }
        Ok(())
    }

    fn has_ids(&self) -> bool {
        self.columns.iter().any(|column| column.name == "id" && column.kind == ColumnKind::Integer)
    }
}

/// The migrations that a database has seen, in order.
pub(crate) async fn migrations(connection: &impl ConnectionTrait) -> Result<Vec<String>> {
    let rows = all(connection, &format!("SELECT version FROM {MIGRATIONS} ORDER BY version"), []).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
