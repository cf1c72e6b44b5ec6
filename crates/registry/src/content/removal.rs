//! Taking manifests away: which ones go when their tags go, what that frees, and the doing.

use super::{kind, manifests::refresh, trash::Bin};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
    db::{self, held::HeldRepository, references::NamedBlob, tags::TagRow},
    rules::Protection,
};
use api_types::DeletionPreview;
use oci::Digest;
use std::collections::{HashMap, HashSet};

/// Protected tags that a preview names.
const PROTECTED: usize = 10;

/// Manifests that nothing else holds once these tags (and nothing but them) are gone: those that lose their last tag and that no
/// index and no subject keeps, then what only those kept: their children and referrers, and so on.
pub(super) async fn closure(
    connection: &impl db::Connection,
    repository: RepositoryId,
    tags: &[TagRow],
) -> Result<Vec<i64>> {
    let going: HashSet<i64> = tags.iter().map(|tag| tag.id).collect();
    let start: Vec<i64> = distinct(tags.iter().map(|tag| tag.manifest));
    reach(connection, repository, start, &going, false).await
}

/// What goes when these manifests are deleted with all their tags.
pub(super) async fn closure_of_manifests(
    connection: &impl db::Connection,
    repository: RepositoryId,
    manifests: &[i64],
) -> Result<Vec<i64>> {
    let tags = db::tags::of_manifests(connection, manifests).await?;
    let going = tags.iter().map(|tag| tag.id).collect();
    reach(connection, repository, manifests.to_vec(), &going, true).await
}

/// Goes down from `start` over all children and referrers, then takes out what something outside holds, until nothing
/// changes.
async fn reach(
    connection: &impl db::Connection,
    repository: RepositoryId,
    start: Vec<i64>,
    going: &HashSet<i64>,
    start_goes: bool,
) -> Result<Vec<i64>> {
    let fixed: HashSet<i64> = if start_goes { start.iter().copied().collect() } else { HashSet::new() };
    let mut all: Vec<i64> = Vec::new();
    let mut subjects: HashMap<i64, i64> = HashMap::new();
    let mut parents: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut seen: HashSet<i64> = HashSet::new();
    let mut layer = start;
    while !layer.is_empty() {
        layer.retain(|id| seen.insert(*id));
        all.extend(&layer);
        let mut next = db::references::children(connection, &layer).await?;
        for (referrer, subject) in db::referrers::of_manifests(connection, repository, &layer).await? {
            subjects.insert(referrer, subject);
            next.push(referrer);
        }
        layer = next;
    }
    for (child, parent) in db::references::parents(connection, &all).await? {
        parents.entry(child).or_default().push(parent);
    }
    for (referrer, subject) in db::referrers::subjects_of(connection, repository, &all).await? {
        subjects.insert(referrer, subject);
    }
    let tagged: HashSet<i64> = db::tags::of_manifests(connection, &all)
        .await?
        .into_iter()
        .filter(|tag| !going.contains(&tag.id))
        .map(|tag| tag.manifest)
        .collect();
    let mut set: HashSet<i64> = all.iter().copied().collect();
    loop {
        let held = |id: &i64| {
            tagged.contains(id)
                || parents.get(id).is_some_and(|parents| parents.iter().any(|parent| !set.contains(parent)))
                || subjects.get(id).is_some_and(|subject| !set.contains(subject))
        };
        let kept: Vec<i64> = set.iter().copied().filter(|id| !fixed.contains(id) && held(id)).collect();
        if kept.is_empty() {
            break;
        }
        for id in kept {
            set.remove(&id);
        }
    }
    all.retain(|id| set.contains(id));
    Ok(all)
}

/// Removes manifests with their tags into an entry of the trash, where there is one; keeps the counts, and tells those that they were
/// attached to or part of.
///
/// # Errors
/// [`crate::Error::TagProtected`] where a protected tag points at one of them, or at an index that names one.
pub(super) async fn remove(
    txn: &db::Transaction,
    held: &HeldRepository,
    manifests: &[i64],
    bin: &Bin,
    entry: Option<i64>,
) -> Result<()> {
    let repository = held.id;
    held.refuse(needed_by(txn, &held.protection()?, manifests).await?.iter().map(String::as_str))?;
    let tags = db::tags::of_manifests(txn, manifests).await?;
    let children = db::references::children(txn, manifests).await?;
    let mut subjects: HashSet<Digest> = db::referrers::subject_digests(txn, manifests).await?;
    subjects.extend(tags.iter().filter_map(|tag| kind::cosign_subject(&tag.name.parse().ok()?)));
    if let Some(entry) = entry {
        db::trash::keep_manifests(txn, entry, manifests).await?;
        db::trash::keep_tags(txn, entry, &tags).await?;
    }
    db::tags::delete(txn, held, &tags, &bin.by, bin.now).await?;
    let mut gone = 0;
    for manifest in manifests {
        gone += i64::from(db::manifests::delete(txn, *manifest).await?);
    }
    db::manifests::unmark_children(txn, &children).await?;
    let tags = i64::try_from(tags.len()).unwrap_or(i64::MAX);
    db::repositories::count(txn, repository, -tags, -gone).await?;
    for subject in subjects {
        refresh(txn, repository, &subject).await?;
    }
    Ok(())
}

/// Tags that need these manifests, of which none will do without, where any tag is protected: those that point at them, and at
/// indexes that name them.
pub(super) async fn needed_by(
    connection: &impl db::Connection,
    protection: &Protection,
    manifests: &[i64],
) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if protection.is_empty() {
        return Ok(names);
    }
    let mut seen: HashSet<i64> = manifests.iter().copied().collect();
    let mut layer = manifests.to_vec();
    while !layer.is_empty() {
        names.extend(db::tags::of_manifests(connection, &layer).await?.into_iter().map(|tag| tag.name));
        let parents = db::references::parents(connection, &layer).await?;
        layer = parents.into_iter().map(|(_, parent)| parent).filter(|parent| seen.insert(*parent)).collect();
    }
    Ok(names)
}

/// Of these tags, the first ones that are protected, as a preview tells them.
pub(super) fn protected(protection: &Protection, path: &str, mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| protection.of(path, name).is_some());
    names.sort_unstable();
    names.dedup();
    names.truncate(PROTECTED);
    names
}

/// What removing these manifests and tags would do, but for what protects them.
pub(super) async fn preview(
    connection: &impl db::Connection,
    project: ProjectId,
    tags: &HashSet<i64>,
    manifests: &[i64],
) -> Result<DeletionPreview> {
    let blobs = merged(db::references::blobs(connection, manifests).await?);
    let ids: Vec<i64> = blobs.keys().copied().collect();
    // Once one more than ours names a blob, it stays.
    let most = blobs.values().map(|blob| blob.manifests).max().unwrap_or_default() + 1;
    let naming: HashMap<i64, u64> =
        db::references::naming_counts(connection, project, &ids, most).await?.into_iter().collect();
    let only_here = |blob: &&NamedBlob| naming.get(&blob.id).is_none_or(|count| *count <= blob.manifests);
    let frees = blobs.values().filter(only_here).fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
    let layers: Vec<i64> = blobs.values().filter(|blob| blob.is_layer).map(|blob| blob.id).collect();
    let except: Vec<i64> = tags.iter().copied().collect();
    Ok(DeletionPreview {
        tags: tags.len() as u64,
        artifacts: manifests.len() as u64,
        frees,
        sharing_tags: db::references::sharing_tags(connection, project, &layers, &except).await?,
        protected: Vec::new(),
    })
}

/// Each blob once.
fn merged(named: Vec<NamedBlob>) -> HashMap<i64, NamedBlob> {
    let mut blobs: HashMap<i64, NamedBlob> = HashMap::with_capacity(named.len());
    for blob in named {
        let sum = blobs.entry(blob.id).or_insert(NamedBlob { manifests: 0, ..blob });
        sum.manifests += blob.manifests;
        sum.is_layer |= blob.is_layer;
    }
    blobs
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(*id)).collect()
}
