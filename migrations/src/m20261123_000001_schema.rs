//! The schema of the first release, a file for each group of tables.

use sea_orm_migration::prelude::*;

mod accounts;
mod content;
mod operation;

/// The first migration.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [accounts::tables(), content::tables(), operation::tables()];
        for table in tables.into_iter().flatten() {
            manager.create_table(table).await?;
        }
        crate::in_byte_order(manager).await?;
        let indexes = [accounts::indexes(), content::indexes(), operation::indexes()];
        for index in indexes.into_iter().flatten() {
            manager.create_index(index).await?;
        }
        // A digest has one row that is live or in quarantine; rows that are being deleted stand beside it.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX blobs_live_digest ON blobs (digest) WHERE state = 'live' OR state = 'damaged'",
            )
            .await?;
        // What is kept for the sake of a backup.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX blobs_garbage ON blobs (garbage_since, id) WHERE garbage_since IS NOT NULL",
            )
            .await?;
        // What deletions have released, until collection takes it.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX repository_blobs_released ON repository_blobs (project_id, repository_id, blob_id) \
                 WHERE leased_at <= 0",
            )
            .await?;
        // A kind of job runs once at a time; one that is about a project once for each.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX jobs_unfinished ON jobs (kind, project_id) WHERE finished_at IS NULL",
            )
            .await?;
        // Names of labels that belong to no project are held apart too.
        manager
            .get_connection()
            .execute_unprepared("CREATE UNIQUE INDEX labels_name ON labels (COALESCE(project_id, 0), name)")
            .await?;
        // Children that were deleted are few, and looked for when a manifest comes.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX manifest_references_untied ON manifest_references (repository_id, digest) \
                 WHERE kind = 'child' AND child_id IS NULL",
            )
            .await?;
        // What nobody has pulled is looked for from its large end.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX manifests_never_pulled ON manifests (repository_id, size, id) WHERE last_pulled_at IS NULL",
            )
            .await?;
        // When an image lost its last tag. Most events take none from anything.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX tag_events_previous ON tag_events (repository_id, previous_digest, at) \
                 WHERE previous_digest IS NOT NULL",
            )
            .await?;
        // Failures are few, and looked for.
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX audit_events_failed ON audit_events (at, id) WHERE result = 'failure'")
            .await?;
        // The catalog's order: `/` sorts after `-` and `.`, so a project counts with its slash.
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX projects_catalog ON projects ((name || '/'))")
            .await?;
        Ok(())
    }
}

/// A 64-bit id that is never used again.
fn id() -> ColumnDef {
    ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key().take()
}

fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn big_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

/// A counter or sum that starts at zero.
fn count(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().default(0).take()
}

fn small(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).small_integer().not_null().take()
}

fn small_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).small_integer().null().take()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn text_or_empty(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().default("").take()
}

fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().default(false).take()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

fn bytes_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().null().take()
}

/// A foreign key that goes with its parent.
fn owned_by(column: &'static str, parent: &'static str) -> ForeignKeyCreateStatement {
    foreign_key(&[column], parent, &["id"], ForeignKeyAction::Cascade)
}

/// A foreign key that keeps its parent.
fn holds(columns: &[&'static str], parent: &'static str, parent_columns: &[&'static str]) -> ForeignKeyCreateStatement {
    foreign_key(columns, parent, parent_columns, ForeignKeyAction::Restrict)
}

fn foreign_key(
    columns: &[&'static str],
    parent: &'static str,
    parent_columns: &[&'static str],
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    for column in columns {
        key.from_col(*column);
    }
    key.to_tbl(parent);
    for column in parent_columns {
        key.to_col(*column);
    }
    key.on_delete(on_delete).take()
}

fn table<const C: usize>(name: &'static str, columns: [ColumnDef; C]) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table.take()
}

fn primary_key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(*column);
    }
    key.take()
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index.take()
}

fn unique(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(name, table, columns).unique().take()
}
