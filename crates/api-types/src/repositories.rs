//! Repositories and their tags.

use crate::{ActorSummary, RuleScope};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One row of a project's repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositorySummary {
    /// The immutable id.
    pub id: i64,
    /// The full name, `project/path`.
    pub name: String,
    /// The part after the project.
    pub path: String,
    /// How many tags.
    pub tags: u64,
    /// How many manifests, tagged or not.
    pub artifacts: u64,
    /// Bytes that count towards the project's quota: of the distinct blobs that the repository links, without those that only what
    /// was deleted holds.
    pub storage_used: u64,
    /// Pulls since it exists.
    pub pulls: u64,
    /// When something was last pushed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pushed_at: Option<OffsetDateTime>,
    /// When something was last pulled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pulled_at: Option<OffsetDateTime>,
    /// A sentence or page about it, plain text; empty in lists.
    pub description: String,
}

/// A repository as its own page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryDetail {
    /// What the list shows, with the description.
    pub summary: RepositorySummary,
    /// Whether everybody may pull.
    pub public: bool,
    /// Of the bytes that count, those of blobs that no other repository of its project links: what deleting it would free there.
    pub storage_own: u64,
    /// Pulls over the last seven days.
    pub pulls_this_week: u64,
    /// The tag that was pushed last; pull lines show it.
    pub newest: Option<NewestTag>,
    /// Platforms that occur, for the filter: `linux/amd64`.
    pub platforms: Vec<String>,
    /// What the viewer may do here.
    pub may: crate::ProjectRights,
}

/// The tag of a repository that was pushed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestTag {
    /// The tag.
    pub name: String,
    /// The digest it points at.
    pub digest: String,
    /// Image, index or another kind of artifact.
    pub kind: ArtifactKind,
}

/// What is attached to an artifact through referrers, or in its own index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachments {
    /// A signature is attached (its validity is not checked here).
    pub signature: bool,
    /// A software bill of materials.
    pub sbom: bool,
    /// A provenance attestation.
    pub provenance: bool,
}

/// A platform of an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlatformSummary {
    /// `linux`, `windows`, ….
    pub os: String,
    /// `amd64`, `arm64`, ….
    pub architecture: String,
    /// `v7`, …; may be empty.
    pub variant: String,
}

/// One row of a repository's tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagSummary {
    /// The tag.
    pub name: String,
    /// The digest it points at.
    pub digest: String,
    /// Image, index or another kind of artifact.
    pub kind: ArtifactKind,
    /// Platforms, the image's own or those of the index.
    pub platforms: Vec<PlatformSummary>,
    /// Bytes of a pull: config and layers; for an index of its first platform.
    pub size: u64,
    /// When the tag was last moved here.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// Who did.
    pub pushed_by: ActorSummary,
    /// When it was last pulled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pulled_at: Option<OffsetDateTime>,
    /// What is attached.
    pub attached: Attachments,
    /// The rule that lets nobody move or delete it, where there is one.
    pub protected_by: Option<RuleScope>,
}

/// What a manifest describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A runnable image.
    Image,
    /// An index or manifest list.
    Index,
    /// A Helm chart.
    HelmChart,
    /// A signature.
    Signature,
    /// A software bill of materials.
    Sbom,
    /// A provenance or another attestation.
    Attestation,
    /// Anything else.
    Other,
}

impl ArtifactKind {
    /// All of them, as they are offered.
    pub const ALL: [Self; 7] =
        [Self::Image, Self::Index, Self::HelmChart, Self::Signature, Self::Sbom, Self::Attestation, Self::Other];

    /// Its word in addresses and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Index => "index",
            Self::HelmChart => "helm_chart",
            Self::Signature => "signature",
            Self::Sbom => "sbom",
            Self::Attestation => "attestation",
            Self::Other => "other",
        }
    }

    /// The kind of a word; `None` for a word that is none.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What deleting a selection would do, told before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionPreview {
    /// How many tags go.
    pub tags: u64,
    /// How many manifests go with them (those no other tag, index or subject holds).
    pub artifacts: u64,
    /// Bytes that only they hold in this repository's project.
    pub frees: u64,
    /// Of these, bytes that other projects hold too, so that they stay in the store. Only system administrators are told.
    pub elsewhere: u64,
    /// Tags outside the selection that share layers with it and stay, counted up to 1,000.
    pub sharing_tags: u64,
    /// Tags that a rule protects and that are in the way, the first ones: nothing of the selection can be deleted.
    pub protected: Vec<String>,
}
