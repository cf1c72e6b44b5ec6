//! Uploads of blobs.

use crate::{Actor, Result};
use bytes::Bytes;
use futures::stream::BoxStream;
use oci::{Digest, RepositoryName, UploadId};

/// The service of uploads.
#[derive(Clone, Debug)]
pub struct Uploads {}

/// The bytes of a request.
pub type UploadBody = BoxStream<'static, std::result::Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>;

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// Its id, part of its address.
    pub id: UploadId,
    /// How many bytes are stored.
    pub offset: u64,
}

/// A blob that is now stored and linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobReceipt {
    /// The digest, with the algorithm that the client used.
    pub digest: Digest,
    /// The size.
    pub size: u64,
}

impl Uploads {
    /// Starts an upload (`end-4a`). `algorithm` is what the client will commit with, where it said so.
    pub async fn begin(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        algorithm: Option<oci::Algorithm>,
    ) -> Result<UploadStatus> {
        unimplemented!()
    }

    /// Appends a body (`end-5`). `start` is the first byte's position where the client said so; `length` what it announced.
    /// What arrived before a break is kept, and the upload can go on from there.
    pub async fn append(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        id: &UploadId,
        start: Option<u64>,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<UploadStatus> {
        unimplemented!()
    }

    /// Where the upload stands (`end-13`).
    pub async fn status(&self, actor: &Actor, name: &RepositoryName, id: &UploadId) -> Result<UploadStatus> {
        unimplemented!()
    }

    /// Forgets an upload and its bytes.
    pub async fn cancel(&self, actor: &Actor, name: &RepositoryName, id: &UploadId) -> Result<()> {
        unimplemented!()
    }

    /// Appends the last body and commits (`end-6`): durable, complete and linked, or an error and the upload stays.
    pub async fn commit(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        id: &UploadId,
        digest: &Digest,
        start: Option<u64>,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<BlobReceipt> {
        unimplemented!()
    }

    /// Stores a blob in one request (`end-4b`).
    pub async fn put(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        digest: &Digest,
        length: Option<u64>,
        body: UploadBody,
    ) -> Result<BlobReceipt> {
        unimplemented!()
    }
}
