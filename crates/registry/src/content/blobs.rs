//! Blobs.

use super::BlobReceipt;
use crate::{Actor, Result};
use blobstore::ByteStream;
use oci::{Digest, RepositoryName};
use std::ops::Range;

/// The service of blobs.
#[derive(Clone, Debug)]
pub struct Blobs {}

/// What is known of a blob without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
}

/// A blob that the actor was allowed to read: the proof, and the way to the bytes.
#[derive(Clone, Debug)]
pub struct BlobReader {
    /// What it is.
    pub info: BlobInfo,
}

impl BlobReader {
    /// The bytes of a range that lies within the blob.
    pub async fn open(&self, range: Range<u64>) -> Result<ByteStream> {
        unimplemented!()
    }

    /// A URL that clients may fetch it from instead, where the store offers one.
    pub async fn presign(&self) -> Result<Option<String>> {
        unimplemented!()
    }
}

impl Blobs {
    /// Whether the repository has the blob (`end-2` HEAD); touches the lease, so that a push may count on it.
    pub async fn stat(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<BlobInfo> {
        unimplemented!()
    }

    /// For reading (`end-2` GET).
    pub async fn read(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<BlobReader> {
        unimplemented!()
    }

    /// Links a blob from `from`, or from any repository that the actor may pull from (`end-11`). `None`: upload it.
    pub async fn mount(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        digest: &Digest,
        from: Option<&RepositoryName>,
    ) -> Result<Option<BlobReceipt>> {
        unimplemented!()
    }

    /// Unlinks the blob from the repository (`end-10`), unless a manifest names it.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, digest: &Digest) -> Result<()> {
        unimplemented!()
    }
}
