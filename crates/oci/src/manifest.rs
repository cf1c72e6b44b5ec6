//! Manifests: images and indexes (image specification, manifest.md and image-index.md), OCI's and Docker's.

use crate::descriptor::or_default;
use crate::strict_json::{self, Fault, MAX_DEPTH};
use crate::{Descriptor, ErrorCode, media_type};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

#[cfg(test)]
mod tests;

/// The largest manifest in bytes: 4 MiB, the least that the specification wants registries to take ("Pushing
/// Manifests").
pub const MAX_MANIFEST_SIZE: usize = 4 * 1024 * 1024;

/// What a manifest describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManifestKind {
    /// One image or artifact: a configuration and layers.
    Image,
    /// A list of manifests, usually one for each platform.
    Index,
}

impl fmt::Display for ManifestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "an image",
            Self::Index => "an index",
        })
    }
}

/// What a manifest says, after all checks. The bytes that were pushed are what is stored and served, with any fields
/// that are not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its type; the one that it is served with.
    pub media_type: String,
    /// Image or index, as the type says.
    pub kind: ManifestKind,
    /// `artifactType`, if stated; see [`Manifest::effective_artifact_type`].
    pub artifact_type: Option<String>,
    /// The configuration of an image; always there for images, never for indexes.
    pub config: Option<Descriptor>,
    /// The layers of an image in order.
    pub layers: Vec<Descriptor>,
    /// The entries of an index in order.
    pub manifests: Vec<Descriptor>,
    /// What this is attached to. It need not exist (distribution specification, "Pushing Manifests with Subject").
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest itself.
    pub annotations: BTreeMap<String, String>,
}

/// Why bytes are no manifest that this registry takes.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Over [`MAX_MANIFEST_SIZE`].
    #[error("the manifest has {size} bytes; the most that is accepted is {MAX_MANIFEST_SIZE}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// No JSON, or a part that has the wrong type, is missing, or is malformed.
    #[error("the manifest is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A key stands twice in one object, so that clients could read different manifests.
    #[error("the key {0:?} stands twice in one object of the manifest")]
    DuplicateKey(String),
    /// A known key in another case, which some clients would take for the known one.
    #[error("the key {0:?} differs from a key of the specification only in case")]
    MisspelledKey(String),
    /// Nested beyond all need.
    #[error("the manifest is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A list where manifest, descriptor or platform should be.
    #[error("the manifest has a list where an object should be")]
    NotAnObject,
    /// Docker's first format, which has no digests of its own.
    #[error("schema 1 manifests are not supported: push with a client that writes OCI or Docker schema 2 manifests")]
    Schema1,
    /// `schemaVersion` is not 2.
    #[error("the manifest has no schemaVersion 2")]
    SchemaVersion,
    /// A type that names neither image nor index.
    #[error("manifests of the type {0:?} are not supported")]
    UnsupportedMediaType(String),
    /// The header and the document do not say the same.
    #[error("the Content-Type is {content_type:?} but the manifest's mediaType is {media_type:?}")]
    MediaTypeMismatch {
        /// From the header, without parameters.
        content_type: String,
        /// From the document.
        media_type: String,
    },
    /// Parts of an image and of an index in one document, or parts of one in a document typed as the other.
    #[error("the manifest is typed as {kind}, but has the field {field:?}")]
    Ambiguous {
        /// What it is typed as.
        kind: ManifestKind,
        /// The field that should not be there.
        field: &'static str,
    },
    /// A part that its kind must have.
    #[error("the manifest has no field {0:?}")]
    Missing(&'static str),
    /// `artifactType`, or a descriptor's `mediaType`, that is no media type.
    #[error("{0:?} is no media type")]
    MalformedMediaType(String),
    /// A descriptor carries data that is not what its digest and size say.
    #[error("the data embedded for {digest} does not match its digest and size")]
    FalseData {
        /// The digest of the descriptor.
        digest: crate::Digest,
    },
}

impl ManifestError {
    /// The code of the answer; `SIZE_INVALID` with the status of [`ManifestError::status`] for those too large.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge { .. } => ErrorCode::SizeInvalid,
            _ => ErrorCode::ManifestInvalid,
        }
    }

    /// The HTTP status of the answer: 413 for those too large ("Pushing Manifests"), else 400.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge { .. } => 413,
            _ => 400,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    #[serde(default, deserialize_with = "list")]
    layers: Option<Vec<Descriptor>>,
    #[serde(default, deserialize_with = "list")]
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    #[serde(default, deserialize_with = "or_default")]
    annotations: BTreeMap<String, String>,
}

/// A list that stands in the document, even as the `null` that Go writes for an empty one.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Descriptor>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

impl Manifest {
    /// Reads and checks a manifest as pushed with a `Content-Type` header (parameters are ignored). Without a header
    /// the document's `mediaType` counts, and without that its parts tell OCI image from OCI index.
    ///
    /// It does not look at whether anything that is named exists.
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_SIZE {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        strict_json::scan(bytes)?.map_err(|fault| match fault {
            Fault::Duplicate(key) => ManifestError::DuplicateKey(key),
            Fault::Spelling(key) => ManifestError::MisspelledKey(key),
            Fault::Depth => ManifestError::TooDeep,
            Fault::List => ManifestError::NotAnObject,
        })?;
        let (version, declared) = declaration(bytes)?;
        let stated = content_type.map(media_type::essence).filter(|essence| !essence.is_empty());
        let schema_1 = |text: &str| matches!(text, media_type::DOCKER_SCHEMA_1 | media_type::DOCKER_SCHEMA_1_SIGNED);
        if version == Some(1) || stated.is_some_and(schema_1) || declared.as_deref().is_some_and(schema_1) {
            return Err(ManifestError::Schema1);
        }
        if version != Some(2) {
            return Err(ManifestError::SchemaVersion);
        }
        Self::checked(serde_json::from_slice(bytes)?, stated)
    }

    fn checked(document: Document, stated: Option<&str>) -> Result<Self, ManifestError> {
        debug_assert_eq!(document.schema_version, Some(2), "the declaration was read before");
        let media_type = match (stated, document.media_type) {
            (Some(stated), Some(declared)) if stated != declared => {
                return Err(ManifestError::MediaTypeMismatch { content_type: stated.to_owned(), media_type: declared });
            }
            (_, Some(declared)) => declared,
            (Some(stated), None) => stated.to_owned(),
            (None, None) if document.manifests.is_some() => media_type::OCI_INDEX.to_owned(),
            (None, None) => media_type::OCI_IMAGE.to_owned(),
        };
        let kind = match media_type.as_str() {
            text if media_type::is_image(text) => ManifestKind::Image,
            text if media_type::is_index(text) => ManifestKind::Index,
            _ => return Err(ManifestError::UnsupportedMediaType(media_type)),
        };
        let foreign = match kind {
            ManifestKind::Image => document.manifests.is_some().then_some("manifests"),
            ManifestKind::Index => {
                document.layers.is_some().then_some("layers").or(document.config.is_some().then_some("config"))
            }
        };
        if let Some(field) = foreign {
            return Err(ManifestError::Ambiguous { kind, field });
        }
        match kind {
            ManifestKind::Image if document.config.is_none() => return Err(ManifestError::Missing("config")),
            ManifestKind::Index if document.manifests.is_none() => return Err(ManifestError::Missing("manifests")),
            _ => {}
        }
        let manifest = Self {
            media_type,
            kind,
            artifact_type: document.artifact_type.filter(|text| !text.is_empty()),
            config: document.config,
            layers: document.layers.unwrap_or_default(),
            manifests: document.manifests.unwrap_or_default(),
            subject: document.subject,
            annotations: document.annotations,
        };
        manifest.check_descriptors()?;
        Ok(manifest)
    }

    fn check_descriptors(&self) -> Result<(), ManifestError> {
        let types = self.descriptors().map(|descriptor| &descriptor.media_type).chain(&self.artifact_type);
        if let Some(text) = types.into_iter().find(|text| !media_type::is_well_formed(text)) {
            return Err(ManifestError::MalformedMediaType(text.clone()));
        }
        if let Some(descriptor) = self.descriptors().find(|descriptor| !descriptor.data_is_true()) {
            return Err(ManifestError::FalseData { digest: descriptor.digest.clone() });
        }
        Ok(())
    }

    /// Every descriptor in it: configuration, layers, entries, subject.
    pub fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).chain(&self.manifests).chain(&self.subject)
    }

    /// The blobs that must be in the repository before the manifest: configuration and distributable layers, and those
    /// entries of an index that are no manifests (`BuildKit` exports its cache as an index of layers).
    pub fn required_blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let entries = self.manifests.iter().filter(|entry| !entry.is_manifest());
        self.config.iter().chain(&self.layers).chain(entries).filter(|descriptor| descriptor.is_distributable())
    }

    /// The manifests that must be in the repository before this one: the entries of an index.
    pub fn required_manifests(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().filter(|entry| entry.is_manifest())
    }

    /// The type that a list of referrers shows and filters by: `artifactType`, or for images without one the
    /// configuration's type (distribution specification, "Listing Referrers"). An index without one has none.
    pub fn effective_artifact_type(&self) -> Option<&str> {
        self.artifact_type.as_deref().or(self.config.as_ref().map(|config| config.media_type.as_str()))
    }

    /// The sum of the sizes that it states for configuration and layers; for an index, of its entries' manifests.
    pub fn stated_size(&self) -> u64 {
        self.config
            .iter()
            .chain(&self.layers)
            .chain(&self.manifests)
            .fold(0, |sum, descriptor| sum.saturating_add(descriptor.size))
    }
}

/// Version and type alone: documents of another schema have other parts, and the reason to give is the schema.
fn declaration(bytes: &[u8]) -> Result<(Option<u64>, Option<String>), serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Declaration {
        schema_version: Option<u64>,
        media_type: Option<String>,
    }
    serde_json::from_slice(bytes).map(|Declaration { schema_version, media_type }| (schema_version, media_type))
}
