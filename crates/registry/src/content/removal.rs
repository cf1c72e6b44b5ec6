//! Taking manifests away: which ones go when their tags go, what that frees, and the doing.

use super::{graph::Graph, kind, manifests::refresh, trash::Bin};
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

/// What goes of all that hangs on `start`.
async fn reach(
    connection: &impl db::Connection,
    repository: RepositoryId,
    start: Vec<i64>,
    going: &HashSet<i64>,
    start_goes: bool,
) -> Result<Vec<i64>> {
    let graph = Graph::around(connection, repository, start.clone()).await?;
    Ok(graph.closure(&start, going, start_goes))
}

/// Removes manifests with their tags into an entry of the trash, where there is one; releases what nothing else names, keeps the
/// counts, and tells those that they were attached to or part of.
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
    let children = db::references::children(txn, manifests, None).await?;
    let blobs = db::references::blob_ids(txn, manifests).await?;
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
    db::released::release(txn, repository, &blobs).await?;
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

/// What removing these manifests and tags would do, but for what protects them. It frees what no other manifest of the project
/// names and nothing in its trash keeps, once what is removed leaves the trash itself and collection has run. What other projects
/// hold too is looked for where the actor may know of it: `tells_of_others`.
pub(super) async fn preview(
    connection: &impl db::Connection,
    project: ProjectId,
    (tags, manifests): (&HashSet<i64>, &[i64]),
    tells_of_others: bool,
) -> Result<DeletionPreview> {
    let blobs = merged(db::references::blobs(connection, manifests).await?);
    let ids: Vec<i64> = blobs.keys().copied().collect();
    // Once one more than ours names a blob, it stays.
    let most = blobs.values().map(|blob| blob.manifests).max().unwrap_or_default() + 1;
    let holders = db::storage::who_holds(connection, project, &ids, most).await?;
    let (mut frees, mut elsewhere) = (0_u64, 0_u64);
    for blob in blobs.values() {
        let held = holders.get(&blob.id).copied().unwrap_or_default();
        if held.only_by(blob.manifests) {
            frees = frees.saturating_add(blob.size);
            elsewhere = elsewhere.saturating_add(if tells_of_others && held.elsewhere { blob.size } else { 0 });
        }
    }
    let layers: Vec<i64> = blobs.values().filter(|blob| blob.is_layer).map(|blob| blob.id).collect();
    let except: Vec<i64> = tags.iter().copied().collect();
    Ok(DeletionPreview {
        tags: tags.len() as u64,
        artifacts: manifests.len() as u64,
        frees,
        elsewhere,
        sharing_tags: db::references::sharing_tags(connection, project, &layers, &except).await?,
        protected: Vec::new(),
    })
}

/// What a tag holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Bytes of the distinct blobs that it names, through children too.
    pub(super) held: u64,
    /// Bytes that deleting it alone would free.
    pub(super) own: u64,
}

/// What each of these tags holds.
pub(super) async fn weights(
    connection: &impl db::Connection,
    (project, repository): (ProjectId, RepositoryId),
    tags: &[TagRow],
) -> Result<Vec<Weight>> {
    let graph = Graph::around(connection, repository, distinct(tags.iter().map(|tag| tag.manifest))).await?;
    let trees: Vec<(HashSet<i64>, HashSet<i64>)> = tags
        .iter()
        .map(|tag| {
            let goes = graph.closure(&[tag.manifest], &HashSet::from([tag.id]), false);
            let tree = graph.below(&[tag.manifest], false);
            (tree.into_iter().chain(goes.iter().copied()).collect(), goes.into_iter().collect())
        })
        .collect();
    let all: HashSet<i64> = trees.iter().flat_map(|(tree, _)| tree.iter().copied()).collect();
    let mut named: HashMap<i64, Vec<(i64, u64)>> = HashMap::new();
    for (manifest, blob, size) in db::storage::named(connection, &all.into_iter().collect::<Vec<_>>()).await? {
        named.entry(manifest).or_default().push((blob, size));
    }
    // Of each tag its blobs: how large, and by how many of the manifests that would go they are named.
    let blobs: Vec<HashMap<i64, (u64, u64)>> = trees
        .iter()
        .map(|(tree, goes)| {
            let mut blobs: HashMap<i64, (u64, u64)> = HashMap::new();
            for manifest in tree {
                for (blob, size) in named.get(manifest).into_iter().flatten() {
                    blobs.entry(*blob).or_insert((*size, 0)).1 += u64::from(goes.contains(manifest));
                }
            }
            blobs
        })
        .collect();
    let ids: HashSet<i64> = blobs.iter().flat_map(|blobs| blobs.keys().copied()).collect();
    let most = blobs.iter().flat_map(HashMap::values).map(|(_, named)| *named).max().unwrap_or_default() + 1;
    let holders = db::storage::who_holds(connection, project, &ids.into_iter().collect::<Vec<_>>(), most).await?;
    let weigh = |blobs: HashMap<i64, (u64, u64)>| {
        let mut weight = Weight::default();
        for (id, (size, named)) in blobs {
            weight.held += size;
            if named > 0 && holders.get(&id).is_some_and(|held| held.only_by(named)) {
                weight.own += size;
            }
        }
        weight
    };
    Ok(blobs.into_iter().map(weigh).collect())
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
