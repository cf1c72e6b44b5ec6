//! Retention: rules of a project that say which tags stay; all else that they are about goes to the trash.
//!
//! What a rule means is [`crate::rules::Judge`], a function of rules, tags and time. Here the rules are kept, shown what they would do
//! ([`RetentionRules::preview`]) and followed ([`work`]), by hand and by a schedule.

mod preview;
pub(crate) mod work;

pub use preview::PreviewQuery;

use super::Content;
use crate::{
    Actor, Error, Result,
    access::{AuthorizedProject, ProjectId, may},
    db::{self, audit, from_micros},
    jobs::Jobs,
    rules::{Cron, Judge, Rule, RuleList, Scope, trimmed},
};
use api_types::{
    JobSummary, Keep, Retention, RetentionRule, RetentionSchedule, RuleScope, ScheduleCheck, ScheduleTime,
};
use oci::ProjectName;
use serde::{Deserialize, Serialize};

/// The greatest number of tags that a rule may keep.
const MOST_TAGS: u32 = 100_000;

/// The longest time that a rule may speak of, in days.
const MOST_DAYS: u32 = 36_500;

/// Projects whose time has come that one look takes up.
const DUE: u32 = 100;

/// Times that are told of an expression.
const NEXT: usize = 3;

/// Runs that a project's page lists.
const RUNS: u32 = 10;

impl Rule for RetentionRule {
    fn id(&self) -> i64 {
        self.id
    }

    fn numbered(self, id: i64) -> Self {
        Self { id, ..self }
    }

    fn says(&self, other: &Self) -> bool {
        (&self.scope, self.keep) == (&other.scope, other.keep)
    }
}

/// What a project's row has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    list: RuleList<RetentionRule>,
    cron: Option<String>,
}

impl Stored {
    fn read(text: &str, project: ProjectId) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong = |_| Error::Inconsistent { table: "projects", column: "retention", row: project.0.to_string() };
        serde_json::from_str(text).map_err(wrong)
    }

    /// When the rules are followed next, after that time.
    fn next(&self, after: i64) -> Result<Option<i64>> {
        let Some(text) = self.cron.as_deref().filter(|_| !self.list.rules().is_empty()) else { return Ok(None) };
        Ok(cron(text)?.next(from_micros(after)).map(db::micros))
    }
}

fn cron(text: &str) -> Result<Cron> {
    Cron::parse(text).map_err(|error| Error::Invalid {
        field: "cron",
        code: "cron_malformed",
        message: format!("the schedule {error}"),
    })
}

/// The rules of a project as they hold now, with what protects its tags, and their text by which a change of them is noticed; `None`
/// if the project is gone. The rule `also` counts whether it is enabled or not.
async fn judge(
    connection: &impl db::Connection,
    project: ProjectId,
    also: Option<i64>,
) -> Result<Option<(Judge, String)>> {
    let Some((text, _)) = db::retention::find(connection, project).await? else { return Ok(None) };
    let protection = db::protection::read(connection, project).await?;
    let wrong = |_| Error::Inconsistent { table: "projects", column: "retention", row: project.0.to_string() };
    let judge = Judge::new(Stored::read(&text, project)?.list.rules(), also, protection).map_err(wrong)?;
    Ok(Some((judge, text)))
}

/// The service of retention.
#[derive(Clone, Debug)]
pub struct RetentionRules {
    content: Content,
    jobs: Jobs,
}

impl RetentionRules {
    pub(crate) fn new(content: Content, jobs: Jobs) -> Self {
        Self { content, jobs }
    }

    /// A project's rules and their schedule.
    ///
    /// # Errors
    /// As [`crate::Access::project`] for retaining, as everything here.
    pub async fn get(&self, actor: &Actor, project: &ProjectName) -> Result<Retention> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        let found = db::retention::find(self.content.db.reader(), project.id()).await?;
        let (text, next) = found.ok_or(Error::ProjectDeleted)?;
        let stored = Stored::read(&text, project.id())?;
        let schedule = stored.cron.as_ref().map(|text| {
            let shape = cron(text)?.shape();
            Ok::<_, Error>(RetentionSchedule { cron: text.clone(), shape, next: next.map(from_micros) })
        });
        Ok(Retention { rules: stored.list.rules().to_vec(), schedule: schedule.transpose()? })
    }

    /// Adds a rule; its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `tags`, `repositories` or `number`, [`Error::RuleExists`].
    pub async fn create(&self, actor: &Actor, project: &ProjectName, rule: &RetentionRule) -> Result<i64> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        let rule = checked(rule)?.numbered(0);
        self.change(actor, &project, Change::Add(rule)).await
    }

    /// Changes the rule of the same number.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`]; as [`RetentionRules::create`].
    pub async fn update(&self, actor: &Actor, project: &ProjectName, rule: &RetentionRule) -> Result<()> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        self.change(actor, &project, Change::Set(checked(rule)?)).await.map(drop)
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`].
    pub async fn delete(&self, actor: &Actor, project: &ProjectName, rule: i64) -> Result<()> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        self.change(actor, &project, Change::Remove(rule)).await.map(drop)
    }

    /// Has the rules followed at these times, a cron expression in UTC; only by hand where there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `cron`.
    pub async fn set_schedule(&self, actor: &Actor, project: &ProjectName, expression: Option<&str>) -> Result<()> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        let change = Change::Schedule(read_cron(expression)?);
        self.change(actor, &project, change).await.map(drop)
    }

    /// What an expression means, for whoever may set it; `None` for one that means nothing, or nothing yet.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`].
    pub async fn check_schedule(
        &self,
        actor: &Actor,
        project: &ProjectName,
        expression: &str,
    ) -> Result<Option<ScheduleCheck>> {
        let _project = self.content.access.project(actor, project, may::Retain).await?;
        let Ok(cron) = cron(expression) else { return Ok(None) };
        let times = std::iter::successors(cron.next(from_micros(self.content.now())), |at| cron.next(*at));
        let next = times.take(NEXT).map(|at| ScheduleTime { at }).collect();
        Ok(Some(ScheduleCheck { shape: cron.shape(), next }))
    }

    /// Puts these rules and this schedule in the place of all that there are. Rules keep their numbers where those are known.
    ///
    /// # Errors
    /// As [`RetentionRules::create`] and [`RetentionRules::set_schedule`].
    pub async fn replace(
        &self,
        actor: &Actor,
        project: &ProjectName,
        rules: &[RetentionRule],
        expression: Option<&str>,
    ) -> Result<()> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        let rules = rules.iter().map(checked).collect::<Result<_>>()?;
        let change = Change::All(rules, read_cron(expression)?);
        self.change(actor, &project, change).await.map(drop)
    }

    /// Has the rules followed now, or only counts what would go; the job's id.
    ///
    /// # Errors
    /// [`Error::JobUnfinished`] while another run of this project is.
    pub async fn run(&self, actor: &Actor, project: &ProjectName, dry_run: bool) -> Result<i64> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        self.jobs.request_retention(actor, &project, dry_run).await
    }

    /// Has a run stop; whoever works on it hears of it within some seconds. What went stays in the trash.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], also for one that is finished or about another project.
    pub async fn stop(&self, actor: &Actor, project: &ProjectName, run: i64) -> Result<()> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        self.jobs.cancel_retention(actor, &project, run).await
    }

    /// The last runs of a project, the newest first.
    ///
    /// # Errors
    /// See [`RetentionRules::get`].
    pub async fn runs(&self, actor: &Actor, project: &ProjectName) -> Result<Vec<JobSummary>> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        db::jobs::list_retention(self.content.db.reader(), project.id(), RUNS).await
    }

    /// Asks for a run of each project whose time has come. Called often, by every process.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn schedule(&self) -> Result<()> {
        let now = self.content.now();
        for project in db::retention::due(self.content.db.reader(), now, DUE).await? {
            let row = Jobs::retention_row(&Actor::system(), project, false)?;
            let asked = self.content.db.write((project, row, now), |txn, (project, row, now)| {
                Box::pin(async move {
                    db::locks::name(txn, "retention", &project.0.to_string()).await?;
                    let Some((text, next)) = db::retention::find(txn, *project).await? else { return Ok(false) };
                    if next.is_none_or(|next| next > *now) {
                        return Ok(false);
                    }
                    db::jobs::prune(txn, row.kind, row.project).await?;
                    let asked = db::jobs::enqueue(txn, row).await?;
                    let other = db::jobs::find_unfinished(txn, row.kind, row.project).await?;
                    if let Some(other) = other
                        && db::jobs::is_dry_run(txn, other).await?
                    {
                        // It takes nothing away: the next look asks again.
                        return Ok(false);
                    }
                    // One that is unfinished serves as well.
                    let next = Stored::read(&text, *project)?.next(*now)?;
                    db::retention::set_next(txn, *project, next).await?;
                    Ok(asked.is_some())
                })
            });
            if asked.await? {
                self.jobs.wake();
            }
        }
        Ok(())
    }

    async fn change(&self, actor: &Actor, project: &AuthorizedProject<may::Retain>, change: Change) -> Result<i64> {
        let event = audit::Event::new(actor, change.action(), project.name()).in_project(project.id());
        let args = (project.id(), project.name().to_owned(), change, event, self.content.now());
        let changed = self.content.db.write(args, |txn, (project, name, change, event, now)| {
            Box::pin(async move {
                db::locks::name(txn, "retention", &project.0.to_string()).await?;
                let found = db::retention::find(txn, *project).await?;
                let (text, next) = found.ok_or(Error::ProjectDeleted)?;
                let mut stored = Stored::read(&text, *project)?;
                let before = stored.cron.clone();
                let (id, details) = change.apply(&mut stored, name)?;
                // A time that has come stays where nothing about times has changed.
                let next = match stored.next(*now)? {
                    Some(_) if next.is_some() && before == stored.cron => next,
                    other => other,
                };
                let text = serde_json::to_string(&stored).map_err(|error| Error::Internal(Box::new(error)))?;
                if !db::retention::set(txn, *project, &text, next, *now).await? {
                    return Err(Error::ProjectDeleted);
                }
                audit::record(txn, &event.clone().with(details), *now).await?;
                Ok(id)
            })
        });
        changed.await
    }
}

fn read_cron(expression: Option<&str>) -> Result<Option<String>> {
    let text = expression.map(str::trim).filter(|text| !text.is_empty());
    text.map(|text| cron(text).map(|_| text.to_owned())).transpose()
}

/// A rule that means something.
fn checked(rule: &RetentionRule) -> Result<RetentionRule> {
    Scope::read(&rule.scope)?;
    let (number, most) = match rule.keep {
        Keep::Always => (1, 1),
        Keep::NewestPushed { count }
        | Keep::NewestPulled { count }
        | Keep::NewestVersions { count }
        | Keep::NewestPatches { count } => (count, MOST_TAGS),
        Keep::PushedWithin { days } | Keep::UsedWithin { days } | Keep::UntaggedWithin { days } => (days, MOST_DAYS),
    };
    if !(1..=most).contains(&number) {
        return Err(Error::Invalid {
            field: "number",
            code: "retention_number",
            message: format!("the number is from 1 to {most}"),
        });
    }
    let scope: RuleScope = trimmed(&rule.scope);
    Ok(RetentionRule { scope, ..rule.clone() })
}

/// What becomes of a project's rules.
#[derive(Clone, Debug)]
enum Change {
    Add(RetentionRule),
    Set(RetentionRule),
    Remove(i64),
    Schedule(Option<String>),
    All(Vec<RetentionRule>, Option<String>),
}

impl Change {
    fn action(&self) -> &'static str {
        match self {
            Self::Add(_) => "retention.create",
            Self::Remove(_) => "retention.delete",
            Self::Set(_) | Self::Schedule(_) | Self::All(..) => "retention.update",
        }
    }

    /// The number of the rule, where it is one, and what the audit log is told.
    fn apply(&self, stored: &mut Stored, project: &str) -> Result<(i64, serde_json::Value)> {
        let told = |rule: &RetentionRule| serde_json::json!({ "rule": rule });
        match self {
            Self::Add(rule) => stored.list.add(rule.clone(), project).map(|rule| (rule.id, told(&rule))),
            Self::Set(rule) => stored.list.set(rule.clone(), project).map(|rule| (rule.id, told(&rule))),
            Self::Remove(id) => stored.list.remove(*id, project).map(|rule| (rule.id, told(&rule))),
            Self::Schedule(cron) => {
                stored.cron.clone_from(cron);
                Ok((0, serde_json::json!({ "cron": cron })))
            }
            Self::All(rules, cron) => {
                stored.list.replace(rules, project)?;
                stored.cron.clone_from(cron);
                Ok((0, serde_json::json!({ "rules": stored.list.rules(), "cron": cron })))
            }
        }
    }
}
