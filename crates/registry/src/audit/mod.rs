//! The audit log: who did what, on what, when, from where, and how it ended.
//!
//! A service records an event (`db::audit::Event`) in the transaction that does the thing. The [`crate::Actor`] carries where the
//! request comes from ([`crate::Origin`]), so that no signature speaks of it. What happens often is [`gathered`]. Committed events
//! can be told to somebody else ([`Sink`]).
//!
//! An action is a noun and a verb, `manifest.push`; a sign-in is just `sign_in`. To add one: `Event::new` where it happens, a
//! sentence in the console's `i18n/activity.rs`.

pub(crate) mod forward;
pub(crate) mod gathered;
mod records;

pub use forward::Sink;
pub use records::{AuditRecord, AuditRecords, Listed};

use crate::{
    Access, Actor, Clock, Error, Ground, Result, Subject,
    access::may,
    db::{self, Db, audit::Wanted},
    settings::Settings,
};
use api_types::{AuditPage, AuditQuery, AuditResult, AuditScope};
use oci::ProjectName;
use std::sync::Arc;
use time::{Date, Duration, OffsetDateTime, Time, format_description::well_known::Rfc3339, macros::format_description};

/// Events of a page where nothing else is asked for.
const DEFAULT_LIMIT: u32 = 50;

/// Events of a page at most.
const MAX_LIMIT: u32 = 100;

/// Events that an export reads at once.
const EXPORT_STEP: u32 = 500;

/// Events that one transaction of the sweep removes.
const SWEPT: i64 = 500;

/// Transactions of one sweep; the next one goes on.
const STEPS: usize = 100;

/// The service of the audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl Audit {
    pub(crate) fn new((db, access, clock): Ground, settings: Settings) -> Self {
        Self { db, access, clock, settings }
    }

    /// Events that the actor may see, newest first. Administrators see all; of a project its admins see all. Everybody sees what
    /// they did themselves, also where they would see no more than that ([`AuditPage::scope`]).
    ///
    /// # Errors
    /// [`Error::Invalid`] on `since`, `until`, `result` or `cursor`; [`Error::ProjectNotFound`] for a project that the actor may not
    /// know of; [`Error::Unauthenticated`] for the anonymous and for robots without administration; [`Error::AccountNeeded`] for
    /// robots in a project that they do not administer, and for access tokens outside of the projects that they were narrowed to.
    pub async fn list(&self, actor: &Actor, query: &AuditQuery) -> Result<AuditPage> {
        let limit = if query.limit == 0 { DEFAULT_LIMIT } else { query.limit.min(MAX_LIMIT) };
        self.read(actor, query, limit).await
    }

    /// The events from a cursor on for a file, and where to go on. Rights are asked for again at each call.
    ///
    /// # Errors
    /// As [`Audit::list`].
    pub async fn export(&self, actor: &Actor, query: &AuditQuery) -> Result<AuditPage> {
        self.read(actor, query, EXPORT_STEP).await
    }

    /// Has somebody told of every event that this process records from now on; only the first call counts.
    pub fn forward_to(&self, sink: Arc<dyn Sink>) {
        self.db.forward().to(sink);
    }

    async fn read(&self, actor: &Actor, query: &AuditQuery, limit: u32) -> Result<AuditPage> {
        let (wanted, scope) = self.wanted(actor, query).await?;
        let found = db::audit::list(self.db.reader(), &wanted, (&query.cursor, 0), limit).await?;
        Ok(AuditPage { events: found.items, next: found.next, previous: found.previous, scope })
    }

    /// The query, narrowed to what the actor may see.
    async fn wanted(&self, actor: &Actor, query: &AuditQuery) -> Result<(Wanted, AuditScope)> {
        let (project, scope) = self.scope(actor, &query.project).await?;
        let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let mut wanted = Wanted {
            project,
            actor: some(&query.person),
            person: None,
            action: some(&query.action),
            result: result(&query.result)?,
            resource: some(&query.resource),
            since: moment("since", &query.since, Duration::ZERO)?,
            until: moment("until", &query.until, Duration::DAY)?,
            likes: Vec::new(),
        };
        if scope == AuditScope::Own {
            // A token for some projects does not tell what its owner does elsewhere.
            let person = match project {
                Some(_) if matches!(actor.subject(), Subject::Robot(_)) => return Err(Error::AccountNeeded),
                Some(project) => self.access.person_in(actor, project).await?,
                None => self.access.creator(actor).await?.ok_or(Error::Unauthenticated)?,
            };
            let name = db::users::find_by_id(self.db.reader(), person).await?.ok_or(Error::Unauthenticated)?.username;
            // Whoever asks for others finds nothing, as if they had done nothing.
            let others = wanted.actor.as_ref().is_some_and(|other| *other != name);
            wanted.person = Some(if others { -1 } else { person.0 });
            wanted.actor = Some(name);
        }
        Ok((wanted, scope))
    }

    async fn scope(&self, actor: &Actor, project: &str) -> Result<(Option<crate::access::ProjectId>, AuditScope)> {
        let administers = match self.access.administrator(actor).await {
            Ok(_) => true,
            Err(Error::AdministratorsOnly | Error::Unauthenticated) => false,
            Err(error) => return Err(error),
        };
        if project.trim().is_empty() {
            return Ok((None, if administers { AuditScope::Everything } else { AuditScope::Own }));
        }
        let not_found = || Error::ProjectNotFound { name: project.to_owned() };
        let name: ProjectName = project.trim().parse().map_err(|_| not_found())?;
        let project = self.access.project(actor, &name, may::Pull).await?;
        let scope = if administers {
            AuditScope::Everything
        } else if project.also(may::Administer).is_some() {
            AuditScope::Project
        } else {
            AuditScope::Own
        };
        Ok((Some(project.id()), scope))
    }

    /// Removes events that are older than the settings say, in small steps; how many went.
    pub(crate) async fn sweep(&self) -> Result<u64> {
        let days = self.settings.system().await?.audit_retention_days;
        if days == 0 {
            return Ok(0);
        }
        let before = db::micros(self.clock.now() - Duration::days(i64::from(days)));
        let mut gone = 0;
        for _ in 0..STEPS {
            let step =
                self.db.write(before, |txn, before| Box::pin(db::audit::delete_before(txn, *before, SWEPT))).await?;
            gone += step;
            if step < SWEPT.unsigned_abs() {
                break;
            }
        }
        Ok(gone)
    }
}

fn result(word: &str) -> Result<Option<AuditResult>> {
    if word.is_empty() {
        return Ok(None);
    }
    AuditResult::find(word).map(Some).ok_or_else(|| Error::Invalid {
        field: "result",
        code: "result_unknown",
        message: "a result is success or failure".to_owned(),
    })
}

/// A moment, or the start of a day with `whole_day` added.
fn moment(field: &'static str, text: &str, whole_day: Duration) -> Result<Option<i64>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let moment = match day {
        Ok(day) => OffsetDateTime::new_utc(day, Time::MIDNIGHT).checked_add(whole_day),
        Err(_) => OffsetDateTime::parse(text, &Rfc3339).ok(),
    };
    moment.map(|moment| Some(db::micros(moment))).ok_or_else(|| Error::Invalid {
        field,
        code: "time_malformed",
        message: "a time is a day such as 2026-11-28, or a moment such as 2026-11-28T19:02:00Z".to_owned(),
    })
}

/// The name of what was pushed or deleted: by its first tag, else by its digest.
pub(crate) fn artifact<'a, T: std::fmt::Display + 'a>(
    repository: &oci::RepositoryName,
    mut tags: impl Iterator<Item = T>,
    digest: Option<&oci::Digest>,
) -> String {
    match (tags.next(), digest) {
        (Some(tag), _) => format!("{repository}:{tag}"),
        (None, Some(digest)) => format!("{repository}@{digest}"),
        (None, None) => repository.to_string(),
    }
}

#[cfg(test)]
mod tests;
