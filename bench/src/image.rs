//! Images: a configuration, layers, and the manifest that names them.

use std::fmt::Write as _;

use oci::{Digest, media_type};

use crate::payload::Payload;

/// A blob that a manifest names.
#[derive(Clone, Debug)]
pub struct Blob {
    /// What it holds.
    pub payload: Payload,
    /// Its digest, computed once.
    pub digest: Digest,
}

impl Blob {
    /// Computes the digest of a payload.
    pub fn new(id: u64, size: u64) -> Self {
        let payload = Payload::new(id, size);
        Self { digest: payload.digest(), payload }
    }
}

/// An image as a client knows it before it is pushed.
#[derive(Clone, Debug)]
pub struct Image {
    /// The configuration and then the layers.
    pub blobs: Vec<Blob>,
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The manifest's digest.
    pub digest: Digest,
}

impl Image {
    /// An image with a configuration of 1 KiB and `layers` layers of `size` bytes, all of its own. Uses the `layers + 1`
    /// identities from `id` on.
    pub fn new(id: u64, layers: u64, size: u64) -> Self {
        Self::of(std::iter::once(Blob::new(id, 1024)).chain((1..=layers).map(|i| Blob::new(id + i, size))).collect())
    }

    /// The image of a configuration, which comes first, and layers.
    pub fn of(blobs: Vec<Blob>) -> Self {
        let manifest = manifest(&blobs);
        Self { digest: Digest::sha256(&manifest), manifest, blobs }
    }
}

/// An OCI image manifest that names the first blob as its configuration and the others as its layers.
pub fn manifest(blobs: &[Blob]) -> Vec<u8> {
    let descriptor = |blob: &Blob, media_type: &str| {
        format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#, blob.digest, blob.payload.size)
    };
    let mut text = format!(r#"{{"schemaVersion":2,"mediaType":"{}","config":"#, media_type::OCI_IMAGE);
    text.push_str(&blobs.first().map(|blob| descriptor(blob, media_type::OCI_CONFIG)).unwrap_or_default());
    let layers: Vec<_> = blobs.iter().skip(1).map(|blob| descriptor(blob, media_type::OCI_LAYER_GZIP)).collect();
    let _ = write!(text, r#","layers":[{}]}}"#, layers.join(","));
    text.into_bytes()
}
