//! Settings and facts about this installation that live in the database.
//!
//! What administrators decide is one [`SystemSettings`], kept as JSON in one row.

use crate::{
    Access, Actor, Clock, Error, Ground, Result,
    db::{self, Db, audit},
    freshness::{Fresh, Freshness},
};
use api_types::SystemSettings;
use std::sync::Arc;
use time::OffsetDateTime;

/// When the registry was started for the first time.
pub(crate) const FIRST_START: &str = "first_start";

/// When somebody first showed credentials from a terminal.
pub(crate) const FIRST_REGISTRY_LOGIN: &str = "first_registry_login";

/// What administrators decided.
const SYSTEM: &str = "system";

/// The longest time that the audit log can be told to keep, in days.
const LONGEST_RETENTION: u32 = 36_500;

/// The service of settings.
#[derive(Clone, Debug)]
pub struct Settings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    freshness: Freshness,
    system: Fresh<(), Arc<SystemSettings>>,
}

impl Settings {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        let freshness = Freshness::following(Arc::clone(&clock), Arc::default());
        Self(Arc::new(Inner { db, access, clock, freshness, system: Fresh::new(1) }))
    }

    /// What administrators decided, as it was at most a second ago; a change through this process counts at once.
    ///
    /// # Errors
    /// [`Error::Database`]; [`Error::Inconsistent`] if the stored settings are none.
    pub async fn system(&self) -> Result<Arc<SystemSettings>> {
        let stamp = self.0.freshness.stamp();
        if let Some(settings) = self.0.system.find(&(), stamp) {
            return Ok(settings);
        }
        let stored = db::settings::find(self.0.db.reader(), SYSTEM).await?;
        let settings = Arc::new(parse(stored.as_deref())?);
        self.0.system.keep((), stamp, Arc::clone(&settings));
        Ok(settings)
    }

    /// The same for the page that changes them, straight from the database.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], or as [`Settings::system`].
    pub async fn get(&self, actor: &Actor) -> Result<SystemSettings> {
        self.0.access.administrator(actor).await?;
        parse(db::settings::find(self.0.db.reader(), SYSTEM).await?.as_deref())
    }

    /// Changes them; what was changed, from what and to what, goes to the audit log. Other replicas follow within a second.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] on the field of a value that is not allowed.
    pub async fn update(&self, actor: &Actor, new: &SystemSettings) -> Result<()> {
        let new = new.clone();
        self.change(actor, move |settings| settings.clone_from(&new)).await
    }

    /// Changes some of them, as [`Settings::update`] does all; what others change meanwhile stays.
    ///
    /// # Errors
    /// As [`Settings::update`].
    pub async fn change(
        &self,
        actor: &Actor,
        change: impl Fn(&mut SystemSettings) + Send + Sync + 'static,
    ) -> Result<()> {
        self.0.access.administrator(actor).await?;
        let args = (actor.clone(), change, db::micros(self.0.clock.now()));
        let changed = self.0.db.write(args, |txn, (actor, change, now)| {
            Box::pin(async move {
                db::locks::name(txn, "settings", SYSTEM).await?;
                let old = parse(db::settings::find(txn, SYSTEM).await?.as_deref())?;
                let mut new = old.clone();
                change(&mut new);
                check(&new)?;
                if old == new {
                    return Ok(());
                }
                db::settings::set(txn, SYSTEM, &written(&new)?.to_string(), *now).await?;
                let event = audit::Event::new(actor, "settings.update", SYSTEM).with(difference(&old, &new)?);
                audit::record(txn, &event, *now).await
            })
        });
        changed.await?;
        self.0.freshness.advance();
        Ok(())
    }

    /// When the registry was started for the first time.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn first_start(&self) -> Result<Option<OffsetDateTime>> {
        noted(&self.0.db, FIRST_START).await
    }

    /// When somebody first showed credentials from a terminal.
    pub(crate) async fn first_registry_login(&self) -> Result<Option<OffsetDateTime>> {
        noted(&self.0.db, FIRST_REGISTRY_LOGIN).await
    }
}

/// Refuses values that are not allowed.
fn check(settings: &SystemSettings) -> Result<()> {
    if settings.audit_retention_days > LONGEST_RETENTION {
        return Err(Error::Invalid {
            field: "audit_retention_days",
            code: "retention_too_long",
            message: format!("the audit log keeps at most {LONGEST_RETENTION} days; 0 keeps everything"),
        });
    }
    crate::projects::check_quota("default_quota", settings.default_quota)
}

fn parse(stored: Option<&str>) -> Result<SystemSettings> {
    let inconsistent = |_| Error::Inconsistent { table: "settings", column: "value", row: SYSTEM.to_owned() };
    stored.map_or_else(|| Ok(SystemSettings::default()), |text| serde_json::from_str(text).map_err(inconsistent))
}

fn written(settings: &SystemSettings) -> Result<serde_json::Value> {
    serde_json::to_value(settings).map_err(|error| Error::Internal(Box::new(error)))
}

/// Each setting that differs, with both values.
fn difference(old: &SystemSettings, new: &SystemSettings) -> Result<serde_json::Value> {
    let (old, mut new) = (written(old)?, written(new)?);
    if let Some(fields) = new.as_object_mut() {
        fields.retain(|name, value| old.get(name) != Some(value));
        for (name, value) in fields {
            *value = serde_json::json!({ "from": old.get(name), "to": value });
        }
    }
    Ok(new)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::Lab;
    use api_types::ProjectCreation;

    fn open() -> SystemSettings {
        SystemSettings { self_registration: true, audit_retention_days: 30, ..SystemSettings::default() }
    }

    #[tokio::test]
    async fn what_an_administrator_changes_counts_at_once_and_elsewhere_within_a_second() {
        let lab = Lab::new().await;
        let replica = lab.replica().await;
        assert_eq!(*lab.settings.system().await.unwrap(), SystemSettings::default());
        assert_eq!(*replica.settings.system().await.unwrap(), SystemSettings::default());
        lab.settings.update(&lab.admin(), &open()).await.unwrap();
        assert_eq!(*lab.settings.system().await.unwrap(), open());
        lab.pass(std::time::Duration::from_secs(1));
        assert_eq!(*replica.settings.system().await.unwrap(), open());
        assert_eq!(lab.settings.get(&lab.admin()).await.unwrap(), open());
    }

    #[tokio::test]
    async fn the_audit_log_has_what_was_changed_and_nothing_where_nothing_was() {
        let lab = Lab::new().await;
        for _ in 0..2 {
            lab.settings.update(&lab.admin(), &open()).await.unwrap();
        }
        let events = "SELECT COUNT(*) FROM audit_events WHERE action = 'settings.update'";
        assert_eq!(lab.number(events).await, 1);
        let told = r#"{"audit_retention_days":{"from":365,"to":30},"self_registration":{"from":false,"to":true}}"#;
        assert_eq!(lab.number(&format!("{events} AND details = '{told}'")).await, 1);
    }

    #[tokio::test]
    async fn only_administrators_see_and_change_settings() {
        let lab = Lab::new().await;
        let ada = lab.person("ada").await;
        assert!(matches!(lab.settings.get(&ada).await, Err(Error::AdministratorsOnly)));
        assert!(matches!(lab.settings.update(&ada, &open()).await, Err(Error::AdministratorsOnly)));
        assert!(matches!(lab.settings.get(&Actor::anonymous()).await, Err(Error::Unauthenticated)));
        assert_eq!(*lab.settings.system().await.unwrap(), SystemSettings::default());
    }

    #[tokio::test]
    async fn a_setting_that_a_later_release_added_has_its_default() {
        let lab = Lab::new().await;
        lab.sql(r#"INSERT INTO settings (key, value, updated_at) VALUES ('system', '{"project_creation":"administrators"}', 0)"#).await;
        let settings = lab.settings.system().await.unwrap();
        assert_eq!((settings.project_creation, settings.audit_retention_days), (ProjectCreation::Administrators, 365));
    }

    #[tokio::test]
    async fn a_retention_of_more_than_a_century_is_a_typing_error() {
        let lab = Lab::new().await;
        let settings = SystemSettings { audit_retention_days: 36_501, ..SystemSettings::default() };
        let refused = lab.settings.update(&lab.admin(), &settings).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "audit_retention_days", .. })));
    }
}
