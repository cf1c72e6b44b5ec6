//! What retention would do, tag by tag, before it does anything.

use super::{super::kind, RetentionRules, Stored, judge};
use crate::{
    Actor, Error, Result,
    access::{RepositoryId, may},
    db::{self, from_micros},
    rules::{Judge, TagFacts, Window},
};
use api_types::{Fate, Page, RetentionPreview, RetentionVerdict};
use oci::{Digest, ProjectName};

/// Which part of it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewQuery {
    /// Where the page begins, as the page before says it; empty for the first.
    pub cursor: String,
    /// Only what goes.
    pub only_deletes: bool,
    /// Only what this rule keeps or would have go, as if it counted where it does not.
    pub rule: Option<i64>,
}

/// What is counted, and what is shown of it.
struct Shown {
    query: PreviewQuery,
    rows: Window<RetentionVerdict>,
    preview: RetentionPreview,
}

impl Shown {
    fn take(&mut self, path: &str, name: &str, times: (i64, Option<i64>), (is_tag, fate): (bool, Fate)) {
        let preview = &mut self.preview;
        match (is_tag, fate.goes()) {
            (true, true) => preview.deletes += 1,
            (true, false) => preview.keeps += 1,
            (false, _) => preview.untagged += u64::from(fate.goes()),
        }
        if (self.query.only_deletes && !fate.goes()) || self.query.rule.is_some_and(|rule| !speaks(&fate, rule)) {
            return;
        }
        self.rows.take(|| RetentionVerdict {
            repository: path.to_owned(),
            name: name.to_owned(),
            is_tag,
            pushed_at: from_micros(times.0),
            pulled_at: times.1.map(from_micros),
            fate,
        });
    }
}

fn speaks(fate: &Fate, rule: i64) -> bool {
    match fate {
        Fate::Kept { rule: by } => *by == rule,
        Fate::Goes { rules } => rules.contains(&rule),
        Fate::Untouched | Fate::Attached | Fate::Protected { .. } => false,
    }
}

impl RetentionRules {
    /// What the rules would do now with each tag of the repositories that they are about, and with artifacts without one, by
    /// repository, those that were pushed last first.
    ///
    /// All of it is judged for each page: what a tag's fate is depends on the others of its repository.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none; as [`crate::Access::project`] for retaining.
    pub async fn preview(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &PreviewQuery,
    ) -> Result<RetentionPreview> {
        let project = self.content.access.project(actor, project, may::Retain).await?;
        let rows = Window::at(&query.cursor)?;
        let reader = self.content.db.reader();
        let (judge, text) = judge(reader, project.id(), query.rule).await?.ok_or(Error::ProjectDeleted)?;
        let rules = Stored::read(&text, project.id())?.list.rules().to_vec();
        let preview = RetentionPreview { rules, page: Page::empty(), keeps: 0, deletes: 0, untagged: 0 };
        let mut shown = Shown { query: query.clone(), rows, preview };
        let now = self.content.now();
        let mut next = Some(0);
        while let Some(after) = next {
            let (repositories, rest) = db::retention::repositories(reader, project.id(), after).await?;
            next = rest;
            for (id, path) in &repositories {
                if judge.is_about(path) {
                    let Judged { tags, fates, untagged } = Judged::of(reader, &judge, (*id, path), now).await?;
                    for (tag, fate) in tags.iter().zip(fates) {
                        shown.take(path, &tag.name, (tag.pushed_at, tag.pulled_at), (true, fate));
                    }
                    for (artifact, fate) in untagged {
                        let times = (artifact.pushed_at, artifact.pulled_at);
                        shown.take(path, &artifact.digest, times, (false, fate));
                    }
                }
            }
        }
        let Shown { rows, preview, .. } = shown;
        Ok(RetentionPreview { page: rows.page(), ..preview })
    }
}

/// A repository's tags with what becomes of them, and its artifacts without one that have to be asked about.
pub(super) struct Judged {
    pub(super) tags: Vec<TagFacts>,
    pub(super) fates: Vec<Fate>,
    pub(super) untagged: Vec<(db::retention::Untagged, Fate)>,
}

impl Judged {
    pub(super) async fn of(
        connection: &impl db::Connection,
        judge: &Judge,
        (repository, path): (RepositoryId, &str),
        now: i64,
    ) -> Result<Self> {
        let mut tags = db::retention::tags(connection, repository).await?;
        mark_attached(connection, repository, &mut tags).await?;
        let fates = judge.tags(path, &tags, now);
        let untagged = match judge.untagged_before(path, now) {
            Some(before) => db::retention::untagged(connection, repository, before).await?,
            None => Vec::new(),
        };
        let judged = untagged.into_iter().map(|artifact| {
            let fate = judge.untagged(path, artifact.since, now);
            (artifact, fate)
        });
        Ok(Self { fates, untagged: judged.collect(), tags })
    }
}

/// Finds out which tags attach something to an image that is there.
async fn mark_attached(
    connection: &impl db::Connection,
    repository: RepositoryId,
    tags: &mut [TagFacts],
) -> Result<()> {
    let subject = |tag: &TagFacts| kind::cosign_subject(&tag.name.parse().ok()?);
    let subjects: Vec<(usize, Digest)> =
        tags.iter().enumerate().filter_map(|(at, tag)| Some((at, subject(tag)?))).collect();
    let digests: Vec<&str> = subjects.iter().map(|(_, digest)| digest.as_str()).collect();
    let there = db::retention::existing(connection, repository, &digests).await?;
    for (at, digest) in &subjects {
        tags[*at].attached = there.contains(digest.as_str());
    }
    Ok(())
}
