//! The trash: what was deleted is gone for clients at once, and comes back to the same digests until its time is over.
//!
//! Deleted tags and manifests leave their tables, so that nothing that serves clients has to know of the trash; they are put back
//! as if they were pushed again, by [`super::manifests::restore`]. What they name stays linked until then, and counts for the project
//! only as far as something else holds it, or once it is back. A deleted repository keeps all its rows under a path that is none.

mod several;

pub use several::Attempt;

use super::{Content, kind, manifests};
use crate::{
    Actor, Clock, Error, Result,
    access::may,
    db::{
        self,
        actors::ActorColumns,
        audit,
        held::HeldRepository,
        trash::{EntryRow, NewEntry},
    },
};
use api_types::{Restored, TRASH_PAGE, TrashEntry, TrashKind};
use oci::{ProjectName, Reference, RepositoryName, Tag};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// Entries past their time that one look takes.
const EMPTIED: u32 = 50;

/// The longest name of an entry.
const LONGEST_NAME: usize = 300;

/// The service of the trash.
#[derive(Clone, Debug)]
pub struct Trash {
    content: Content,
}

/// Where what is deleted goes: whose it was, and until when it is kept.
#[derive(Clone, Debug)]
pub(super) struct Bin {
    pub(super) by: ActorColumns,
    pub(super) now: i64,
    trash_time: Duration,
    clock: Arc<dyn Clock>,
}

impl Bin {
    pub(super) fn new(content: &Content, actor: &Actor) -> Self {
        let (now, trash_time, clock) = (content.now(), content.trash_time, Arc::clone(&content.clock));
        Self { by: ActorColumns::from(actor), now, trash_time, clock }
    }

    /// A new entry, where anything is kept.
    pub(super) async fn open(
        &self,
        txn: &db::Transaction,
        held: &HeldRepository,
        kind: TrashKind,
        name: &str,
    ) -> Result<Option<i64>> {
        if self.trash_time.is_zero() {
            return Ok(None);
        }
        // Whoever looks whether its time is over asks the same clock, and not this machine's.
        let now = db::sql::common_time(txn, &*self.clock).await?;
        let Some(expires_at) = kept_until(self.trash_time, now) else { return Ok(None) };
        let entry =
            NewEntry { kind, name: name.chars().take(LONGEST_NAME).collect(), by: self.by.clone(), now, expires_at };
        db::trash::open(txn, (held.project, held.id), &entry).await.map(Some)
    }
}

/// Until when what is deleted now can be restored; absent where nothing is kept.
pub(crate) fn kept_until(trash_time: Duration, now: i64) -> Option<i64> {
    let kept = i64::try_from(trash_time.as_micros()).unwrap_or(i64::MAX);
    (!trash_time.is_zero()).then(|| now.saturating_add(kept))
}

impl Trash {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// For how long what was deleted can be restored; zero where nothing is kept.
    pub fn time(&self) -> Duration {
        self.content.trash_time
    }

    /// What a project has in the trash, the newest first: [`TRASH_PAGE`] at a time, as in all lists here, from the one after `before` on.
    ///
    /// # Errors
    /// As [`crate::Access::project`] for deleting.
    pub async fn list(&self, actor: &Actor, project: &ProjectName, before: Option<i64>) -> Result<Vec<TrashEntry>> {
        let project = self.content.access.project(actor, project, may::Delete).await?;
        db::trash::list(self.content.db.reader(), project.id(), before, TRASH_PAGE).await
    }

    /// What all projects have in the trash, the newest first.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`].
    pub async fn list_all(&self, actor: &Actor, before: Option<i64>) -> Result<Vec<TrashEntry>> {
        self.content.access.administrator(actor).await?;
        let visibility = self.content.access.visibility(actor).await?;
        db::trash::list_visible(self.content.db.reader(), &visibility, before, TRASH_PAGE).await
    }

    /// Deleted projects that the actor can restore, the newest first: those that they were project admin of, and all for administrators.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] and [`Error::AccountNeeded`] for whoever is no person with all their rights.
    pub async fn list_projects(&self, actor: &Actor, before: Option<i64>) -> Result<Vec<TrashEntry>> {
        let access = &self.content.access;
        let person = access.creator(actor).await?;
        let administered_by = match access.administrator(actor).await {
            Ok(_) => None,
            Err(Error::AdministratorsOnly) => person,
            Err(error) => return Err(error),
        };
        let reader = self.content.db.reader();
        let now = self.content.common_time(reader).await?;
        db::trash::list_projects(reader, administered_by, now, before, TRASH_PAGE).await
    }

    /// Puts an entry back. Tags that point at something newer by now stay as they are.
    ///
    /// # Errors
    /// [`Error::TrashEntryNotFound`]; [`Error::RepositoryNameTaken`] and [`Error::ProjectExistsAgain`] where one was created under the
    /// name since;
    /// [`Error::RepositoryNotFound`] where the repository was deleted since, and [`Error::ManifestNotFound`] where the artifact was:
    /// restore that first; [`Error::ManifestReferenceUnknown`] where a client has deleted blobs of it for good;
    /// [`Error::RestoreExceedsQuota`] where the project has filled what it may hold since; as [`crate::Access::project`] for deleting.
    pub async fn restore(&self, actor: &Actor, id: i64) -> Result<Restored> {
        let entry = self.get(actor, id).await?;
        let event = audit::Event::new(actor, "trash.restore", entry.place())
            .in_project(entry.project)
            .with(serde_json::json!({ "what": entry.name }));
        let args = (id, ActorColumns::from(actor), event, self.content.clone());
        let restored = self.content.db.write(args, |txn, (id, by, event, content)| {
            Box::pin(async move {
                let (now, time) = (content.now(), content.common_time(txn).await?);
                let gone = || Error::TrashEntryNotFound { id: *id };
                let entry = db::trash::find(txn, *id, time).await?.ok_or_else(gone)?;
                hold(txn, &entry).await?;
                // One of two who restore it at once is late.
                let entry = db::trash::find(txn, *id, time).await?.ok_or_else(gone)?;
                let restored = match entry.repository {
                    Some(repository) => {
                        let name = repository_of(&entry)?;
                        let held = db::held::whole_repository(txn, repository, &name).await?;
                        restore(txn, &entry, (&held, name), by, now).await.map_err(restoring)?
                    }
                    None => restore_project(txn, &entry).await?,
                };
                db::trash::remove(txn, *id).await?;
                audit::record(txn, event, now).await?;
                Ok(restored)
            })
        });
        let restored = restored.await?;
        self.content.access.forget();
        Ok(restored)
    }

    /// Lets an entry go before its time; collection frees what nothing else names.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::TrashEntryNotFound`]; [`Error::TagProtected`] where a rule that was made since protects
    /// a tag of it: that one goes when its time is over, and no sooner.
    pub async fn delete_now(&self, actor: &Actor, id: i64) -> Result<()> {
        self.content.access.administrator(actor).await?;
        let entry = self.get(actor, id).await?;
        if self.purge(actor, entry, true).await? { Ok(()) } else { Err(Error::TrashEntryNotFound { id }) }
    }

    /// Lets an entry go; `false` if it is gone. Before its time a rule may be in the way.
    async fn purge(&self, actor: &Actor, entry: EntryRow, early: bool) -> Result<bool> {
        let event = audit::Event::new(actor, "trash.delete", entry.place())
            .in_project(entry.project)
            .with(serde_json::json!({ "what": entry.name }));
        let args = (entry, early, event, self.content.clone());
        let purged = self.content.db.write(args, |txn, (entry, early, event, content)| {
            Box::pin(async move {
                if *early {
                    db::protection::refuse_end(txn, entry, content.common_time(txn).await?).await?;
                }
                let gone = let_go(txn, entry).await?;
                if gone {
                    audit::record(txn, event, content.now()).await?;
                }
                Ok(gone)
            })
        });
        purged.await
    }

    /// Lets go of what is past its time.
    pub(crate) async fn sweep(&self) -> Result<()> {
        loop {
            let reader = self.content.db.reader();
            let expired = db::trash::expired(reader, self.content.common_time(reader).await?, EMPTIED).await?;
            let full = expired.len() == EMPTIED as usize;
            for entry in expired {
                self.purge(&Actor::system(), entry, false).await?;
            }
            if !full {
                return Ok(());
            }
        }
    }

    async fn get(&self, actor: &Actor, id: i64) -> Result<EntryRow> {
        let gone = || Error::TrashEntryNotFound { id };
        let reader = self.content.db.reader();
        let found = db::trash::find(reader, id, self.content.common_time(reader).await?).await?;
        let entry = found.ok_or_else(gone)?;
        if entry.kind == TrashKind::Project {
            // Whoever could have deleted it can bring it back.
            let may = self.content.access.may_in(actor, entry.project, may::Administer).await?;
            return if may { Ok(entry) } else { Err(gone()) };
        }
        let project: ProjectName = entry.project_name.parse().map_err(|_| gone())?;
        match self.content.access.project(actor, &project, may::Delete).await {
            Ok(project) if project.id() == entry.project => Ok(entry),
            Ok(_) | Err(Error::ProjectNotFound { .. }) => Err(gone()),
            Err(error) => Err(error),
        }
    }
}

/// Holds what an entry is of.
async fn hold(txn: &db::Transaction, entry: &EntryRow) -> Result<()> {
    match entry.repository {
        Some(repository) => db::locks::whole_repository(txn, repository).await,
        None => db::locks::whole_project(txn, entry.project).await,
    }
}

/// Removes an entry, and of a repository all that is in it. A project is emptied by [`crate::projects::Projects::sweep`].
async fn let_go(txn: &db::Transaction, entry: &EntryRow) -> Result<bool> {
    hold(txn, entry).await?;
    let gone = db::trash::remove(txn, entry.id).await?;
    if let Some(repository) = entry.repository.filter(|_| gone && entry.kind == TrashKind::Repository) {
        db::repositories::delete(txn, entry.project, repository).await?;
    }
    if gone && entry.kind == TrashKind::Project {
        db::projects::forsake(txn, entry.project).await?;
    }
    Ok(gone)
}

/// What its repository was called.
fn repository_of(entry: &EntryRow) -> Result<RepositoryName> {
    let wrong = |_| Error::Inconsistent { table: "trash", column: "path", row: entry.id.to_string() };
    entry.place().parse().map_err(wrong)
}

/// What the quota refuses to whoever restores something: nothing of theirs is pushed.
fn restoring(error: Error) -> Error {
    match error {
        Error::QuotaExceeded { project, used, allowed, needed } => {
            Error::RestoreExceedsQuota { project, used, allowed, needed }
        }
        error => error,
    }
}

async fn restore_project(txn: &db::Transaction, entry: &EntryRow) -> Result<Restored> {
    if !db::trash::show_project(txn, entry).await? {
        return Err(Error::ProjectExistsAgain { name: entry.project_name.clone() });
    }
    Ok(Restored { repository: entry.project_name.clone(), ..Restored::default() })
}

async fn restore(
    txn: &db::Transaction,
    entry: &EntryRow,
    (held, name): (&HeldRepository, RepositoryName),
    by: &ActorColumns,
    now: i64,
) -> Result<Restored> {
    let repository = held.id;
    let mut restored = Restored { repository: name.to_string(), ..Restored::default() };
    if entry.kind == TrashKind::Repository {
        if !db::trash::show_repository(txn, (entry, repository), now).await? {
            return Err(Error::RepositoryNameTaken { name });
        }
        db::quotas::count_whole(txn, entry.project, repository).await?;
        return Ok(restored);
    }
    if !db::repositories::is_at(txn, repository, &entry.path).await? {
        return Err(Error::RepositoryNotFound { name });
    }
    let digests = db::trash::digests(txn, entry.id).await?;
    restored.artifacts = digests.len() as u64;
    let revived = restore_manifests(txn, entry, &name, digests, now).await?;
    db::trash::restore_labels(txn, (entry, repository), now).await?;
    let mut new = 0;
    for (text, digest) in db::trash::tags(txn, entry.id).await? {
        let wrong = |_| Error::Inconsistent { table: "trash_tags", column: "name", row: entry.id.to_string() };
        let tag: Tag = text.parse().map_err(wrong)?;
        if let Some(there) = db::tags::find(txn, repository, &text).await? {
            // One that points there already was pushed since, and not by whoever restores it.
            let names = if there.digest == digest { &mut restored.tags } else { &mut restored.kept };
            names.push(text);
            continue;
        }
        let Some(manifest) = db::manifests::find_id(txn, repository, &digest).await? else {
            let reference: Reference = digest.parse().map_err(|_| Error::Inconsistent {
                table: "trash_tags",
                column: "digest",
                row: entry.id.to_string(),
            })?;
            return Err(Error::ManifestNotFound { name, reference });
        };
        new += i64::from(db::tags::put(txn, held, &tag, (manifest, &digest), by, now).await?);
        if let Some(subject) = kind::cosign_subject(&tag) {
            manifests::refresh(txn, repository, &subject).await?;
        }
        restored.tags.push(text);
    }
    db::repositories::count(txn, repository, new, 0).await?;
    db::quotas::count_again(txn, (entry.project, repository), &revived).await?;
    Ok(restored)
}

/// Stores an entry's manifests again, children before the indexes that name them; the blobs that count again. Each is tried twice at
/// most, however deep they are nested: as it comes, and once all that it missed is back.
async fn restore_manifests(
    txn: &db::Transaction,
    entry: &EntryRow,
    name: &RepositoryName,
    digests: Vec<String>,
    now: i64,
) -> Result<Vec<i64>> {
    let mut revived = Vec::new();
    let mut pending: HashSet<String> = digests.iter().cloned().collect();
    let mut next = digests;
    while let Some(digest) = next.pop() {
        if !pending.contains(&digest) {
            continue;
        }
        let manifest = db::trash::get_manifest(txn, entry.id, &digest).await?;
        match manifests::restore(txn, entry.project, name, &manifest, now).await {
            Ok(blobs) => {
                revived.extend(blobs);
                pending.remove(&digest);
            }
            Err(Error::ManifestReferenceUnknown { missing, .. })
                if missing.iter().all(|child| pending.contains(child.as_str())) =>
            {
                next.push(digest);
                next.extend(missing.iter().map(ToString::to_string));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(revived)
}
