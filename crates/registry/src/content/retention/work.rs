//! Following a project's rules: a job that any process takes up where another one left it.
//!
//! Repositories are judged one after the other, and what goes of one goes in steps of its own. Each step holds the repository and looks
//! once more: a tag that was moved since it was judged stays, and so does what is protected by now. It is deleted like anything else,
//! into the trash, with an event. Each step is committed together with the progress, by the holder of the job and nobody else.

use super::{
    super::{Content, removal, tags::delete_rows, trash::Bin},
    judge,
    preview::Judged,
};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, RepositoryId},
    audit::artifact,
    db::{self, audit, jobs::Held},
};
use api_types::{JobEvent, JobReport, RetentionReport, TrashKind};
use oci::{Digest, RepositoryName, Tag};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Tags, or artifacts, that one transaction takes away at most, so that pushes do not wait for it.
const STEP: usize = 50;

/// Repositories that one look reads.
const PAGE: usize = 100;

/// The longest rest between two steps.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// What a run is to do, as its job keeps it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    project: i64,
    dry_run: bool,
}

impl Order {
    pub(crate) fn new(project: ProjectId, dry_run: bool) -> Self {
        Self { project: project.0, dry_run }
    }
}

/// How far a run is, as its job keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    report: RetentionReport,
    /// The last repository that was done.
    after: i64,
}

impl State {
    pub(crate) fn new(dry_run: bool) -> Self {
        Self { report: RetentionReport { dry_run, ..RetentionReport::default() }, after: 0 }
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// A run that this process has the job of.
#[derive(Debug)]
pub(crate) struct Run {
    content: Content,
    held: Held,
    order: Order,
    state: State,
    rested: Instant,
}

/// A change that is committed together with the progress.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Nothing but the progress.
    Nothing,
    /// These tags go if they were last moved at these times.
    Tags(RepositoryId, RepositoryName, Vec<(String, i64)>),
    /// These artifacts go if they still have no tag.
    Untagged(RepositoryId, RepositoryName, Vec<i64>),
}

impl Run {
    /// Goes on where the job stands.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for an order or a progress that none of ours wrote.
    pub(crate) fn resume(content: &Content, held: Held, order: &str, state: &str) -> Result<Self> {
        let wrong = |column| Error::Inconsistent { table: "jobs", column, row: held.id.to_string() };
        Ok(Self {
            content: content.clone(),
            held,
            order: serde_json::from_str(order).map_err(|_| wrong("payload"))?,
            state: serde_json::from_str(state).map_err(|_| wrong("progress"))?,
            rested: Instant::now(),
        })
    }

    /// Works to the end.
    ///
    /// # Errors
    /// [`Error::JobLost`], [`Error::JobCancelled`]; [`Error::Database`]: what was done is kept, and a later attempt goes on from there.
    pub(crate) async fn run(mut self) -> Result<()> {
        let project = ProjectId(self.order.project);
        if self.state.report.total == 0 {
            self.state.report.total = db::retention::count_repositories(self.content.db.reader(), project).await?;
        }
        loop {
            let reader = self.content.db.reader();
            let Some(project_name) = db::retention::project_name(reader, project).await? else { return Ok(()) };
            let repositories = db::retention::repositories(reader, project, self.state.after, PAGE).await?;
            let last = repositories.len() < PAGE;
            for (id, path) in repositories {
                self.repository(project, &project_name, (id, &path)).await?;
                self.state.after = id.0;
                self.state.report.repositories += 1;
                self.commit(Change::Nothing).await?;
            }
            if last {
                return self.end().await;
            }
        }
    }

    async fn repository(
        &mut self,
        project: ProjectId,
        project_name: &str,
        (id, path): (RepositoryId, &str),
    ) -> Result<()> {
        let reader = self.content.db.reader();
        // Rules may have changed since the last repository.
        let Some(judge) = judge(reader, project).await?.filter(|judge| judge.is_about(path)) else { return Ok(()) };
        let now = self.content.now();
        let Judged { tags, fates, untagged } = Judged::of(reader, &judge, (id, path), now).await?;
        let going: Vec<_> = tags.iter().zip(&fates).filter(|(_, fate)| fate.goes()).map(|(tag, _)| tag).collect();
        let artifacts: Vec<i64> =
            untagged.iter().filter(|(_, fate)| fate.goes()).map(|(artifact, _)| artifact.id).collect();
        let kept = (tags.len() - going.len()) as u64;
        if self.order.dry_run {
            let report = &mut self.state.report;
            report.kept += kept;
            report.tags += going.len() as u64;
            report.artifacts += artifacts.len() as u64;
            return Ok(());
        }
        let name: RepositoryName = format!("{project_name}/{path}").parse().map_err(|_| Error::Inconsistent {
            table: "repositories",
            column: "path",
            row: id.0.to_string(),
        })?;
        for step in going.chunks(STEP) {
            let step = step.iter().map(|tag| (tag.name.clone(), tag.pushed_at)).collect();
            self.commit(Change::Tags(id, name.clone(), step)).await?;
            self.rest().await;
        }
        for step in artifacts.chunks(STEP) {
            self.commit(Change::Untagged(id, name.clone(), step.to_vec())).await?;
            self.rest().await;
        }
        // Last, so that whoever goes on in the middle of a repository counts once.
        self.state.report.kept += kept;
        Ok(())
    }

    /// Says in the log what came of it.
    async fn end(&self) -> Result<()> {
        let args = (self.held, self.state.report);
        let noted = self.content.db.write(args, |txn, (held, report)| {
            Box::pin(async move {
                db::jobs::advance(txn, *held, None).await?;
                db::jobs::note(txn, held.id, JobEvent::Reached { report: JobReport::Retention(*report) }).await
            })
        });
        noted.await
    }

    /// Does a change and saves the progress with it, all or nothing.
    async fn commit(&mut self, change: Change) -> Result<()> {
        let bin = Bin::new(&self.content, &Actor::system());
        let args = (self.held, self.state.clone(), change, bin);
        let done = self.content.db.write(args, |txn, (held, state, change, bin)| {
            Box::pin(async move {
                let mut state = state.clone();
                let (tags, artifacts) = change.run(txn, *held, bin).await?;
                state.report.tags += tags;
                state.report.artifacts += artifacts;
                db::jobs::advance(txn, *held, Some(&state.json()?)).await?;
                Ok(state)
            })
        });
        self.state = done.await?;
        Ok(())
    }

    /// Rests as long as the last step took, so that half of the time is everybody else's.
    async fn rest(&mut self) {
        tokio::time::sleep(self.rested.elapsed().min(LONGEST_REST)).await;
        self.rested = Instant::now();
    }
}

impl Change {
    /// How many tags and how many artifacts went.
    pub(in crate::content) async fn run(&self, txn: &db::Transaction, job: Held, bin: &Bin) -> Result<(u64, u64)> {
        let (repository, name) = match self {
            Self::Nothing => return Ok((0, 0)),
            Self::Tags(repository, name, _) | Self::Untagged(repository, name, _) => (*repository, name),
        };
        let held = match db::held::repository(txn, repository, name).await {
            Err(Error::RepositoryNotFound { .. }) => return Ok((0, 0)),
            held => held?,
        };
        // One that was deleted since stands under a path that is none.
        if !db::repositories::is_at(txn, repository, name.path().unwrap_or_default()).await? {
            return Ok((0, 0));
        }
        let event = |action: &'static str, what: String| {
            audit::Event::new(&Actor::system(), action, what).in_project(held.project)
        };
        match self {
            Self::Nothing => Ok((0, 0)),
            Self::Tags(_, _, judged) => {
                let judged: HashMap<&str, i64> = judged.iter().map(|(name, at)| (name.as_str(), *at)).collect();
                let names: Vec<&str> = judged.keys().copied().collect();
                let mut rows = db::tags::among(txn, repository, &names).await?;
                let protection = held.protection()?;
                let path = name.path().unwrap_or_default();
                rows.retain(|row| {
                    judged.get(row.name.as_str()) == Some(&row.pushed_at) && protection.of(path, &row.name).is_none()
                });
                if rows.is_empty() {
                    return Ok((0, 0));
                }
                rows.sort_by(|one, other| one.name.cmp(&other.name));
                let wrong = |_| Error::Inconsistent { table: "tags", column: "name", row: repository.0.to_string() };
                let tags: Vec<Tag> = rows.iter().map(|row| row.name.parse().map_err(wrong)).collect::<Result<_>>()?;
                let count = rows.len() as u64;
                let artifacts = delete_rows(txn, &held, rows, bin).await?;
                let event = event("tag.delete", artifact(name, tags.iter(), None));
                let details = json!({ "tags": tags, "count": count, "retention": job.id });
                audit::record(txn, &event.with(details), bin.now).await?;
                Ok((count, artifacts))
            }
            Self::Untagged(_, _, judged) => {
                let rows = db::retention::still_untagged(txn, judged).await?;
                if rows.is_empty() {
                    return Ok((0, 0));
                }
                let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
                let going = removal::closure_of_manifests(txn, repository, &ids).await?;
                let digests = rows.iter().map(|row| row.digest.as_str()).collect::<Vec<_>>().join(", ");
                let entry = bin.open(txn, &held, TrashKind::Artifacts, &digests).await?;
                removal::remove(txn, &held, &going, bin, entry).await?;
                for row in &rows {
                    let digest: Digest = db::manifests::parsed_digest(&row.digest, "manifests")?;
                    let event = event("manifest.delete", artifact(name, std::iter::empty::<Tag>(), Some(&digest)));
                    let details = json!({ "digest": digest, "retention": job.id });
                    audit::record(txn, &event.with(details), bin.now).await?;
                }
                Ok((0, going.len() as u64))
            }
        }
    }
}
