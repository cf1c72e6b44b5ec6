//! The database's schema, as migrations that only go forward.
//!
//! Migrations name tables and columns themselves and import nothing of ours, so that a change of the code never changes
//! what an old migration did. A released migration is never edited; each works beside the previous release.
//! To add one: a module `m<date>_<what>`, and its line in [`Migrator`].
//!
//! Conventions: ids are 64-bit and never used again (`AUTOINCREMENT`, sequences); times are microseconds since 1970 UTC;
//! digests, JSON and names are text; sizes are bytes. Text is compared and sorted byte by byte on every database: a migration that
//! adds columns of text calls [`in_byte_order`] before it makes indexes.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

mod m20261123_000001_schema;

/// All migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261123_000001_schema::Migration)]
    }
}

pub use sea_orm_migration::MigratorTrait as Migrate;

/// Gives all columns of text the collation `C` on PostgreSQL, whatever the database's own is. SQLite compares bytes anyway.
///
/// Columns that have it stay as they are, so a table is rewritten once at most.
pub(crate) async fn in_byte_order(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let each = "DO $$ DECLARE c record; BEGIN \
         FOR c IN SELECT table_name, column_name FROM information_schema.columns \
         WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' \
         LOOP EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE text COLLATE \"C\"', c.table_name, c.column_name); \
         END LOOP; END $$";
    manager.get_connection().execute_unprepared(each).await?;
    Ok(())
}
