//! Checking what is stored: what a check looks at, and what it finds.

use crate::jobs::JobSummary;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The phases of a check, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FsckPhase {
    /// Every blob's object is looked for, and every object's blob.
    #[default]
    Objects,
    /// Manifests are hashed, and what they name is looked for.
    Manifests,
    /// Rows are looked for that lead nowhere, and tags that are not where they were last moved to.
    Rows,
    /// All bytes are read and hashed, where that was asked for.
    Content,
    /// Objects without a row are tried as those that blobs miss.
    Reunion,
    /// Nothing is left to do.
    Done,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// A blob's object is gone.
    Missing,
    /// It has more or fewer bytes than were stored.
    WrongLength,
    /// It has other bytes than were stored.
    Changed,
    /// The store has it and cannot read it.
    Unreadable,
    /// A manifest is not what it was.
    ManifestChanged,
    /// A manifest names something that is not there any more.
    ManifestIncomplete,
    /// A tag is gone that nobody deleted, or leads to no manifest.
    TagLost,
    /// A tag points at another manifest than it was last moved to.
    TagMoved,
    /// Rows speak of a manifest or a blob that is not there any more.
    RowLost,
    /// An object that no row speaks of. Collection takes it away.
    Unnamed,
    /// Something that was wrong and is right again: by the check itself, or by somebody before it.
    Mended,
}

impl DamageKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Missing,
        Self::WrongLength,
        Self::Changed,
        Self::Unreadable,
        Self::ManifestChanged,
        Self::ManifestIncomplete,
        Self::TagLost,
        Self::TagMoved,
        Self::RowLost,
        Self::Unnamed,
        Self::Mended,
    ];

    /// Whether somebody is kept from something by it.
    pub fn is_damage(self) -> bool {
        !matches!(self, Self::Unnamed | Self::Mended)
    }
}

/// How often each kind was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is named after its kind")]
pub struct DamageCounts {
    pub missing: u64,
    pub wrong_length: u64,
    pub changed: u64,
    pub unreadable: u64,
    pub manifest_changed: u64,
    pub manifest_incomplete: u64,
    pub tag_lost: u64,
    pub tag_moved: u64,
    pub row_lost: u64,
    pub unnamed: u64,
    pub mended: u64,
}

impl DamageCounts {
    /// How often a kind was found.
    pub fn of(&self, kind: DamageKind) -> u64 {
        let mut counts = *self;
        *counts.slot(kind)
    }

    /// Adds to a kind.
    pub fn add(&mut self, kind: DamageKind, count: u64) {
        *self.slot(kind) += count;
    }

    fn slot(&mut self, kind: DamageKind) -> &mut u64 {
        match kind {
            DamageKind::Missing => &mut self.missing,
            DamageKind::WrongLength => &mut self.wrong_length,
            DamageKind::Changed => &mut self.changed,
            DamageKind::Unreadable => &mut self.unreadable,
            DamageKind::ManifestChanged => &mut self.manifest_changed,
            DamageKind::ManifestIncomplete => &mut self.manifest_incomplete,
            DamageKind::TagLost => &mut self.tag_lost,
            DamageKind::TagMoved => &mut self.tag_moved,
            DamageKind::RowLost => &mut self.row_lost,
            DamageKind::Unnamed => &mut self.unnamed,
            DamageKind::Mended => &mut self.mended,
        }
    }

    /// All that keeps somebody from something.
    pub fn damaged(&self) -> u64 {
        DamageKind::ALL.into_iter().filter(|kind| kind.is_damage()).map(|kind| self.of(kind)).sum()
    }
}

/// How far a check is and what it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsckReport {
    /// Whether all bytes are read.
    pub deep: bool,
    /// What it is at.
    pub phase: FsckPhase,
    /// Things of this phase that are done.
    pub done: u64,
    /// Things of this phase that there were when it began: blobs, manifests, rows, or bytes.
    pub total: u64,
    /// Blobs whose objects were looked for.
    pub blobs: u64,
    /// Bytes of objects that were read and hashed.
    pub bytes: u64,
    /// Manifests that were hashed.
    pub manifests: u64,
    /// What was found.
    pub found: DamageCounts,
    /// Findings that are kept for the list; there is an end to it, and none to the counts.
    pub listed: u64,
}

/// Something that the last check found, as one repository is hit by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Its place in the list.
    pub id: i64,
    /// What is wrong.
    pub kind: DamageKind,
    /// A digest; a tag; the location of an object without a row; of rows that lead nowhere their table and key.
    pub subject: String,
    /// The full name of the repository that is hit; absent where none is.
    pub repository: Option<String>,
    /// Tags of the repository that are hit, the first hundred.
    pub tags: Vec<String>,
    /// How many there are.
    pub tag_count: u64,
    /// When it was found.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whether it is right again by now.
    pub healed: bool,
}

/// What the last check found, a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagePage {
    /// What keeps somebody from something first, in the order in which it was found.
    pub items: Vec<Damage>,
    /// Where the next part begins; absent where this was the last one.
    pub next: Option<i64>,
}

/// Where checking stands: the newest check, and what the last one found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsckState {
    /// The newest check; absent before the first one.
    pub job: Option<JobSummary>,
    /// What was found and keeps somebody from something.
    pub damages: DamagePage,
}
