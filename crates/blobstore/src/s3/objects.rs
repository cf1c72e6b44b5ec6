//! Requests about whole objects.

use std::{ops::Range, time::SystemTime};

use aws_sdk_s3::{
    operation::get_object::GetObjectOutput,
    primitives::ByteStream,
    types::{ChecksumMode, Delete, ObjectIdentifier},
};
use bytes::Bytes;
use futures::future::try_join_all;

use super::{
    bucket::Bucket,
    failure::{Answer as _, Failure, failure},
};
use crate::StoreError;

/// The most keys that one request can delete.
const BATCH: usize = 1_000;

/// Requests at once, where the server deletes objects only one by one.
const SINGLE_DELETES: usize = 16;

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: u64,
    pub(super) etag: Option<String>,
    /// As the server has it: in base64, with `-` and the number of parts after it where it was made of parts.
    pub(super) crc32c: Option<String>,
}

/// An object in a list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}

impl Bucket {
    /// Stores an object in one request, and makes sure that all of it arrived.
    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let checksum = self.checksum(&bytes);
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.kms_key())
            .set_storage_class(self.storage_class(key))
            .set_checksum_crc32_c(checksum.clone())
            .body(ByteStream::from(bytes.clone()))
            .customize();
        let request = if checksum.is_some() { request.disable_payload_signing() } else { request };
        let patience = self.patience(bytes.len() as u64);
        let stored = match request.config_override(patience).send().await {
            Ok(stored) => stored,
            Err(error) if checksum.is_some() && error.is_refused() => {
                self.do_without_checksums();
                return match Box::pin(self.put(key, bytes)).await {
                    Ok(()) => Ok(()),
                    Err(_) => {
                        self.do_with_checksums();
                        Err(failure("PutObject", error))
                    }
                };
            }
            Err(error) => return Err(failure("PutObject", error)),
        };
        // A server that answers with the checksum has compared it with what it stored. Others are asked.
        if stored.e_tag().is_some() && checksum.is_some() && stored.checksum_crc32_c() == checksum.as_deref() {
            return Ok(());
        }
        self.check_length(key, bytes.len() as u64).await
    }

    /// Fails unless there is an object of this length.
    pub(super) async fn check_length(&self, key: &str, expected: u64) -> Result<(), StoreError> {
        match self.head(key, false).await? {
            Some(Head { length, .. }) if length == expected => Ok(()),
            Some(Head { length, .. }) => Err(StoreError::Truncated { expected, actual: length }),
            None => Err(StoreError::Truncated { expected, actual: 0 }),
        }
    }

    /// What an object is, or `None` if there is none. Checksums cost a right on keys, so ask for them where they are used.
    pub(super) async fn head(&self, key: &str, checksums: bool) -> Result<Option<Head>, StoreError> {
        let mode = checksums.then_some(ChecksumMode::Enabled);
        match self.client.head_object().bucket(&self.name).key(key).set_checksum_mode(mode).send().await {
            Ok(head) => Ok(Some(Head {
                length: head.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
                etag: head.e_tag().map(unquoted),
                crc32c: head.checksum_crc32_c().map(str::to_owned),
            })),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(failure("HeadObject", error)),
        }
    }

    /// Begins to read a range that is not empty, or all of an object.
    ///
    /// Errors: [`StoreError::NotFound`]; [`StoreError::Truncated`] where the object ends before the range.
    pub(super) async fn get(&self, key: &str, range: Option<&Range<u64>>) -> Result<GetObjectOutput, StoreError> {
        let header = range.map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        match self.client.get_object().bucket(&self.name).key(key).set_range(header).send().await {
            Ok(output) => Ok(output),
            Err(error) if error.is_absent() => Err(StoreError::NotFound),
            Err(error) if error.status() == Some(416) || error.code_of() == Some("InvalidRange") => {
                let expected = range.map(|range| range.end).unwrap_or_default();
                match self.head(key, false).await? {
                    Some(Head { length: actual, .. }) => Err(StoreError::Truncated { expected, actual }),
                    None => Err(StoreError::NotFound),
                }
            }
            Err(error) => Err(failure("GetObject", error)),
        }
    }

    /// Removes objects, of which some may be absent.
    pub(super) async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        if let [key] = keys {
            return self.delete_one(key).await;
        }
        for batch in keys.chunks(BATCH) {
            self.delete_batch(batch).await?;
        }
        Ok(())
    }

    async fn delete_one(&self, key: &str) -> Result<(), StoreError> {
        match self.client.delete_object().bucket(&self.name).key(key).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code_of() == Some("NoSuchKey") => Ok(()),
            Err(error) => Err(failure("DeleteObject", error)),
        }
    }

    async fn delete_batch(&self, keys: &[String]) -> Result<(), StoreError> {
        let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects =
            objects.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::because("DeleteObjects", error))?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let delete = delete.map_err(|error| Failure::because("DeleteObjects", error))?;
        match self.client.delete_objects().bucket(&self.name).delete(delete).send().await {
            Ok(deleted) => {
                let left = deleted.errors().iter().find(|error| error.code() != Some("NoSuchKey"));
                left.map_or(Ok(()), |error| {
                    let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
                    Err(Failure::of("DeleteObjects", format!("{code}: {message}")))
                })
            }
            // Not every server can delete many, or wants the checksum of such a request in the same way.
            Err(error) if error.is_refused() || error.code_of() == Some("MissingContentMD5") => {
                for some in keys.chunks(SINGLE_DELETES) {
                    try_join_all(some.iter().map(|key| self.delete_one(key))).await?;
                }
                Ok(())
            }
            Err(error) => Err(failure("DeleteObjects", error)),
        }
    }

    /// One page of the objects whose keys begin with `prefix`, and the mark of the next page.
    pub(super) async fn list_page(
        &self,
        prefix: &str,
        page: Option<String>,
    ) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).set_continuation_token(page);
        let page = request.send().await.map_err(|error| failure("ListObjectsV2", error))?;
        let entry = |object: &aws_sdk_s3::types::Object| {
            Some(Entry {
                key: object.key()?.to_owned(),
                size: u64::try_from(object.size()?).ok()?,
                modified: SystemTime::try_from(*object.last_modified()?).ok()?,
            })
        };
        let entries = page.contents().iter().filter_map(entry).collect();
        let next = page.next_continuation_token().filter(|_| page.is_truncated() == Some(true));
        Ok((entries, next.map(str::to_owned)))
    }

    /// All objects whose keys begin with `prefix`, where there cannot be many.
    pub(super) async fn list_all(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        let mut page = None;
        loop {
            let (more, next) = self.list_page(prefix, page).await?;
            entries.extend(more);
            page = next;
            if page.is_none() {
                return Ok(entries);
            }
        }
    }
}

/// An entity tag without its quotes, which some servers leave out.
pub(super) fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}
