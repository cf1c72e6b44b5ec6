//! Following a project's rules: a job that any process takes up where another one left it.
//!
//! Repositories are judged one after the other, and what goes of one goes in steps of its own. Each step holds the repository and looks
//! once more: a tag that was pushed since it was judged stays, also one that was pulled where a rule asks for that, and so does what
//! is protected by now; where the rules have changed nothing goes, and the repository is judged again. What goes is deleted like anything
//! else, into the trash, with an event. Each step is committed together with the progress, by the holder of the job and nobody else.

use super::{
    super::{Content, removal, tags::delete_rows, trash::Bin},
    judge,
    preview::Judged,
};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, RepositoryId},
    audit::artifact,
    db::{
        self, audit,
        held::HeldRepository,
        jobs::{Held, Progress},
        retention::Times,
    },
};
use api_types::{JobEvent, JobReport, RetentionReport, TrashKind};
use oci::{Digest, RepositoryName, Tag};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Tags, or artifacts, that one transaction takes away at most, so that pushes do not wait for it.
const STEP: usize = 50;

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

/// What a step takes away from a repository, if the rules are still those by which it was judged.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(in crate::content) project: ProjectId,
    pub(in crate::content) repository: RepositoryId,
    pub(in crate::content) name: RepositoryName,
    pub(in crate::content) rules: Arc<str>,
    /// Whether the rules ask when a tag was pulled.
    pub(in crate::content) minds_pulls: bool,
    pub(in crate::content) goes: Goes,
}

/// What goes.
#[derive(Clone, Debug)]
pub(crate) enum Goes {
    /// These tags, if they were last pushed, and pulled where that matters, at these times.
    Tags(Vec<(String, Times)>),
    /// These artifacts, if they have had no tag since these times.
    Untagged(Vec<(i64, i64)>),
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
            let (repositories, next) = db::retention::repositories(reader, project, self.state.after).await?;
            for (id, path) in repositories {
                while !self.repository(project, &project_name, (id, &path)).await? {}
                self.state.after = id.0;
                self.state.report.repositories += 1;
                self.commit(None).await?;
            }
            if next.is_none() {
                return self.end().await;
            }
        }
    }

    /// Judges a repository and takes away what goes; `false` where the rules have changed meanwhile, and it is to be done again.
    async fn repository(
        &mut self,
        project: ProjectId,
        project_name: &str,
        (id, path): (RepositoryId, &str),
    ) -> Result<bool> {
        let reader = self.content.db.reader();
        let found = judge(reader, project, None).await?.filter(|(judge, _)| judge.is_about(path));
        let Some((judge, rules)) = found else { return Ok(true) };
        let now = self.content.now();
        let Judged { tags, fates, untagged } = Judged::of(reader, &judge, (id, path), now).await?;
        let going: Vec<_> = tags.iter().zip(&fates).filter(|(_, fate)| fate.goes()).map(|(tag, _)| tag).collect();
        let artifacts: Vec<(i64, i64)> = untagged
            .iter()
            .filter(|(_, fate)| fate.goes())
            .map(|(artifact, _)| (artifact.id, artifact.since))
            .collect();
        let kept = (tags.len() - going.len()) as u64;
        if self.order.dry_run {
            let report = &mut self.state.report;
            report.kept += kept;
            report.tags += going.len() as u64;
            report.artifacts += artifacts.len() as u64;
            return Ok(true);
        }
        let name: RepositoryName = format!("{project_name}/{path}").parse().map_err(|_| Error::Inconsistent {
            table: "repositories",
            column: "path",
            row: id.0.to_string(),
        })?;
        let tags = going.chunks(STEP).map(|step| {
            let tags = step.iter().map(|tag| (tag.name.clone(), (tag.pushed_at, tag.pulled_at)));
            Goes::Tags(tags.collect())
        });
        let artifacts = artifacts.chunks(STEP).map(|step| Goes::Untagged(step.to_vec()));
        let (rules, minds_pulls): (Arc<str>, _) = (rules.into(), judge.minds_pulls());
        for goes in tags.chain(artifacts) {
            let step =
                Step { project, repository: id, name: name.clone(), rules: Arc::clone(&rules), minds_pulls, goes };
            if !self.commit(Some(step)).await? {
                return Ok(false);
            }
            self.rest().await;
        }
        // Last, so that whoever goes on in the middle of a repository counts once.
        self.state.report.kept += kept;
        Ok(true)
    }

    /// Says in the log what came of it.
    async fn end(&self) -> Result<()> {
        let args = (self.held, self.state.report);
        let noted = self.content.db.write(args, |txn, (held, report)| {
            Box::pin(async move {
                db::jobs::advance(txn, *held, Progress::Same).await?;
                db::jobs::note(txn, held.id, JobEvent::Reached { report: JobReport::Retention(*report) }).await
            })
        });
        noted.await
    }

    /// Does a step and saves the progress with it, all or nothing; `false` where the rules have changed, and nothing was done.
    async fn commit(&mut self, step: Option<Step>) -> Result<bool> {
        let bin = Bin::new(&self.content, &Actor::system());
        let args = (self.held, self.state.clone(), step, bin);
        let done = self.content.db.write(args, |txn, (held, state, step, bin)| {
            Box::pin(async move {
                let mut state = state.clone();
                let mut advances = true;
                if let Some(step) = step {
                    let Some((tags, artifacts)) = step.run(txn, *held, bin).await? else { return Ok(None) };
                    state.report.tags += tags;
                    state.report.artifacts += artifacts;
                    advances = tags + artifacts > 0;
                }
                db::jobs::advance(txn, *held, Progress::at(&state.json()?, advances)).await?;
                Ok(Some(state))
            })
        });
        let Some(state) = done.await? else { return Ok(false) };
        self.state = state;
        Ok(true)
    }

    /// Rests as long as the last step took, so that half of the time is everybody else's.
    async fn rest(&mut self) {
        tokio::time::sleep(self.rested.elapsed().min(LONGEST_REST)).await;
        self.rested = Instant::now();
    }
}

impl Step {
    /// How many tags and how many artifacts went; `None` where the rules are others by now.
    pub(in crate::content) async fn run(
        &self,
        txn: &db::Transaction,
        job: Held,
        bin: &Bin,
    ) -> Result<Option<(u64, u64)>> {
        let held = match db::held::repository(txn, self.repository, &self.name).await {
            Err(Error::RepositoryNotFound { .. }) => return Ok(Some((0, 0))),
            held => held?,
        };
        let rules = db::retention::find(txn, self.project).await?;
        if rules.is_none_or(|(rules, _)| *rules != *self.rules) {
            return Ok(None);
        }
        match &self.goes {
            Goes::Tags(judged) => self.tags(txn, (&held, job), bin, judged).await,
            Goes::Untagged(judged) => self.untagged(txn, (&held, job), bin, judged).await,
        }
        .map(Some)
    }

    async fn tags(
        &self,
        txn: &db::Transaction,
        (held, job): (&HeldRepository, Held),
        bin: &Bin,
        judged: &[(String, Times)],
    ) -> Result<(u64, u64)> {
        let judged: HashMap<&str, Times> = judged.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        let names: Vec<&str> = judged.keys().copied().collect();
        let mut rows = db::tags::among(txn, self.repository, &names).await?;
        let times = db::retention::times(txn, self.repository, &names).await?;
        let is_as_judged = |name: &str| match (judged.get(name), times.get(name)) {
            (Some(judged), Some(now)) => judged.0 == now.0 && (!self.minds_pulls || judged.1 == now.1),
            _ => false,
        };
        let protection = held.protection()?;
        rows.retain(|row| {
            let name = row.name.as_str();
            is_as_judged(name) && protection.of(self.path(), name).is_none()
        });
        if rows.is_empty() {
            return Ok((0, 0));
        }
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        let wrong = |_| Error::Inconsistent { table: "tags", column: "name", row: self.repository.0.to_string() };
        let tags: Vec<Tag> = rows.iter().map(|row| row.name.parse().map_err(wrong)).collect::<Result<_>>()?;
        let count = rows.len() as u64;
        let artifacts = delete_rows(txn, held, rows, bin).await?;
        let event = self.event("tag.delete", artifact(&self.name, tags.iter(), None));
        let details = json!({ "tags": tags, "count": count, "retention": job.id });
        audit::record(txn, &event.with(details), bin.now).await?;
        Ok((count, artifacts))
    }

    async fn untagged(
        &self,
        txn: &db::Transaction,
        (held, job): (&HeldRepository, Held),
        bin: &Bin,
        judged: &[(i64, i64)],
    ) -> Result<(u64, u64)> {
        let ids: Vec<i64> = judged.iter().map(|(id, _)| *id).collect();
        let mut rows = db::retention::still_untagged(txn, &ids).await?;
        rows.retain(|row| judged.contains(&(row.id, row.since)));
        if rows.is_empty() {
            return Ok((0, 0));
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let going = removal::closure_of_manifests(txn, self.repository, &ids).await?;
        let digests = rows.iter().map(|row| row.digest.as_str()).collect::<Vec<_>>().join(", ");
        let entry = bin.open(txn, held, TrashKind::Artifacts, &digests).await?;
        removal::remove(txn, held, &going, bin, entry).await?;
        for row in &rows {
            let digest: Digest = db::manifests::parsed_digest(&row.digest, "manifests")?;
            let event = self.event("manifest.delete", artifact(&self.name, std::iter::empty::<Tag>(), Some(&digest)));
            let details = json!({ "digest": digest, "retention": job.id });
            audit::record(txn, &event.with(details), bin.now).await?;
        }
        Ok((0, going.len() as u64))
    }

    /// The part of the repository's name after the project's.
    fn path(&self) -> &str {
        self.name.path().unwrap_or_default()
    }

    fn event(&self, action: &'static str, what: String) -> audit::Event {
        audit::Event::new(&Actor::system(), action, what).in_project(self.project)
    }
}
