//! Which key holds what, and what goes with every request.
//!
//! ```text
//! <prefix>blobs/<xx>/<id>      an object, or the multipart upload that becomes one
//! <prefix>uploads/<id>/<nonce> the tail of an unfinished upload: what is smaller than a part
//! ```

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::Builder,
    types::{ChecksumAlgorithm, ServerSideEncryption, StorageClass},
};

use super::{
    connect,
    options::{Encryption, S3Options},
    proof,
};
use crate::id::Id;

/// The keys below which objects are.
const BLOBS: &str = "blobs/";
/// The keys below which tails are.
const UPLOADS: &str = "uploads/";

/// The bucket, as far as it is ours.
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    /// How long the server may take to answer a small request, and to send the next bytes of an answer.
    pub(super) answer: Duration,
    /// How long it may take to put the parts of an object together.
    pub(super) merge: Duration,
    prefix: String,
    encryption: Option<Encryption>,
    storage_class: Option<StorageClass>,
    /// Whether the server is asked to check what it receives. See [`Bucket::checksum`].
    checksums: AtomicBool,
}

impl Bucket {
    pub(super) fn new(client: Client, options: &S3Options, answer: Duration, merge: Duration) -> Self {
        let prefix = options.prefix.trim_matches('/');
        Self {
            client,
            name: options.bucket.clone(),
            answer,
            merge,
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            encryption: options.encryption.clone(),
            storage_class: options.storage_class.as_deref().map(StorageClass::from),
            checksums: AtomicBool::new(true),
        }
    }

    /// The key of an object.
    pub(super) fn object(&self, id: &Id) -> String {
        format!("{}{BLOBS}{}", self.prefix, id.object())
    }

    /// The key of a tail.
    pub(super) fn tail(&self, id: &Id, nonce: &str) -> String {
        format!("{}{}/{nonce}", self.tails(), id.as_str())
    }

    /// What the keys of all tails of a family begin with.
    pub(super) fn tails_of(&self, id: &Id) -> String {
        format!("{}{}", self.tails(), id.family())
    }

    /// What the keys of all objects of a family begin with.
    pub(super) fn objects_of(&self, id: &Id) -> String {
        format!("{}{}/{}", self.objects(), id.shard(), id.family())
    }

    /// What the keys of all objects of a shard begin with.
    pub(super) fn objects_of_shard(&self, shard: &str) -> String {
        format!("{}{shard}/", self.objects())
    }

    /// What the keys of all objects begin with.
    pub(super) fn objects(&self) -> String {
        format!("{}{BLOBS}", self.prefix)
    }

    /// What the keys of all tails begin with.
    pub(super) fn tails(&self) -> String {
        format!("{}{UPLOADS}", self.prefix)
    }

    /// The object that a key is for. `None`: somebody else's.
    pub(super) fn object_of_key(&self, key: &str) -> Option<Id> {
        let id: Id = key.rsplit('/').next()?.parse().ok()?;
        (self.object(&id) == key).then_some(id)
    }

    /// The upload whose tail a key is for. `None`: somebody else's.
    pub(super) fn upload_of_key(&self, key: &str) -> Option<Id> {
        let (id, nonce) = key.strip_prefix(&self.tails())?.split_once('/')?;
        if nonce.contains('/') { None } else { id.parse().ok() }
    }

    /// More patience with one request that sends so many bytes.
    pub(super) fn patience(&self, bytes: u64) -> Builder {
        Builder::new().timeout_config(connect::patience(self.answer, bytes))
    }

    /// More patience with the completion of a multipart upload.
    pub(super) fn patience_with_merging(&self) -> Builder {
        Builder::new().timeout_config(connect::patience(self.merge, 0))
    }

    pub(super) fn encryption(&self) -> Option<ServerSideEncryption> {
        self.encryption.as_ref().map(|encryption| match encryption {
            Encryption::Aes256 => ServerSideEncryption::Aes256,
            Encryption::Kms(_) => ServerSideEncryption::AwsKms,
        })
    }

    pub(super) fn kms_key(&self) -> Option<String> {
        match &self.encryption {
            Some(Encryption::Kms(key)) => key.clone(),
            _ => None,
        }
    }

    /// The class of what has a key. Tails live too briefly for one: most classes are paid for by the month.
    pub(super) fn storage_class(&self, key: &str) -> Option<StorageClass> {
        self.storage_class.clone().filter(|_| key.starts_with(&self.objects()))
    }

    /// What the server is asked to check parts by.
    pub(super) fn checksum_algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.checksums.load(Ordering::Relaxed).then_some(ChecksumAlgorithm::Crc32C)
    }

    /// What the server is asked to check these bytes by, in base64. With it the payload needs no signature over all of it;
    /// without it the signature protects the bytes.
    pub(super) fn checksum(&self, bytes: &[u8]) -> Option<String> {
        self.checksums.load(Ordering::Relaxed).then(|| proof::crc32c_of(bytes))
    }

    /// The server refused a request with a checksum: from now on there are none.
    pub(super) fn do_without_checksums(&self) {
        if self.checksums.swap(false, Ordering::Relaxed) {
            tracing::warn!(bucket = %self.name, "the S3 server takes no CRC32C checksums; payloads are signed instead");
        }
    }

    /// It was not for the checksum.
    pub(super) fn do_with_checksums(&self) {
        self.checksums.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
