//! Where the blobs are: a folder, or a bucket of S3.

use std::path::{Path, PathBuf};

use blobstore::{AccessKeys, Encryption, LEAST_BUDGET, S3Options};
use http::Uri;
use registry::Secret;

use super::{ConfigError, Values, file, keys as known, units};

/// Where the blobs are.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Below a folder.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether large blobs are written past the page cache.
        direct_io: bool,
    },
    /// In this bucket.
    S3(Box<S3Options>),
}

const BUCKET: &str = "storage.s3.bucket";

/// Keys that mean something only where there is a bucket.
const OF_A_BUCKET: [&str; 15] = [
    "storage.s3.region",
    "storage.s3.endpoint",
    "storage.s3.path_style",
    "storage.s3.access_key",
    "storage.s3.access_key_file",
    "storage.s3.secret_key",
    "storage.s3.secret_key_file",
    "storage.s3.prefix",
    "storage.s3.redirect",
    "storage.s3.public_endpoint",
    "storage.s3.sse",
    "storage.s3.kms_key_id",
    "storage.s3.storage_class",
    "storage.s3.ca_bundle",
    "storage.s3.part_budget",
];

/// The kind of encryption, before it is known with which key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sse {
    Aes256,
    Kms,
}

/// Reads all keys of the table; a folder where no bucket is named.
pub(super) fn read(values: &Values, data_dir: &Path, errors: &mut Vec<ConfigError>) -> Storage {
    let folder = values.optional("storage.path", units::path, errors);
    let direct_io = values.parse("storage.direct_io", units::switch, errors);
    let bucket = values.optional(BUCKET, bucket, errors);
    let mut options = S3Options::new(bucket.clone().unwrap_or_default());
    options.region = values.optional("storage.s3.region", word, errors);
    options.endpoint = values.optional("storage.s3.endpoint", endpoint, errors);
    options.path_style = values.optional("storage.s3.path_style", units::switch, errors);
    options.keys = keys(values, errors);
    options.prefix = values.optional("storage.s3.prefix", prefix, errors).unwrap_or_default();
    options.redirect = values.parse("storage.s3.redirect", units::switch, errors);
    options.public_endpoint = values.optional("storage.s3.public_endpoint", endpoint, errors);
    options.encryption = encryption(values, errors);
    options.storage_class = values.optional("storage.s3.storage_class", word, errors);
    options.ca_bundle = values.file("storage.s3.ca_bundle", errors);
    options.part_budget = values.parse("storage.s3.part_budget", budget, errors);

    if bucket.is_some() {
        if folder.is_some() {
            errors.push(values.conflict(
                "storage.path",
                BUCKET,
                "blobs are in a folder or in a bucket; set one of them",
            ));
        }
        if options.public_endpoint.is_some() && !options.redirect {
            let reason = "clients are sent to the public endpoint only by redirects";
            errors.push(values.conflict("storage.s3.public_endpoint", "storage.s3.redirect", reason));
        }
        return Storage::S3(Box::new(options));
    }
    if let Some(key) = OF_A_BUCKET.into_iter().find(|key| values.is_set(key)) {
        errors.push(values.conflict(key, BUCKET, "name the bucket too"));
    }
    Storage::Folder { path: folder.unwrap_or_else(|| data_dir.to_owned()), direct_io }
}

/// Where the blobs were before: what the table of another configuration file says.
pub(super) fn previous(values: &Values, errors: &mut Vec<ConfigError>) -> Option<Storage> {
    let path = values.optional("storage.previous", units::path, errors)?;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            errors.push(ConfigError::Unreadable { path, key: known::find("storage.previous"), error });
            return None;
        }
    };
    let mut before = Values::default();
    file::read(&path, &text, &mut before, errors);
    let data_dir = PathBuf::from(before.text("data_dir"));
    Some(read(&before, &data_dir, errors))
}

fn keys(values: &Values, errors: &mut Vec<ConfigError>) -> Option<AccessKeys> {
    let access = values.secret("storage.s3.access_key", "storage.s3.access_key_file", errors);
    let secret = values.secret("storage.s3.secret_key", "storage.s3.secret_key_file", errors);
    let exposed = |secret: Secret<String>| secret.expose().clone();
    match (access.map(exposed), secret.map(exposed)) {
        (Some(access_key), Some(secret_key)) => Some(AccessKeys { access_key, secret_key }),
        (None, None) => None,
        // A file that cannot be read is a mistake of its own.
        _ if !errors.is_empty() => None,
        _ => {
            errors.push(values.conflict("storage.s3.access_key", "storage.s3.secret_key", "set both, or neither"));
            None
        }
    }
}

fn encryption(values: &Values, errors: &mut Vec<ConfigError>) -> Option<Encryption> {
    let sse = values.optional("storage.s3.sse", sse, errors);
    let key = values.optional("storage.s3.kms_key_id", |text| Some(text.to_owned()), errors);
    match (sse, key) {
        (Some(Sse::Kms), key) => Some(Encryption::Kms(key)),
        (sse, Some(_)) => {
            let reason = "a key is used only with `aws:kms`";
            errors.push(values.conflict("storage.s3.kms_key_id", "storage.s3.sse", reason));
            sse.map(|_| Encryption::Aes256)
        }
        (sse, None) => sse.map(|_| Encryption::Aes256),
    }
}

/// A bucket's name, or the ARN of an access point.
fn bucket(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'/');
    let is_arn = text.starts_with("arn:");
    let wrong = |byte: u8| !allowed(byte) || (!is_arn && matches!(byte, b':' | b'/'));
    (text.len() >= 3 && !text.bytes().any(wrong)).then(|| text.to_owned())
}

/// A region, a storage class.
fn word(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.bytes().all(allowed).then(|| text.to_owned())
}

/// Scheme, host and port.
fn endpoint(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    let nothing_else = uri.path().len() <= 1 && uri.query().is_none();
    (scheme && authority && nothing_else).then(|| text.trim_end_matches('/').to_owned())
}

/// Components with slashes between them.
fn prefix(text: &str) -> Option<String> {
    let trimmed = text.trim_matches('/');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    let stays_inside = |component: &str| !matches!(component, "" | "." | "..");
    let valid = trimmed.len() <= 512 && trimmed.bytes().all(allowed) && trimmed.split('/').all(stays_inside);
    valid.then(|| trimmed.to_owned())
}

fn sse(text: &str) -> Option<Sse> {
    match text {
        "AES256" => Some(Sse::Aes256),
        "aws:kms" => Some(Sse::Kms),
        _ => None,
    }
}

/// Room for two parts at least.
fn budget(text: &str) -> Option<u64> {
    units::bytes(text).filter(|bytes| *bytes >= LEAST_BUDGET)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Config, Inputs};
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Storage, String> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), format!("--{key}")));
        let inputs = Inputs { flags: pairs.collect(), ..Inputs::default() };
        Config::load(&inputs).map(|(config, _)| config.storage).map_err(|errors| errors.to_string())
    }

    fn s3(pairs: &[(&str, &str)]) -> S3Options {
        match load(pairs) {
            Ok(Storage::S3(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bucket_and_a_region_are_enough() {
        let options = s3(&[("storage.s3.bucket", "my-registry"), ("storage.s3.region", "ap-southeast-1")]);
        assert_eq!((options.bucket.as_str(), options.region.as_deref()), ("my-registry", Some("ap-southeast-1")));
        assert!(options.redirect && options.keys.is_none() && options.encryption.is_none());
        assert_eq!(options.part_budget, blobstore::DEFAULT_BUDGET);
    }

    #[test]
    fn everything_about_a_bucket_can_be_set() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, bundle) = (folder.path().join("secret"), folder.path().join("ca.pem"));
        std::fs::write(&secret, "of-the-file\n").unwrap();
        std::fs::write(&bundle, "-----BEGIN CERTIFICATE-----").unwrap();
        let options = s3(&[
            ("storage.s3.bucket", "my-registry"),
            ("storage.s3.endpoint", "http://s3.internal:3900/"),
            ("storage.s3.path_style", "false"),
            ("storage.s3.access_key", "key"),
            ("storage.s3.secret_key_file", secret.to_str().unwrap()),
            ("storage.s3.prefix", "/team/registry/"),
            ("storage.s3.public_endpoint", "https://s3.example.com"),
            ("storage.s3.sse", "aws:kms"),
            ("storage.s3.kms_key_id", "arn:aws:kms:eu-west-1:1:key/2"),
            ("storage.s3.storage_class", "INTELLIGENT_TIERING"),
            ("storage.s3.ca_bundle", bundle.to_str().unwrap()),
            ("storage.s3.part_budget", "64MiB"),
        ]);
        assert_eq!(options.endpoint.as_deref(), Some("http://s3.internal:3900"));
        assert_eq!(options.path_style, Some(false));
        assert_eq!(options.keys.unwrap().secret_key, "of-the-file");
        assert_eq!(options.prefix, "team/registry");
        assert_eq!(options.encryption, Some(Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:key/2".to_owned()))));
        assert_eq!(options.ca_bundle.unwrap(), b"-----BEGIN CERTIFICATE-----");
        assert_eq!(options.part_budget, 64 << 20);
    }

    #[test]
    fn where_blobs_were_before_comes_from_the_configuration_of_then() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("before.toml");
        let read = || {
            let pairs = [("storage.s3.bucket", "my-registry"), ("storage.previous", path.to_str().unwrap())];
            let flags = pairs.map(|(key, value)| (key.to_owned(), value.to_owned(), format!("--{key}")));
            let loaded = Config::load(&Inputs { flags: flags.to_vec(), ..Inputs::default() });
            loaded.map(|(config, _)| config).map_err(|errors| errors.to_string())
        };
        assert!(read().unwrap_err().contains("storage.previous"), "there is no such file");
        std::fs::write(&path, "data_dir = '/srv/before'\nlisten = ':5000'\n").unwrap();
        let config = read().unwrap();
        assert!(matches!(config.storage, Storage::S3(_)) && config.listen.port() == 8080);
        let Some(Storage::Folder { path: before, .. }) = config.previous_storage else { panic!() };
        assert_eq!(before, Path::new("/srv/before"));
        std::fs::write(&path, "[storage]\npathh = '/srv'\n").unwrap();
        assert!(read().unwrap_err().contains("before.toml:2"));
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let bucket = ("storage.s3.bucket", "my-registry");
        for (pairs, named) in [
            (&[bucket, ("storage.path", "/srv")][..], "storage.path"),
            (&[("storage.s3.region", "eu-west-1")], "name the bucket"),
            (&[bucket, ("storage.s3.access_key", "key")], "set both"),
            (&[bucket, ("storage.s3.kms_key_id", "key")], "aws:kms"),
            (&[bucket, ("storage.s3.redirect", "false"), ("storage.s3.public_endpoint", "https://s3")], "redirects"),
        ] {
            let message = load(pairs).unwrap_err();
            assert!(message.contains(named) && message.lines().count() == 2, "{message}");
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for (key, value) in [
            ("bucket", "a b"),
            ("bucket", "../x"),
            ("region", "eu west"),
            ("endpoint", "s3.example.com"),
            ("endpoint", "ftp://s3.example.com"),
            ("endpoint", "https://user@s3.example.com"),
            ("endpoint", "https://s3.example.com/path"),
            ("path_style", "perhaps"),
            ("prefix", "a/../b"),
            ("sse", "rot13"),
            ("ca_bundle", "/nowhere/ca.pem"),
            ("part_budget", "1MiB"),
        ] {
            let key = format!("storage.s3.{key}");
            let message = load(&[("storage.s3.bucket", "my-registry"), (&key, value)]).unwrap_err();
            assert!(message.contains(&key), "{key} = {value}: {message}");
        }
    }
}
