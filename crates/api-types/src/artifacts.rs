//! Artifacts: a manifest with all that can be seen inside.

use crate::{ActorSummary, ArtifactKind, Attachments, Label, Page, PlatformSummary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// One row of a repository's artifacts, untagged ones and children of indexes too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactSummary {
    /// The manifest's digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// What it describes.
    pub kind: ArtifactKind,
    /// The artifact type, where it has one.
    pub artifact_type: Option<String>,
    /// Tags that point at it, at most ten.
    pub tags: Vec<String>,
    /// Whether an index of the repository names it.
    pub child: bool,
    /// Platforms, as in a tag's row.
    pub platforms: Vec<PlatformSummary>,
    /// Bytes of a pull.
    pub size: u64,
    /// When it was first pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// Who did.
    pub pushed_by: ActorSummary,
    /// When it was last pulled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pulled_at: Option<OffsetDateTime>,
    /// What is attached.
    pub attached: Attachments,
    /// What it is marked with, by name; empty for those who may not see labels.
    pub labels: Vec<Label>,
}

/// An artifact as its own page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactDetail {
    /// The repository's full name.
    pub repository: String,
    /// Whether everybody may pull.
    pub public: bool,
    /// The tag it was asked by; absent when asked by digest.
    pub tag: Option<String>,
    /// What the list shows; `tags` holds all other names, at most a hundred.
    pub summary: ArtifactSummary,
    /// For an index: its children in order. Empty otherwise.
    pub platforms: Vec<PlatformEntry>,
    /// The image that is looked into: the artifact itself, or the chosen child of the index.
    pub image: Option<ImageDetail>,
    /// The manifest's annotations, by name: the first hundred, or fewer if they are long.
    pub annotations: BTreeMap<String, String>,
    /// How many there are.
    pub annotations_total: u64,
    /// What points at this artifact through `subject`, newest first.
    pub referrers: Page<ReferrerSummary>,
    /// The manifest as it was pushed; absent where it is long and was not asked for.
    pub raw_manifest: Option<String>,
    /// Bytes of the manifest.
    pub manifest_size: u64,
    /// What deleting it would free with the parts that nothing else holds: children of an index, what is attached to it.
    pub deletion: crate::DeletionPreview,
    /// What deleting it alone would free.
    pub deletion_alone: crate::DeletionPreview,
    /// What the viewer may do here.
    pub may: crate::ProjectRights,
}

/// A child of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformEntry {
    /// Its platform; `unknown/unknown` entries (attestations) are left out.
    pub platform: PlatformSummary,
    /// The child's digest.
    pub digest: String,
    /// Bytes of its pull.
    pub size: u64,
    /// Whether this is the one that [`ArtifactDetail::image`] shows.
    pub selected: bool,
}

/// The inside of one image manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDetail {
    /// The image manifest's digest.
    pub digest: String,
    /// The steps of the history with their layers, in order; layers without history at the end. At most 500.
    pub steps: Vec<Step>,
    /// How many steps there are beside those.
    pub more_steps: u64,
    /// Bytes of all layers.
    pub layers_size: u64,
    /// How many layers there are.
    pub layers_total: u64,
    /// Bytes of the layers that other tags share.
    pub shared_size: u64,
    /// The configuration; absent for artifacts that are no images.
    pub config: Option<ImageConfig>,
    /// Whether there should be one, and its blob is lost or damaged.
    pub config_lost: bool,
}

/// A step of an image's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `RUN`, `COPY`, …; empty where the history does not say.
    pub instruction: String,
    /// What follows it, whole.
    pub arguments: String,
    /// The layer it made; absent for steps such as `ENV`.
    pub layer: Option<Layer>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The blob's digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its size as stored and pulled.
    pub size: u64,
    /// How many other tags of the same project hold it, counted up to 1,000.
    pub shared_tags: u64,
    /// Its title annotation, for artifacts made of files.
    pub title: Option<String>,
}

/// An image's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub command: Vec<String>,
    /// `USER`; empty means root.
    pub user: String,
    /// `WORKDIR`.
    pub working_directory: String,
    /// `EXPOSE`.
    pub ports: Vec<String>,
    /// `VOLUME`.
    pub volumes: Vec<String>,
    /// `ENV`, each `NAME=value`; at most 200.
    pub environment: Vec<String>,
    /// How many more there are.
    pub more_variables: u64,
    /// `LABEL`; at most 100, of 64 KiB together.
    pub labels: BTreeMap<String, String>,
    /// How many labels there are.
    pub labels_total: u64,
    /// `STOPSIGNAL`.
    pub stop_signal: String,
    /// The author field.
    pub author: String,
    /// When the image says that it was built.
    #[serde(with = "time::serde::rfc3339::option")]
    pub created: Option<OffsetDateTime>,
}

/// One artifact that refers to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferrerSummary {
    /// Its digest.
    pub digest: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// Its artifact type, or its config's media type.
    pub artifact_type: String,
    /// Bytes of a pull.
    pub size: u64,
    /// When it was pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
}
