//! Protected tags: rules that let nobody overwrite or delete what they match, on any path.

mod preview;

pub use preview::ProtectionQuery;

use super::{
    Scope,
    list::{Rule, RuleList},
    trimmed,
};
use crate::{
    Access, Actor, Clock, Error, Ground, Result,
    access::{AuthorizedProject, ProjectId, may},
    db::{self, Db, audit},
};
use api_types::{ProtectionRule, RuleScope};
use oci::ProjectName;
use std::sync::Arc;

type Stored = RuleList<ProtectionRule>;

impl Rule for ProtectionRule {
    fn id(&self) -> i64 {
        self.id
    }

    fn numbered(self, id: i64) -> Self {
        Self { id, ..self }
    }

    fn says(&self, other: &Self) -> bool {
        self.scope == other.scope
    }
}

fn stored(text: &str, project: ProjectId) -> Result<Stored> {
    if text.is_empty() {
        return Ok(Stored::default());
    }
    let wrong = |_| Error::Inconsistent { table: "projects", column: "protection", row: project.0.to_string() };
    serde_json::from_str(text).map_err(wrong)
}

/// The rules of a project that hold, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Protection(Vec<(ProtectionRule, Scope)>);

impl Protection {
    /// Reads what a project's row has.
    ///
    /// # Errors
    /// [`Error::Inconsistent`].
    pub(crate) fn read(text: &str, project: ProjectId) -> Result<Self> {
        Self::holding(stored(text, project)?.rules(), None, project)
    }

    /// Of a project's rules those that hold, and `also` this one.
    ///
    /// # Errors
    /// [`Error::Inconsistent`].
    fn holding(rules: &[ProtectionRule], also: Option<i64>, project: ProjectId) -> Result<Self> {
        let wrong = |_| Error::Inconsistent { table: "projects", column: "protection", row: project.0.to_string() };
        let holding = rules.iter().filter(|rule| rule.enabled || also == Some(rule.id));
        let read = holding.map(|rule| Ok::<_, Error>((rule.clone(), Scope::read(&rule.scope).map_err(wrong)?)));
        read.collect::<Result<_>>().map(Self)
    }

    /// Whether nothing is protected.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any tag of this repository may be protected.
    pub(crate) fn is_about(&self, path: &str) -> bool {
        self.0.iter().any(|(_, scope)| scope.means_repository(path))
    }

    /// The rule that protects this tag of a repository.
    pub(crate) fn of(&self, path: &str, tag: &str) -> Option<&RuleScope> {
        self.all_of(path, tag).next().map(|rule| &rule.scope)
    }

    /// The numbers of all rules that protect this tag of a repository.
    fn rules_of(&self, path: &str, tag: &str) -> impl Iterator<Item = i64> {
        self.all_of(path, tag).map(|rule| rule.id)
    }

    fn all_of(&self, path: &str, tag: &str) -> impl Iterator<Item = &ProtectionRule> {
        self.0.iter().filter(move |(_, scope)| scope.means(path, tag)).map(|(rule, _)| rule)
    }
}

/// The service of protected tags.
#[derive(Clone, Debug)]
pub struct ProtectionRules {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

impl ProtectionRules {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// A project's rules, the oldest first.
    ///
    /// # Errors
    /// As [`Access::project`] for reading the configuration.
    pub async fn list(&self, actor: &Actor, project: &ProjectName) -> Result<Vec<ProtectionRule>> {
        let project = self.access.project(actor, project, may::SeeProtection).await?;
        let text = db::protection::find(self.db.reader(), project.id()).await?;
        Ok(stored(&text, project.id())?.rules().to_vec())
    }

    /// Protects tags from now on; the number of the rule.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `repositories` or `tags`, or for one rule too many; [`Error::RuleExists`]; as [`Access::project`] for
    /// deleting.
    pub async fn create(&self, actor: &Actor, project: &ProjectName, scope: &RuleScope, enabled: bool) -> Result<i64> {
        let project = self.access.project(actor, project, may::CreateProtection).await?;
        Scope::read(scope)?;
        self.change(actor, &project, "protection.create", Change::Add(trimmed(scope), enabled)).await
    }

    /// Changes a rule. What it protected and does no more can be overwritten and deleted at once.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`]; as [`ProtectionRules::create`].
    pub async fn update(
        &self,
        actor: &Actor,
        project: &ProjectName,
        rule: i64,
        scope: &RuleScope,
        enabled: bool,
    ) -> Result<()> {
        let project = self.access.project(actor, project, may::UpdateProtection).await?;
        Scope::read(scope)?;
        let rule = ProtectionRule { id: rule, scope: trimmed(scope), enabled };
        self.change(actor, &project, "protection.update", Change::Set(rule)).await.map(drop)
    }

    /// Lets a rule hold or not.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`]; as [`Access::project`] for deleting.
    pub async fn set_enabled(&self, actor: &Actor, project: &ProjectName, rule: i64, enabled: bool) -> Result<()> {
        let project = self.access.project(actor, project, may::UpdateProtection).await?;
        self.change(actor, &project, "protection.update", Change::Switch(rule, enabled)).await.map(drop)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// As [`ProtectionRules::set_enabled`].
    pub async fn delete(&self, actor: &Actor, project: &ProjectName, rule: i64) -> Result<()> {
        let project = self.access.project(actor, project, may::DeleteProtection).await?;
        self.change(actor, &project, "protection.delete", Change::Remove(rule)).await.map(drop)
    }

    async fn change<R: may::Right>(
        &self,
        actor: &Actor,
        project: &AuthorizedProject<R>,
        action: &'static str,
        change: Change,
    ) -> Result<i64> {
        let event = audit::Event::new(actor, action, project.name()).in_project(project.id());
        let args = (project.id(), project.name().to_owned(), change, event, db::micros(self.clock.now()));
        let changed = self.db.write(args, |txn, (project, name, change, event, now)| {
            Box::pin(async move {
                db::locks::name(txn, "protection", &project.0.to_string()).await?;
                let mut stored = stored(&db::protection::find(txn, *project).await?, *project)?;
                let rule = change.apply(&mut stored, name)?;
                let text = serde_json::to_string(&stored).map_err(|error| Error::Internal(Box::new(error)))?;
                if !db::protection::set(txn, *project, &text, *now).await? {
                    return Err(Error::ProjectDeleted);
                }
                let details = serde_json::json!({
                    "rule": rule.id, "repositories": rule.scope.repositories, "tags": rule.scope.tags, "enabled": rule.enabled,
                });
                audit::record(txn, &event.clone().with(details), *now).await?;
                Ok(rule.id)
            })
        });
        changed.await
    }
}

/// What becomes of a project's rules.
#[derive(Clone, Debug)]
enum Change {
    Add(RuleScope, bool),
    Set(ProtectionRule),
    Switch(i64, bool),
    Remove(i64),
}

impl Change {
    /// The rule that was changed.
    fn apply(&self, stored: &mut Stored, project: &str) -> Result<ProtectionRule> {
        match self {
            Self::Add(scope, enabled) => {
                stored.add(ProtectionRule { id: 0, scope: scope.clone(), enabled: *enabled }, project)
            }
            Self::Set(rule) => stored.set(rule.clone(), project),
            Self::Switch(id, enabled) => {
                let rule = stored.get(*id, project)?;
                stored.set(ProtectionRule { enabled: *enabled, ..rule }, project)
            }
            Self::Remove(id) => stored.remove(*id, project),
        }
    }
}
