//! The database's schema, as migrations that only go forward.
//!
//! Migrations name tables and columns themselves and import nothing of ours, so that a change of the code never changes
//! what an old migration did. A released migration is never edited; each works beside the previous release.
//! To add one: a module `m<date>_<what>`, and its line in [`Migrator`].
//!
//! Conventions: ids are 64-bit and never used again (`AUTOINCREMENT`); times are microseconds since 1970 UTC;
//! digests, JSON and names are text; sizes are bytes.

use sea_orm_migration::prelude::*;

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
