//! Settings and facts about this installation that live in the database.

use crate::{
    Result,
    db::{self, Db},
};
use time::OffsetDateTime;

/// When the registry was started for the first time.
pub(crate) const FIRST_START: &str = "first_start";

/// When somebody first showed credentials from a terminal.
pub(crate) const FIRST_REGISTRY_LOGIN: &str = "first_registry_login";

/// The service of settings.
#[derive(Clone, Debug)]
pub struct Settings {
    db: Db,
}

impl Settings {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// When the registry was started for the first time.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn first_start(&self) -> Result<Option<OffsetDateTime>> {
        noted(&self.db, FIRST_START).await
    }

    /// When somebody first showed credentials from a terminal.
    pub(crate) async fn first_registry_login(&self) -> Result<Option<OffsetDateTime>> {
        noted(&self.db, FIRST_REGISTRY_LOGIN).await
    }
}

async fn noted(db: &Db, key: &'static str) -> Result<Option<OffsetDateTime>> {
    let Some(text) = db::settings::find(db.reader(), key).await? else { return Ok(None) };
    let inconsistent = |_| crate::Error::Inconsistent { table: "settings", column: "value", row: key.to_owned() };
    text.parse().map(|micros| Some(db::from_micros(micros))).map_err(inconsistent)
}

/// Notes that something happened now, unless it was noted before.
pub(crate) async fn note(db: &Db, key: &'static str, now: i64) -> Result<()> {
    if db::settings::find(db.reader(), key).await?.is_some() {
        return Ok(());
    }
    db.write((key, now), |txn, (key, now)| {
        Box::pin(async move { db::settings::set_if_absent(txn, key, &now.to_string(), *now).await })
    })
    .await
}
