//! What was found, and what follows from it: quarantine, or something that is put right.

use super::{DAMAGED, Verdict};
use crate::{
    Result,
    access::RepositoryId,
    db::{
        self,
        damages::{Hit, NewDamage},
        fsck::{BlobRow, LostTag, Orphans, StrayTag},
        fsck_manifests::{Description, ManifestRow, NamedRow, TrashedRow},
        recount::Summed,
        references::{NewReference, ReferenceKind},
    },
};
use api_types::DamageKind;
use blobstore::Location;

/// Something that was found; see [`Finding::settle`].
#[derive(Debug)]
pub(super) enum Finding {
    /// A blob's object is not what was stored under this digest. `has_place`: its location may have an object. `hits`: who needs it.
    Blob { row: BlobRow, digest: String, kind: DamageKind, has_place: bool, hits: Vec<Hit> },
    /// A blob's object is, with this size, and its row says otherwise. `hits`: who needs it.
    BlobWhole { row: BlobRow, digest: String, size: u64, hits: Vec<Hit> },
    /// An object that no row speaks of.
    Unnamed { location: Location },
    /// An object that no row spoke of is that of a blob in quarantine.
    Reunited { row: BlobRow, location: String, unnamed: i64 },
    /// A manifest's content is not what it was.
    Manifest(ManifestRow),
    /// A manifest's row says something else of its content than is in it.
    Described { row: ManifestRow, description: Description },
    /// A manifest was damaged and is whole.
    ManifestWhole(ManifestRow),
    /// What rows say that a manifest names is not what it names, or not there.
    Names(Broken),
    /// A manifest in the trash is not what it was.
    Trashed(TrashedRow),
    /// A tag leads to no manifest.
    Tag(LostTag),
    /// A tag is not where its last move led.
    Stray(StrayTag),
    /// A manifest is gone, and rows still say what it named.
    References(Orphans),
    /// A blob is gone, and rows still link it.
    Links(Orphans),
    /// What is kept of a sum of this one is not what a recount gives.
    Sum(Summed, i64),
}

/// A manifest with what it names, by its content and by its rows.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) row: ManifestRow,
    pub(super) wanted: Vec<Wanted>,
    pub(super) named: Vec<NamedRow>,
    /// Blobs whose rows have another digest than the manifest names, with that and what their objects are.
    pub(super) misnamed: Vec<(BlobRow, String, Verdict)>,
}

/// Something that a manifest names, by its content.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) kind: ReferenceKind,
    pub(super) digest: String,
    pub(super) size: u64,
    /// Whether the repository must have it.
    pub(super) must: bool,
}

impl Finding {
    /// Does what follows; what there is to tell of it. Nothing, where somebody was quicker.
    pub(super) async fn settle(&self, txn: &db::Transaction, now: i64) -> Result<Vec<NewDamage>> {
        let one = |found: Option<NewDamage>| found.into_iter().collect();
        Ok(match self {
            Self::Blob { row, digest, kind, has_place, hits } => {
                one(blob(txn, row, digest, (*kind, *has_place), hits).await?)
            }
            Self::BlobWhole { row, digest, size, hits } => one(whole(txn, row, digest, *size, hits).await?),
            Self::Unnamed { location } => one(Some(plain(DamageKind::Unnamed, location.to_string(), None))),
            Self::Reunited { row, location, unnamed } => {
                if !db::fsck::reunite(txn, row.id, location).await? {
                    return Ok(Vec::new());
                }
                db::damages::remove(txn, *unnamed).await?;
                one(Some(NewDamage::of_blob(txn, DamageKind::Mended, row.id, &row.digest).await?))
            }
            Self::Manifest(row) => one(manifest(txn, row, DamageKind::ManifestChanged).await?),
            Self::Described { row, description } => {
                let described = db::fsck_manifests::describe(txn, row.id, description).await?;
                one(if described { Some(NewDamage::of_manifest(txn, DamageKind::Mended, row).await?) } else { None })
            }
            Self::ManifestWhole(row) => one(unmark(txn, row).await?),
            Self::Names(broken) => broken.settle(txn, now).await?,
            Self::Trashed(row) => {
                let hit = Hit { name: row.repository.clone(), ..Hit::default() };
                one(Some(plain(DamageKind::ManifestChanged, row.digest.clone(), Some(hit))))
            }
            Self::Tag(tag) => one(Some(of_tag(DamageKind::TagLost, tag))),
            Self::Stray(seen) => one(stray(txn, seen).await?),
            Self::References(orphans) => {
                let forgotten = db::fsck::forget_references(txn, orphans.id).await?;
                let kind = if forgotten { DamageKind::Mended } else { DamageKind::RowLost };
                one(Some(lost(kind, "manifests", orphans)))
            }
            Self::Links(orphans) => one(Some(lost(DamageKind::RowLost, "blobs", orphans))),
            Self::Sum(what, id) => one(sum(txn, *what, *id).await?),
        })
    }
}

fn plain(kind: DamageKind, subject: String, hit: Option<Hit>) -> NewDamage {
    NewDamage { kind, subject, blob: None, manifest: None, hits: hit.into_iter().collect() }
}

fn of_blob(kind: DamageKind, row: &BlobRow, digest: &str, hits: &[Hit]) -> NewDamage {
    NewDamage { kind, subject: digest.to_owned(), blob: Some(row.id), manifest: None, hits: hits.to_vec() }
}

fn of_tag(kind: DamageKind, tag: &LostTag) -> NewDamage {
    let hit = Hit {
        repository: Some(tag.repository),
        name: tag.repository_name.clone(),
        tags: vec![tag.name.clone()],
        tag_count: 1,
    };
    plain(kind, tag.name.clone(), Some(hit))
}

/// Only told: what is lost may as well be a later move, and the tag be where that one led.
async fn stray(txn: &db::Transaction, seen: &StrayTag) -> Result<Option<NewDamage>> {
    db::locks::repository(txn, RepositoryId(seen.tag.repository)).await?;
    // Whoever moved or deleted it since was quicker.
    let stray = db::fsck::stray_tags(txn, seen.event - 1, seen.event).await?.pop();
    Ok(stray.map(|stray| of_tag(if stray.is_there { DamageKind::TagMoved } else { DamageKind::TagLost }, &stray.tag)))
}

fn lost(kind: DamageKind, table: &str, orphans: &Orphans) -> NewDamage {
    let hit = Hit { repository: Some(orphans.repository), name: orphans.repository_name.clone(), ..Hit::default() };
    plain(kind, format!("{table} {}", orphans.id), Some(hit))
}

async fn blob(
    txn: &db::Transaction,
    row: &BlobRow,
    digest: &str,
    (kind, has_place): (DamageKind, bool),
    hits: &[Hit],
) -> Result<Option<NewDamage>> {
    // Before the row, as collection takes them.
    db::backups::hold(txn).await?;
    if !db::fsck::quarantine(txn, row, digest).await? && !is_quarantined(txn, row, digest).await? {
        return Ok(None);
    }
    // What nothing links nobody misses, unless it is kept for the sake of a backup.
    let gone = hits.is_empty() && db::collection::forsake(txn, row, has_place).await?;
    Ok((!gone).then(|| of_blob(kind, row, digest, hits)))
}

/// Whether somebody was quicker who found the same: a pull does, beside a check.
async fn is_quarantined(txn: &db::Transaction, seen: &BlobRow, digest: &str) -> Result<bool> {
    let now = db::fsck::find_blob(txn, seen.id).await?;
    Ok(now.is_some_and(|now| now.state == DAMAGED && now.location == seen.location && now.digest == digest))
}

async fn whole(
    txn: &db::Transaction,
    row: &BlobRow,
    digest: &str,
    size: u64,
    hits: &[Hit],
) -> Result<Option<NewDamage>> {
    let released = db::fsck::release(txn, row, digest, size).await?;
    Ok(released.then(|| of_blob(DamageKind::Mended, row, digest, hits)))
}

async fn manifest(txn: &db::Transaction, row: &ManifestRow, kind: DamageKind) -> Result<Option<NewDamage>> {
    if !db::fsck_manifests::mark(txn, row, true).await? && !db::fsck_manifests::is_there(txn, row).await? {
        return Ok(None);
    }
    Ok(Some(NewDamage::of_manifest(txn, kind, row).await?))
}

async fn unmark(txn: &db::Transaction, row: &ManifestRow) -> Result<Option<NewDamage>> {
    if !db::fsck_manifests::mark(txn, row, false).await? {
        return Ok(None);
    }
    Ok(Some(NewDamage::of_manifest(txn, DamageKind::Mended, row).await?))
}

async fn sum(txn: &db::Transaction, what: Summed, id: i64) -> Result<Option<NewDamage>> {
    if !db::recount::mend(txn, what, id).await? {
        return Ok(None);
    }
    let name = db::recount::name(txn, what, id).await?;
    Ok(Some(match what {
        Summed::Blob => NewDamage::of_blob(txn, DamageKind::Mended, id, &name).await?,
        Summed::Repository => {
            let hit = Hit { repository: Some(id), name: name.clone(), ..Hit::default() };
            plain(DamageKind::Mended, name, Some(hit))
        }
        Summed::Project => plain(DamageKind::Mended, name, None),
    }))
}

impl Broken {
    /// The manifest's bytes have its digest, so what it names is certain. Rows are made to say that as far as what they speak of
    /// is there; a blob whose row is gone gets it back, in quarantine.
    async fn settle(&self, txn: &db::Transaction, now: i64) -> Result<Vec<NewDamage>> {
        let repository = self.row.repository;
        db::locks::repository(txn, RepositoryId(repository)).await?;
        if !db::fsck_manifests::is_there(txn, &self.row).await? {
            return Ok(Vec::new());
        }
        let mut told = Vec::new();
        for (row, digest, verdict) in &self.misnamed {
            let hits = db::damages::hit_by_blob(txn, row.id).await?;
            told.extend(match verdict {
                Verdict::Whole(size) => whole(txn, row, digest, *size, &hits).await?,
                Verdict::Damaged(kind) => blob(txn, row, digest, (*kind, true), &hits).await?,
            });
        }
        for named in &self.named {
            let Some((blob, wanted)) = named.blob.zip(self.wanted_at(named.position)) else { continue };
            let (digest, size) = (wanted.digest.as_str(), wanted.size);
            if named.blob_digest.is_none() && db::fsck::revive(txn, blob, digest, size, now).await? {
                told.push(NewDamage::of_blob(txn, DamageKind::Missing, blob, digest).await?);
            }
            if !named.linked && db::fsck::relink(txn, repository, blob, now).await? {
                told.push(NewDamage::of_blob(txn, DamageKind::Mended, blob, digest).await?);
            }
        }
        match self.resolve(txn).await? {
            None => told.extend(manifest(txn, &self.row, DamageKind::ManifestIncomplete).await?),
            Some(references) => {
                if !self.says(&references) {
                    db::references::replace(txn, RepositoryId(repository), self.row.id, &references).await?;
                    told.push(NewDamage::of_manifest(txn, DamageKind::Mended, &self.row).await?);
                }
                if self.row.damaged {
                    told.extend(unmark(txn, &self.row).await?);
                }
            }
        }
        Ok(told)
    }

    fn wanted_at(&self, position: i64) -> Option<&Wanted> {
        self.wanted.get(usize::try_from(position).ok()?)
    }

    /// What the rows should be; `None` where something is not there that has to be.
    async fn resolve(&self, txn: &db::Transaction) -> Result<Option<Vec<NewReference>>> {
        let repository = self.row.repository;
        let mut references = Vec::with_capacity(self.wanted.len());
        for (position, wanted) in (0_i64..).zip(&self.wanted) {
            let is_child = wanted.kind == ReferenceKind::Child;
            let child = if is_child {
                db::manifests::find_id(txn, RepositoryId(repository), &wanted.digest).await?
            } else {
                None
            };
            let blob = if child.is_none() { db::fsck::linked(txn, repository, &wanted.digest).await? } else { None };
            // A child that a person deleted leaves its digest and no id; one whose row is lost leaves the id.
            let had_child = self.named.iter().any(|named| named.position == position && named.child.is_some());
            if child.is_none() && blob.is_none() && (wanted.must || (is_child && had_child)) {
                return Ok(None);
            }
            references.push(NewReference { kind: wanted.kind, digest: wanted.digest.clone(), blob, child });
        }
        Ok(Some(references))
    }

    /// Whether the rows say just this.
    fn says(&self, references: &[NewReference]) -> bool {
        self.named.len() == references.len()
            && (0_i64..).zip(references).zip(&self.named).all(|((position, reference), named)| {
                named.position == position
                    && named.repository == self.row.repository
                    && named.is_kind(reference.kind)
                    && (named.digest.as_str(), named.blob, named.child)
                        == (reference.digest.as_str(), reference.blob, reference.child)
            })
    }
}
