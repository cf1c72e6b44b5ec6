//! What a bucket is and how it is reached.

use std::fmt;

/// The least budget of part buffers: the first part of one upload being sent while the next one is filled.
pub const LEAST_BUDGET: u64 = 16 << 20;

/// The budget of part buffers, unless it is chosen: 128 MiB.
pub const DEFAULT_BUDGET: u64 = 128 << 20;

/// Where the objects are, and how to get there. Only the bucket must be given.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// The bucket. It exists.
    pub bucket: String,
    /// Its region. Without one: `us-east-1` where there is an endpoint, else what the environment, the profile or the
    /// instance says.
    pub region: Option<String>,
    /// The URL of the server, unless it is Amazon's.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path and not in the host's name. Without a word: where there is an endpoint.
    pub path_style: Option<bool>,
    /// The keys to sign with. Without them: the environment, the profile, a web identity (IRSA), the container's role
    /// (ECS, Pod Identity) or the instance's role (`IMDSv2`), renewed before they expire.
    pub keys: Option<AccessKeys>,
    /// What the keys of all objects begin with, as a path: `registry` and `registry/` mean the same.
    pub prefix: String,
    /// Whether clients fetch objects from the bucket themselves, with URLs that are signed for them.
    pub redirect: bool,
    /// The URL of the server as clients reach it, where they know it under another name.
    pub public_endpoint: Option<String>,
    /// How the server encrypts objects, where the bucket's default is not enough.
    pub encryption: Option<Encryption>,
    /// The storage class of objects, such as `STANDARD` or `INTELLIGENT_TIERING`; without it the bucket's default.
    pub storage_class: Option<String>,
    /// Certificates in PEM to trust beside those of the system.
    pub ca_bundle: Option<Vec<u8>>,
    /// Bytes that all uploads together may hold in memory, at least [`LEAST_BUDGET`].
    pub part_budget: u64,
}

impl S3Options {
    /// A bucket of Amazon's, with everything else as it is by default.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            region: None,
            endpoint: None,
            path_style: None,
            keys: None,
            prefix: String::new(),
            redirect: true,
            public_endpoint: None,
            encryption: None,
            storage_class: None,
            ca_bundle: None,
            part_budget: DEFAULT_BUDGET,
        }
    }

    /// What tells the place of the objects from others. Names of Amazon's buckets are unique in all regions.
    pub(super) fn place(&self) -> String {
        let endpoint = self.endpoint.as_deref().unwrap_or("https://s3.amazonaws.com").trim_end_matches('/');
        format!("bucket {endpoint}/{}/{}", self.bucket, self.prefix.trim_matches('/'))
    }
}

/// Static credentials. The secret is not shown by `Debug`.
#[derive(Clone)]
pub struct AccessKeys {
    /// The access key, which is not secret.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// Encryption on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// With keys of the server's (`AES256`).
    Aes256,
    /// With a key of the key management service (`aws:kms`): this one, or the account's default.
    Kms(Option<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_key_is_not_shown() {
        let mut options = S3Options::new("bucket");
        options.keys = Some(AccessKeys { access_key: "shown".to_owned(), secret_key: "hidden".to_owned() });
        let shown = format!("{options:?}");
        assert!(shown.contains("shown") && !shown.contains("hidden"), "{shown}");
    }

    fn place(bucket: &str, prefix: &str, endpoint: Option<&str>) -> String {
        let options = S3Options::new(bucket);
        S3Options { prefix: prefix.to_owned(), endpoint: endpoint.map(str::to_owned), ..options }.place()
    }

    #[test]
    fn a_place_is_endpoint_bucket_and_prefix() {
        let garage = Some("http://s3.internal:3900");
        let mut places = [
            place("blobs", "", None),
            place("blobs", "team", None),
            place("others", "", None),
            place("blobs", "", garage),
            place("blobs", "team", garage),
        ];
        assert_eq!(place("blobs", "/team/", Some("http://s3.internal:3900/")), places[4]);
        places.sort();
        assert!(places.windows(2).all(|pair| pair[0] != pair[1]), "{places:?}");
    }
}
