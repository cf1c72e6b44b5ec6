//! A server of S3: the protocol and its signatures are real, the objects are in memory. It insists on what Amazon insists
//! on: entity tags and checksums of parts, their order and least size, uploads that exist.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use crc_fast::CrcAlgorithm;
use futures::TryStreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use md5::{Digest as _, Md5};
#[allow(clippy::wildcard_imports, reason = "the types of every operation")]
use s3s::{S3, S3Request, S3Response, S3Result, dto::*, s3_error, service::S3ServiceBuilder};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use crate::{access::Keys, tls};

/// The bucket that there is.
pub const BUCKET: &str = "registry";
/// The access key that it knows.
pub const ACCESS_KEY: &str = "an-access-key";
/// The secret key that goes with it.
pub const SECRET_KEY: &str = "a-secret-key";

/// How many items a page of a list has: few, so that tests meet more than one page.
const PAGE: usize = 7;

/// The objects and uploads of one bucket. Clones share them.
#[derive(Clone, Default)]
pub struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    content: Mutex<Content>,
    keys: Keys,
    /// The least size of all parts but the last.
    least_part: usize,
    /// Whether it knows checksums.
    no_checksums: bool,
}

#[derive(Default)]
struct Content {
    objects: BTreeMap<String, Object>,
    /// By key and name.
    uploads: BTreeMap<(String, String), Upload>,
    last_upload: u64,
}

#[derive(Clone)]
struct Object {
    bytes: Bytes,
    etag: String,
    crc32c: Option<String>,
    modified: SystemTime,
    attributes: Attributes,
}

/// How an object is to be kept, as whoever stored it said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The kind of encryption.
    pub encryption: Option<String>,
    /// The key of the key management service.
    pub kms_key: Option<String>,
    /// The storage class.
    pub class: Option<String>,
}

impl Attributes {
    fn of(
        encryption: Option<&ServerSideEncryption>,
        kms_key: Option<&SSEKMSKeyId>,
        class: Option<&StorageClass>,
    ) -> Self {
        Self {
            encryption: encryption.map(|encryption| encryption.as_str().to_owned()),
            kms_key: kms_key.cloned(),
            class: class.map(|class| class.as_str().to_owned()),
        }
    }
}

struct Upload {
    begun: SystemTime,
    checksums: bool,
    attributes: Attributes,
    parts: BTreeMap<i32, Object>,
}

impl Memory {
    /// An empty bucket. All parts but the last must have `least_part` bytes.
    pub fn new(least_part: usize) -> Self {
        Self(Arc::new(Inner { least_part, ..Inner::default() }))
    }

    /// A server that refuses checksums.
    pub fn without_checksums() -> Self {
        Self(Arc::new(Inner { no_checksums: true, ..Inner::default() }))
    }

    /// Serves at a port of its own, until the test ends. The URL.
    pub async fn serve(&self) -> String {
        format!("http://{}", self.listen(async |socket| Some(socket)).await)
    }

    /// Serves with TLS, in the name of an authority that nobody knows. The URL, and the authority's certificate in PEM.
    pub async fn serve_tls(&self) -> (String, String) {
        let (authority, acceptor) = tls::authority();
        let accept = move |socket| {
            let accepted = acceptor.accept(socket);
            async { accepted.await.ok() }
        };
        (format!("https://{}", self.listen(accept).await), authority)
    }

    async fn listen<A, F, S>(&self, accept: A) -> SocketAddr
    where
        A: Fn(TcpStream) -> F + Clone + Send + 'static,
        F: Future<Output = Option<S>> + Send,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = S3ServiceBuilder::new(self.clone());
        builder.set_auth(self.0.keys.clone());
        builder.set_access(self.0.keys.clone());
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let (service, accept) = (service.clone(), accept.clone());
                tokio::spawn(async move {
                    let Some(socket) = accept(socket).await else { return };
                    let connection = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        address
    }

    /// The keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.content().objects.keys().cloned().collect()
    }

    /// Changes what is stored under a key behind everybody's back: other bytes, or none.
    pub fn sabotage(&self, key: &str, change: impl FnOnce(Bytes) -> Option<Bytes>) {
        let mut content = self.content();
        let Some(mut object) = content.objects.remove(key) else { return };
        if let Some(bytes) = change(object.bytes) {
            object.bytes = bytes;
            content.objects.insert(key.to_owned(), object);
        }
    }

    /// How an object is kept.
    pub fn attributes(&self, key: &str) -> Option<Attributes> {
        self.content().objects.get(key).map(|object| object.attributes.clone())
    }

    /// The access keys that requests were signed with, in the order of their first use.
    pub fn signers(&self) -> Vec<String> {
        self.0.keys.used()
    }

    pub(crate) fn keys_of_roles(&self) -> &Keys {
        &self.0.keys
    }

    /// How many multipart uploads are unfinished.
    pub fn uploads(&self) -> usize {
        self.content().uploads.len()
    }

    /// How many parts they have.
    pub fn parts(&self) -> usize {
        self.content().uploads.values().map(|upload| upload.parts.len()).sum()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn receive(&self, body: Option<StreamingBlob>, expected: Option<String>) -> S3Result<Object> {
        if expected.is_some() && self.0.no_checksums {
            return Err(s3_error!(NotImplemented, "checksums are not implemented"));
        }
        let body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let pieces = body.try_fold(BytesMut::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        });
        let bytes = pieces.await.map_err(|_| s3_error!(IncompleteBody))?.freeze();
        let crc32c = crc32c_of(&bytes);
        if expected.as_ref().is_some_and(|expected| *expected != crc32c) {
            return Err(s3_error!(BadDigest));
        }
        let etag = hex(&Md5::digest(&bytes));
        let attributes = Attributes::default();
        Ok(Object { bytes, etag, crc32c: expected, modified: SystemTime::now(), attributes })
    }
}

fn crc32c_of(bytes: &[u8]) -> String {
    let checksum = u32::try_from(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes)).unwrap();
    BASE64_STANDARD.encode(checksum.to_be_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl Content {
    fn upload(&mut self, key: &str, name: &str) -> S3Result<&mut Upload> {
        self.uploads.get_mut(&(key.to_owned(), name.to_owned())).ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

impl Upload {
    /// The object that these parts make, if they are what the server has.
    fn assemble(&self, parts: &[CompletedPart], least_part: usize) -> S3Result<Object> {
        let (mut bytes, mut md5s, mut crcs) = (BytesMut::new(), Md5::new(), Vec::new());
        let mut last = 0;
        for (index, wanted) in parts.iter().enumerate() {
            let number = wanted.part_number.unwrap_or_default();
            if number <= last {
                return Err(s3_error!(InvalidPartOrder));
            }
            last = number;
            let part = self.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
            if wanted.e_tag.as_ref().map(ETag::value) != Some(part.etag.as_str()) {
                return Err(s3_error!(InvalidPart));
            }
            if self.checksums && wanted.checksum_crc32c != part.crc32c {
                return Err(s3_error!(InvalidRequest, "the completion must have the checksum of each part"));
            }
            if index + 1 < parts.len() && part.bytes.len() < least_part {
                return Err(s3_error!(EntityTooSmall));
            }
            bytes.extend_from_slice(&part.bytes);
            md5s.update(Md5::digest(&part.bytes));
            crcs.extend(part.crc32c.as_ref().map(|crc| BASE64_STANDARD.decode(crc).unwrap()).unwrap_or_default());
        }
        if parts.is_empty() {
            return Err(s3_error!(InvalidRequest, "no parts"));
        }
        let etag = format!("{}-{}", hex(&md5s.finalize()), parts.len());
        let crc32c = self.checksums.then(|| format!("{}-{}", crc32c_of(&crcs), parts.len()));
        let attributes = self.attributes.clone();
        Ok(Object { bytes: bytes.freeze(), etag, crc32c, modified: SystemTime::now(), attributes })
    }
}

fn strong(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}

fn size(bytes: &Bytes) -> Option<i64> {
    i64::try_from(bytes.len()).ok()
}

#[async_trait]
impl S3 for Memory {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let attributes = Attributes::of(
            input.server_side_encryption.as_ref(),
            input.ssekms_key_id.as_ref(),
            input.storage_class.as_ref(),
        );
        let object = Object { attributes, ..self.receive(input.body, input.checksum_crc32c).await? };
        let output = PutObjectOutput {
            e_tag: Some(strong(&object.etag)),
            checksum_crc32c: object.crc32c.clone(),
            ..Default::default()
        };
        self.content().objects.insert(input.key, object);
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object = self.content().objects.get(&input.key).cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
        let total = object.bytes.len();
        let (bytes, content_range) = match input.range {
            None => (object.bytes, None),
            Some(range) => {
                let range = range.check(total as u64)?;
                let text = format!("bytes {}-{}/{total}", range.start, range.end - 1);
                (
                    object.bytes.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()),
                    Some(text),
                )
            }
        };
        Ok(S3Response::new(GetObjectOutput {
            content_length: size(&bytes),
            body: Some(StreamingBlob::from(s3s::Body::from(bytes))),
            content_range,
            content_type: input.response_content_type,
            content_disposition: input.response_content_disposition,
            e_tag: Some(strong(&object.etag)),
            ..Default::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let object = self.content().objects.get(&request.input.key).cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: size(&object.bytes),
            e_tag: Some(strong(&object.etag)),
            checksum_crc32c: object.crc32c.filter(|_| request.input.checksum_mode.is_some()),
            ..Default::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.content().objects.remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        assert!(request.input.delete.objects.len() <= 1000, "no more than 1,000 at once");
        for object in request.input.delete.objects {
            self.content().objects.remove(&object.key);
        }
        Ok(S3Response::new(DeleteObjectsOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let (prefix, after) = (input.prefix.unwrap_or_default(), input.continuation_token.unwrap_or_default());
        let content = self.content();
        let shown = content.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let mut shown: Vec<_> = shown.take(PAGE + 1).collect();
        let more = shown.len() > PAGE;
        shown.truncate(PAGE);
        let next = shown.last().filter(|_| more).map(|(key, _)| (*key).clone());
        let object = |(key, object): &(&String, &Object)| s3s::dto::Object {
            key: Some((*key).clone()),
            size: size(&object.bytes),
            last_modified: Some(Timestamp::from(object.modified)),
            ..Default::default()
        };
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(shown.iter().map(object).collect()),
            is_truncated: Some(more),
            next_continuation_token: next,
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        if input.checksum_algorithm.is_some() && self.0.no_checksums {
            return Err(s3_error!(NotImplemented, "checksums are not implemented"));
        }
        let mut content = self.content();
        content.last_upload += 1;
        let name = format!("2~upload.{}", content.last_upload);
        let checksums = input.checksum_algorithm.is_some();
        let attributes = Attributes::of(
            input.server_side_encryption.as_ref(),
            input.ssekms_key_id.as_ref(),
            input.storage_class.as_ref(),
        );
        let upload = Upload { begun: SystemTime::now(), checksums, attributes, parts: BTreeMap::new() };
        content.uploads.insert((input.key, name.clone()), upload);
        Ok(S3Response::new(CreateMultipartUploadOutput { upload_id: Some(name), ..Default::default() }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        self.content().upload(&input.key, &input.upload_id)?;
        let part = self.receive(input.body, input.checksum_crc32c).await?;
        let output = UploadPartOutput {
            e_tag: Some(strong(&part.etag)),
            checksum_crc32c: part.crc32c.clone(),
            ..Default::default()
        };
        let mut content = self.content();
        let upload = content.upload(&input.key, &input.upload_id)?;
        if upload.checksums && part.crc32c.is_none() {
            return Err(s3_error!(InvalidRequest, "the upload was begun with checksums"));
        }
        upload.parts.insert(input.part_number, part);
        Ok(S3Response::new(output))
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        let CopySource::Bucket { key, .. } = input.copy_source else { return Err(s3_error!(NotImplemented)) };
        let mut content = self.content();
        let bytes = content.objects.get(&*key).ok_or_else(|| s3_error!(NoSuchKey))?.bytes.clone();
        let upload = content.upload(&input.key, &input.upload_id)?;
        let crc32c = upload.checksums.then(|| crc32c_of(&bytes));
        let etag = hex(&Md5::digest(&bytes));
        let result =
            CopyPartResult { e_tag: Some(strong(&etag)), checksum_crc32c: crc32c.clone(), ..Default::default() };
        let attributes = Attributes::default();
        upload.parts.insert(input.part_number, Object { bytes, etag, crc32c, modified: SystemTime::now(), attributes });
        Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() }))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let mut content = self.content();
        let upload = content.upload(&input.key, &input.upload_id)?;
        let after: i32 = input.part_number_marker.unwrap_or_default();
        let mut shown: Vec<_> = upload.parts.range(after + 1..).take(PAGE + 1).collect();
        let more = shown.len() > PAGE;
        shown.truncate(PAGE);
        let next = shown.last().filter(|_| more).map(|(number, _)| **number);
        let part = |(number, part): &(&i32, &Object)| Part {
            part_number: Some(**number),
            size: size(&part.bytes),
            e_tag: Some(strong(&part.etag)),
            checksum_crc32c: part.crc32c.clone(),
            last_modified: Some(Timestamp::from(part.modified)),
            ..Default::default()
        };
        Ok(S3Response::new(ListPartsOutput {
            parts: Some(shown.iter().map(part).collect()),
            is_truncated: Some(more),
            next_part_number_marker: next,
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let mut content = self.content();
        let object = content.upload(&input.key, &input.upload_id)?.assemble(&parts, self.0.least_part)?;
        let output = CompleteMultipartUploadOutput { e_tag: Some(strong(&object.etag)), ..Default::default() };
        content.uploads.remove(&(input.key.clone(), input.upload_id));
        content.objects.insert(input.key, object);
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let removed = self.content().uploads.remove(&(request.input.key, request.input.upload_id));
        removed.ok_or_else(|| s3_error!(NoSuchUpload))?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let prefix = input.prefix.unwrap_or_default();
        let after = (input.key_marker.unwrap_or_default(), input.upload_id_marker.unwrap_or_default());
        let content = self.content();
        let shown = content.uploads.iter().filter(|(name, _)| name.0.starts_with(&prefix) && **name > after);
        let mut shown: Vec<_> = shown.take(PAGE + 1).collect();
        let more = shown.len() > PAGE;
        shown.truncate(PAGE);
        let next = shown.last().filter(|_| more).map(|(name, _)| (*name).clone());
        let upload = |((key, name), upload): &(&(String, String), &Upload)| MultipartUpload {
            key: Some(key.clone()),
            upload_id: Some(name.clone()),
            initiated: Some(Timestamp::from(upload.begun)),
            ..Default::default()
        };
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(shown.iter().map(upload).collect()),
            is_truncated: Some(more),
            next_key_marker: next.as_ref().map(|(key, _)| key.clone()),
            next_upload_id_marker: next.map(|(_, name)| name),
            ..Default::default()
        }))
    }
}
