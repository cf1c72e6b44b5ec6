//! Requests about multipart uploads.

use std::time::SystemTime;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;

use super::{
    bucket::Bucket,
    failure::{Answer as _, Failure, failure},
    objects::unquoted,
    proof,
};
use crate::{StoreError, id::Id};

/// A multipart upload: the object that it is to become, and the server's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Multipart {
    pub(super) object: Id,
    pub(super) name: String,
}

/// A part that the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) size: u64,
    pub(super) etag: String,
    /// In base64, where the server has one.
    pub(super) crc32c: Option<String>,
}

/// What a multipart upload holds.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// In the order of their numbers.
    pub(super) parts: Vec<Part>,
    /// When the last one was added.
    pub(super) modified: Option<SystemTime>,
}

/// A multipart upload in a list.
#[derive(Debug, Clone)]
pub(super) struct Unfinished {
    pub(super) upload: Multipart,
    pub(super) begun: SystemTime,
}

impl Bucket {
    /// Begins a multipart upload of an object.
    pub(super) async fn create(&self, object: &Id) -> Result<Multipart, StoreError> {
        let checksum = self.checksum_algorithm();
        let key = self.object(object);
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(&key)
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.kms_key())
            .set_storage_class(self.storage_class(&key))
            .set_checksum_algorithm(checksum.clone());
        match request.send().await {
            Ok(created) => {
                let name = created.upload_id().map(str::to_owned);
                let name = name.ok_or_else(|| Failure::of("CreateMultipartUpload", "the answer names no upload"))?;
                Ok(Multipart { object: object.clone(), name })
            }
            Err(error) if checksum.is_some() && error.is_refused() => {
                self.do_without_checksums();
                let created = Box::pin(self.create(object)).await;
                created.map_err(|_| {
                    self.do_with_checksums();
                    failure("CreateMultipartUpload", error)
                })
            }
            Err(error) => Err(failure("CreateMultipartUpload", error)),
        }
    }

    /// Sends a part. One that is sent again under the same number takes the place of the former.
    ///
    /// Errors: [`StoreError::NotFound`] when the upload was completed or aborted.
    pub(super) async fn send_part(&self, upload: &Multipart, number: u32, bytes: Bytes) -> Result<Part, StoreError> {
        let size = bytes.len() as u64;
        let checksum = self.checksum(&bytes);
        let request = self
            .client
            .upload_part()
            .bucket(&self.name)
            .key(self.object(&upload.object))
            .upload_id(&upload.name)
            .part_number(i32::try_from(number).unwrap_or(i32::MAX))
            .set_checksum_crc32_c(checksum.clone())
            .body(ByteStream::from(bytes.clone()))
            .customize();
        let request = if checksum.is_some() { request.disable_payload_signing() } else { request };
        match request.config_override(self.patience(size)).send().await {
            Ok(sent) => {
                let etag = sent.e_tag().map(unquoted);
                // An error in the body of an answer that claims success has no tag.
                let etag = etag.ok_or_else(|| Failure::of("UploadPart", "the answer has no entity tag"))?;
                let crc32c = sent.checksum_crc32_c().map(str::to_owned);
                if crc32c.is_some() && crc32c != checksum {
                    return Err(Failure::of("UploadPart", "the server has another checksum"));
                }
                Ok(Part { number, size, etag, crc32c })
            }
            Err(error) if error.is_ended() => Err(StoreError::NotFound),
            Err(error) if checksum.is_some() && error.is_refused() => {
                self.do_without_checksums();
                let sent = Box::pin(self.send_part(upload, number, bytes)).await;
                sent.map_err(|_| {
                    self.do_with_checksums();
                    failure("UploadPart", error)
                })
            }
            Err(error) => Err(failure("UploadPart", error)),
        }
    }

    /// Makes a part of a whole object, which is in the bucket already.
    pub(super) async fn copy_part(
        &self,
        upload: &Multipart,
        number: u32,
        source: &Id,
        size: u64,
    ) -> Result<Part, StoreError> {
        let request = self
            .client
            .upload_part_copy()
            .bucket(&self.name)
            .key(self.object(&upload.object))
            .upload_id(&upload.name)
            .part_number(i32::try_from(number).unwrap_or(i32::MAX))
            .copy_source(format!("{}/{}", self.name, self.object(source)));
        match request.customize().config_override(self.patience_with_merging()).send().await {
            Ok(copied) => {
                let part = copied.copy_part_result();
                let etag = part.and_then(|part| part.e_tag()).map(unquoted);
                let etag = etag.ok_or_else(|| Failure::of("UploadPartCopy", "the answer has no entity tag"))?;
                let crc32c = part.and_then(|part| part.checksum_crc32_c()).map(str::to_owned);
                Ok(Part { number, size, etag, crc32c })
            }
            Err(error) if error.is_ended() => Err(StoreError::NotFound),
            Err(error) => Err(failure("UploadPartCopy", error)),
        }
    }

    /// The parts that the server has of an upload.
    ///
    /// Errors: [`StoreError::NotFound`] when the upload was completed or aborted.
    pub(super) async fn parts(&self, upload: &Multipart) -> Result<Parts, StoreError> {
        let mut all = Parts::default();
        let mut after = None;
        loop {
            let key = self.object(&upload.object);
            let request = self.client.list_parts().bucket(&self.name).key(key).upload_id(&upload.name);
            let page = match request.set_part_number_marker(after).send().await {
                Ok(page) => page,
                Err(error) if error.is_ended() => return Err(StoreError::NotFound),
                Err(error) => return Err(failure("ListParts", error)),
            };
            for part in page.parts() {
                let known = || {
                    Some(Part {
                        number: u32::try_from(part.part_number()?).ok()?,
                        size: u64::try_from(part.size()?).ok()?,
                        etag: unquoted(part.e_tag()?),
                        crc32c: part.checksum_crc32_c().map(str::to_owned),
                    })
                };
                all.parts.push(known().ok_or_else(|| Failure::of("ListParts", "a part without number, size or tag"))?);
                let modified = part.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
                all.modified = all.modified.max(modified);
            }
            after = page.next_part_number_marker().filter(|_| page.is_truncated() == Some(true)).map(str::to_owned);
            if after.is_none() {
                all.parts.sort_by_key(|part| part.number);
                return Ok(all);
            }
        }
    }

    /// Makes an object of the parts, and makes sure that it is there with all its bytes.
    ///
    /// Idempotent: where an answer was lost, the object is looked for, and counts only if it is proven to be made of these
    /// very parts.
    ///
    /// Errors: [`StoreError::NotFound`] when the upload was aborted, or a part was replaced by somebody else's.
    pub(super) async fn complete(&self, upload: &Multipart, parts: &[Part]) -> Result<(), StoreError> {
        let key = self.object(&upload.object);
        let length = parts.iter().map(|part| part.size).sum();
        let completed = parts.iter().map(|part| {
            CompletedPart::builder()
                .part_number(i32::try_from(part.number).unwrap_or(i32::MAX))
                .e_tag(&part.etag)
                .set_checksum_crc32_c(part.crc32c.clone())
                .build()
        });
        let completed = CompletedMultipartUpload::builder().set_parts(Some(completed.collect())).build();
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(&key)
            .upload_id(&upload.name)
            .multipart_upload(completed);
        // Servers put large objects together while the client waits.
        let error = match request.customize().config_override(self.patience_with_merging()).send().await {
            Ok(_) => return self.check_length(&key, length).await,
            Err(error) if error.code_of() == Some("InvalidPart") => return Err(StoreError::NotFound),
            Err(error) if error.is_ended() => StoreError::NotFound,
            Err(error) => failure("CompleteMultipartUpload", error),
        };
        match self.head(&key, true).await? {
            Some(head) if head.length == length && proof::is_made_of(&head, parts) => Ok(()),
            _ => Err(error),
        }
    }

    /// Removes an upload and its parts. An absent one is fine, and so is one that was completed.
    pub(super) async fn abort(&self, upload: &Multipart) -> Result<(), StoreError> {
        let key = self.object(&upload.object);
        let request = self.client.abort_multipart_upload().bucket(&self.name).key(key).upload_id(&upload.name);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.is_ended() => Ok(()),
            Err(error) => Err(failure("AbortMultipartUpload", error)),
        }
    }

    /// The uploads below a prefix that were neither completed nor aborted.
    pub(super) async fn unfinished(&self, prefix: &str) -> Result<Vec<Unfinished>, StoreError> {
        let mut all = Vec::new();
        let (mut after_key, mut after_upload) = (None, None);
        loop {
            let request = self.client.list_multipart_uploads().bucket(&self.name).prefix(prefix);
            let request = request.set_key_marker(after_key).set_upload_id_marker(after_upload);
            let page = match request.send().await {
                Ok(page) => page,
                Err(error) if error.status() == Some(501) => {
                    tracing::warn!(
                        "the S3 server does not list multipart uploads: let a rule of the bucket abort them"
                    );
                    return Ok(all);
                }
                Err(error) => return Err(failure("ListMultipartUploads", error)),
            };
            all.extend(page.uploads().iter().filter_map(|upload| {
                Some(Unfinished {
                    upload: Multipart {
                        object: self.object_of_key(upload.key()?)?,
                        name: upload.upload_id()?.to_owned(),
                    },
                    begun: SystemTime::try_from(*upload.initiated()?).ok()?,
                })
            }));
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                return Ok(all);
            }
            after_key = page.next_key_marker().map(str::to_owned);
            after_upload = page.next_upload_id_marker().map(str::to_owned);
        }
    }
}
