//! How much projects may hold, and hold.
//!
//! A project holds the distinct blobs that its repositories link: layers and configurations, each once. What was deleted is linked
//! until collection takes it, and does not count meanwhile; restoring it has to fit. Manifests live in the database and do not
//! count.

use super::{ProjectRecord, Projects};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, may},
    db::{self, audit},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{LARGEST_QUOTA, NewQuota};
use oci::ProjectName;

/// Differences of one kind that are told.
const TOLD: u64 = 100;

/// A sum or count that is kept, and is not what a recount gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumDifference {
    /// Which one, as words.
    pub what: &'static str,
    /// Of what: a project, a repository, a digest.
    pub name: String,
    /// As it is kept.
    pub kept: i64,
    /// As it was counted.
    pub counted: i64,
}

impl Projects {
    /// All projects with what they may hold, and hold.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_quotas(&self, actor: &Actor, query: &NumberedQuery) -> Result<Numbered<ProjectRecord>> {
        self.access.administrator(actor).await?;
        self.list_records(actor, query).await
    }

    /// What a project may hold, and holds.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::ProjectNotFound`].
    pub async fn get_quota(&self, actor: &Actor, id: ProjectId) -> Result<ProjectRecord> {
        self.access.administrator(actor).await?;
        let name = self.name_of(actor, id).await?;
        self.get_record(actor, &name).await
    }

    /// Sets how many bytes a project may hold; `None` is no limit. What it holds stays, also where that is more: then nothing
    /// that it does not have yet comes in.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::ProjectNotFound`]; [`Error::Invalid`] on `quota`.
    pub async fn set_quota(&self, actor: &Actor, name: &ProjectName, quota: Option<u64>) -> Result<()> {
        self.access.administrator(actor).await?;
        let project = self.access.project(actor, name, may::SeeConfiguration).await?;
        check_quota("quota", quota)?;
        let event = audit::Event::new(actor, "project.quota", project.name()).in_project(project.id());
        let set = self
            .db
            .write((project.id(), quota, event, self.now()), |txn, (project, quota, event, now)| {
                Box::pin(async move {
                    let Some(before) = db::quotas::set(txn, *project, *quota, *now).await? else { return Ok(false) };
                    if before != *quota {
                        let event = event.clone().with(serde_json::json!({ "from": before, "to": quota }));
                        audit::record(txn, &event, *now).await?;
                    }
                    Ok(true)
                })
            })
            .await?;
        if set { Ok(()) } else { Err(Error::ProjectNotFound { name: name.to_string() }) }
    }

    /// As [`Projects::set_quota`], by the project's id.
    ///
    /// # Errors
    /// As [`Projects::set_quota`].
    pub async fn set_quota_of(&self, actor: &Actor, id: ProjectId, quota: Option<u64>) -> Result<()> {
        self.access.administrator(actor).await?;
        let name = self.name_of(actor, id).await?;
        self.set_quota(actor, &name, quota).await
    }

    /// Recounts every sum and count that is kept in transactions, of storage above all; what differs, which is nothing. Reads the whole
    /// table of links: seconds for a million. Servers may be running.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`].
    pub async fn verify_sums(&self, actor: &Actor) -> Result<Vec<SumDifference>> {
        self.access.administrator(actor).await?;
        let mut found = Vec::new();
        for (what, statement) in db::sums::SUMS {
            let wrong = db::sums::wrong(self.db.reader(), statement, TOLD).await?;
            found.extend(wrong.into_iter().map(|(name, kept, counted)| SumDifference { what, name, kept, counted }));
        }
        Ok(found)
    }

    /// What a project that is created may hold.
    pub(super) async fn quota_of_new(&self, actor: &Actor, quota: NewQuota) -> Result<Option<u64>> {
        let chosen = match quota {
            NewQuota::Default => None,
            NewQuota::Unlimited => match self.access.administrator(actor).await {
                Ok(_) => Some(None),
                Err(Error::AdministratorsOnly) => None,
                Err(error) => return Err(error),
            },
            NewQuota::Bytes(bytes) => {
                self.access.administrator(actor).await?;
                Some(Some(bytes))
            }
        };
        let Some(quota) = chosen else { return Ok(self.settings.system().await?.default_quota) };
        check_quota("quota", quota)?;
        Ok(quota)
    }
}

/// Refuses what is no quota; `field` is what it came in.
pub(crate) fn check_quota(field: &'static str, quota: Option<u64>) -> Result<()> {
    match quota {
        None | Some(1..=LARGEST_QUOTA) => Ok(()),
        Some(_) => Err(Error::Invalid {
            field,
            code: "quota_out_of_range",
            message: "a quota is at least one byte and at most 1 EB".to_owned(),
        }),
    }
}
