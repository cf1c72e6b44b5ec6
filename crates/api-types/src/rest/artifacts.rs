//! Artifacts and tags.

use std::collections::BTreeMap;

use super::Label;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An artifact: a manifest of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Artifact {
    /// The number of its row.
    pub id: i64,
    /// `IMAGE`, `CHART`, `SIGNATURE`, `SBOM`, `ATTESTATION` or `UNKNOWN`; an index of images is an `IMAGE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The media type of its configuration, or else of the manifest.
    pub media_type: String,
    /// The media type of the manifest.
    pub manifest_media_type: String,
    /// The artifact type, or else the media type of its configuration.
    pub artifact_type: String,
    /// Its project's id.
    pub project_id: i64,
    /// Its repository's id.
    pub repository_id: i64,
    /// Its repository's full name.
    pub repository_name: String,
    /// The manifest's digest.
    pub digest: String,
    /// Bytes of a pull.
    pub size: u64,
    /// When it was first pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub push_time: OffsetDateTime,
    /// When it was last pulled; the year 1 where it never was, as Harbor says it.
    #[serde(with = "time::serde::rfc3339")]
    pub pull_time: OffsetDateTime,
    /// `os` and `architecture` of an image.
    #[schema(value_type = BTreeMap<String, String>)]
    pub extra_attrs: BTreeMap<String, String>,
    /// The manifest's annotations. In a list an artifact comes without them where they have more than 32 KiB.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The children of an index, where one artifact is asked for.
    pub references: Option<Vec<ArtifactReference>>,
    /// The newest hundred tags, unless `with_tag=false`.
    pub tags: Option<Vec<Tag>>,
    /// Its labels, with `with_label=true`, for those who may see them.
    pub labels: Option<Vec<Label>>,
}

/// A child of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArtifactReference {
    /// The index.
    pub parent_id: i64,
    /// The child; 0 where it was deleted.
    pub child_id: i64,
    /// The child's digest.
    pub child_digest: String,
    /// The platform that the index says.
    pub platform: Option<Platform>,
}

/// A platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Platform {
    /// `amd64`, `arm64`, ….
    pub architecture: String,
    /// `linux`, `windows`, ….
    pub os: String,
    /// `v7`, …; may be empty.
    pub variant: String,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tag {
    /// The number of its row.
    pub id: i64,
    /// Its repository's id.
    pub repository_id: i64,
    /// The artifact that it points at.
    pub artifact_id: i64,
    /// The tag.
    pub name: String,
    /// When it was last moved there.
    #[serde(with = "time::serde::rfc3339")]
    pub push_time: OffsetDateTime,
    /// When it was last pulled; the year 1 where it never was, as Harbor says it.
    #[serde(with = "time::serde::rfc3339")]
    pub pull_time: OffsetDateTime,
    /// Whether a rule lets nobody move or delete it.
    pub immutable: bool,
}

/// A tag that is created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct TagReq {
    /// The tag.
    #[schema(pattern = "^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$")]
    pub name: String,
}
