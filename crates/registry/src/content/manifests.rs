//! Manifests and referrers.

use crate::{Actor, Result};
use bytes::Bytes;
use oci::{Descriptor, Digest, Reference, RepositoryName, Tag};
use std::sync::Arc;

/// The service of manifests.
#[derive(Clone, Debug)]
pub struct Manifests {}

/// A manifest as it was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// Its digest.
    pub digest: Digest,
    /// Its media type, for `Content-Type`.
    pub media_type: Arc<str>,
    /// The bytes.
    pub bytes: Bytes,
}

/// A manifest that a client pushes.
#[derive(Clone, Debug)]
pub struct NewManifest {
    /// The tag or digest in the address.
    pub reference: Reference,
    /// Further tags (`?tag=`); with a digest as reference.
    pub tags: Vec<Tag>,
    /// The request's `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Bytes,
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestReceipt {
    /// The digest, with the algorithm that the client used.
    pub digest: Digest,
    /// The subject, for `OCI-Subject`.
    pub subject: Option<Digest>,
    /// The tags that now point at it, for `OCI-Tag`.
    pub tags: Vec<Tag>,
}

/// Referrers of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrerPage {
    /// Descriptors with artifact type and annotations.
    pub manifests: Vec<Descriptor>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl Manifests {
    /// A manifest by tag or digest (`end-3`). `head` tells that the bytes go nowhere, so that it is not counted as a pull.
    pub async fn get(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        head: bool,
    ) -> Result<StoredManifest> {
        unimplemented!()
    }

    /// Stores a manifest and moves its tags (`end-7`): everything it names is stored and stays, or it is refused.
    pub async fn put(&self, actor: &Actor, name: &RepositoryName, manifest: NewManifest) -> Result<ManifestReceipt> {
        unimplemented!()
    }

    /// Deletes a tag, or a manifest with all its tags (`end-9`).
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, reference: &Reference) -> Result<()> {
        unimplemented!()
    }

    /// What refers to a subject, stored or not (`end-12`), at most 1,000 a page.
    pub async fn referrers(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<ReferrerPage> {
        unimplemented!()
    }
}
