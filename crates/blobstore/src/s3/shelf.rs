//! Files with names in a bucket, below keys of their own.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::{
    primitives::ByteStream as Body,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt as _};

use super::{
    S3Store,
    bucket::Bucket,
    failure::{Answer as _, Failure, failure},
    reader,
};
use crate::{
    ByteStream, StoreError,
    shelf::{Shelf, ShelfFile, ShelfWriter, is_name, no_name},
};

/// What is sent at once. Ten thousand of them are 80 GB.
const PART: usize = 8 << 20;

/// A shelf in a bucket.
#[derive(Debug, Clone)]
pub struct S3Shelf {
    bucket: Arc<Bucket>,
}

impl S3Store {
    /// The shelf beside the objects: keys below `<prefix>backups/`.
    pub fn shelf(&self) -> S3Shelf {
        S3Shelf { bucket: Arc::clone(&self.shared.bucket) }
    }
}

impl S3Shelf {
    fn key(&self, name: &str) -> Option<String> {
        is_name(name).then(|| format!("{}{name}", self.bucket.files()))
    }
}

#[async_trait]
impl Shelf for S3Shelf {
    async fn create(&self, name: &str) -> Result<Box<dyn ShelfWriter>, StoreError> {
        let key = self.key(name).ok_or_else(no_name)?;
        let bucket = Arc::clone(&self.bucket);
        Ok(Box::new(Writing { bucket, key, upload: None, parts: Vec::new(), sent: 0, held: BytesMut::new() }))
    }

    async fn list(&self) -> Result<Vec<ShelfFile>, StoreError> {
        let prefix = self.bucket.files();
        let mut files = Vec::new();
        for entry in self.bucket.list_all(&prefix).await? {
            let name = entry.key.strip_prefix(&prefix).filter(|name| is_name(name));
            files.extend(name.map(|name| ShelfFile {
                name: name.to_owned(),
                size: entry.size,
                modified: entry.modified,
            }));
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    async fn open(&self, name: &str) -> Result<ByteStream, StoreError> {
        let key = self.key(name).ok_or(StoreError::NotFound)?;
        let length = self.bucket.head(&key, false).await?.ok_or(StoreError::NotFound)?.length;
        if length == 0 {
            return Ok(stream::empty().boxed());
        }
        Ok(reader::open(Arc::clone(&self.bucket), key, 0..length).await?.bytes)
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self.key(name) {
            Some(key) => self.bucket.delete(&[key]).await,
            None => Ok(()),
        }
    }
}

/// A file on its way: one request where it is small, else parts, whose bytes the signature of each request protects.
struct Writing {
    bucket: Arc<Bucket>,
    key: String,
    upload: Option<String>,
    parts: Vec<CompletedPart>,
    sent: u64,
    held: BytesMut,
}

impl Writing {
    async fn send(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let (bucket, key) = (&self.bucket, &self.key);
        let upload = match &self.upload {
            Some(upload) => upload.clone(),
            None => {
                let request = bucket.client.create_multipart_upload().bucket(&bucket.name).key(key);
                let request =
                    request.set_server_side_encryption(bucket.encryption()).set_ssekms_key_id(bucket.kms_key());
                let begun = request.send().await.map_err(|error| failure("CreateMultipartUpload", error))?;
                let upload = begun.upload_id().map(str::to_owned);
                let upload =
                    upload.ok_or_else(|| Failure::of("CreateMultipartUpload", "the answer names no upload"))?;
                self.upload.insert(upload).clone()
            }
        };
        let (number, size) = (i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX), bytes.len() as u64);
        let request = bucket.client.upload_part().bucket(&bucket.name).key(key).upload_id(upload);
        let request = request.part_number(number).body(Body::from(bytes)).customize();
        let sent = request.config_override(bucket.patience(size)).send().await;
        let sent = sent.map_err(|error| failure("UploadPart", error))?;
        let tag = sent.e_tag().ok_or_else(|| Failure::of("UploadPart", "the answer has no entity tag"))?;
        self.parts.push(CompletedPart::builder().part_number(number).e_tag(tag).build());
        self.sent += size;
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), StoreError> {
        let rest = self.held.split().freeze();
        let Some(upload) = self.upload.clone() else { return self.bucket.put(&self.key, rest).await };
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        let (bucket, parts) = (&self.bucket, std::mem::take(&mut self.parts));
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(&self.key).upload_id(upload);
        let request = request.multipart_upload(parts).customize().config_override(bucket.patience_with_merging());
        match request.send().await {
            // It is ended where an answer was lost that said so; the name is nobody else's.
            Err(error) if !error.is_ended() => return Err(failure("CompleteMultipartUpload", error)),
            _ => {}
        }
        bucket.check_length(&self.key, self.sent).await
    }

    /// Has the parts removed that were sent, if any were.
    fn give_up(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (bucket, key, upload) = (Arc::clone(&self.bucket), self.key.clone(), self.upload.take()?);
        Some(async move {
            let request = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(&key).upload_id(upload);
            if let Err(error) = request.send().await {
                let error = &failure("AbortMultipartUpload", error) as &dyn std::error::Error;
                tracing::warn!(error, key, "parts of a file stay in the bucket until a rule of it aborts them");
            }
        })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Without a runtime the process is about to end.
        if let (Some(giving_up), Ok(runtime)) = (self.give_up(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(giving_up);
        }
    }
}

#[async_trait]
impl ShelfWriter for Writing {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        self.held.extend_from_slice(&piece);
        while self.held.len() > PART {
            let part = self.held.split_to(PART).freeze();
            self.send(part).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        self.complete().await?;
        self.upload = None;
        Ok(())
    }

    async fn abort(mut self: Box<Self>) {
        if let Some(giving_up) = self.give_up() {
            giving_up.await;
        }
    }
}
