//! What registries stand on: a folder of their own, or one S3 store, and PostgreSQL for the one that keeps its metadata there.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use oci::Digest;
use test_postgres::Cluster;

/// Where bytes and metadata are.
#[derive(Clone, Debug)]
pub enum Ground {
    /// In a folder, each server its own.
    Folder,
    /// In a bucket that all share, each below a prefix of its own.
    S3(Arc<Shared>),
}

/// A bucket, and a server of PostgreSQL.
#[derive(Debug)]
pub struct Shared {
    /// Where the store listens.
    pub store: SocketAddr,
    region: String,
    bucket: String,
    access_key: String,
    secret_key: String,
    cluster: Cluster,
    databases: Mutex<BTreeSet<String>>,
}

impl Ground {
    /// The bucket that the variables of `scripts/on-garage` name, and a throw-away PostgreSQL that loses nothing in a power cut.
    pub fn shared() -> Result<Self> {
        let of = |name: &str| {
            let name = format!("SLIPWAY_TEST_S3_{name}");
            std::env::var(&name).with_context(|| format!("{name} is not set: run `make bench-s3`"))
        };
        let endpoint = of("ENDPOINT")?;
        let store =
            endpoint.trim_start_matches("http://").parse().with_context(|| format!("{endpoint} is no address"))?;
        anyhow::ensure!(test_postgres::is_installed(), "PostgreSQL is not installed: `apt install postgresql`");
        Ok(Self::S3(Arc::new(Shared {
            store,
            region: of("REGION")?,
            bucket: of("BUCKET")?,
            access_key: of("ACCESS_KEY")?,
            secret_key: of("SECRET_KEY")?,
            cluster: Cluster::durable(),
            databases: Mutex::default(),
        })))
    }
}

impl Shared {
    /// What is below this prefix, and in the database of this name, belongs to the server in a folder.
    fn name_of(folder: &Path) -> String {
        format!("bench_{}", Digest::sha256(folder.as_os_str().as_encoded_bytes()).short())
    }

    /// Has Slipway keep everything here; `store` is where it reaches the bucket.
    pub fn slipway(&self, command: &mut Command, folder: &Path, store: SocketAddr, redirect: bool) {
        let name = Self::name_of(folder);
        let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        if databases.insert(name.clone()) {
            self.cluster.create_database(&name);
        }
        let mut set = |key: &str, value: &str| {
            command.env(format!("SLIPWAY_{key}"), value);
        };
        set("DATABASE__URL", &self.cluster.url(&name));
        set("STORAGE__S3__BUCKET", &self.bucket);
        set("STORAGE__S3__REGION", &self.region);
        set("STORAGE__S3__ENDPOINT", &format!("http://{store}"));
        set("STORAGE__S3__ACCESS_KEY", &self.access_key);
        set("STORAGE__S3__SECRET_KEY", &self.secret_key);
        set("STORAGE__S3__PREFIX", &name);
        set("STORAGE__S3__REDIRECT", if redirect { "true" } else { "false" });
    }

    /// The part of Distribution's configuration below `storage`.
    pub fn distribution(&self, folder: &Path, store: SocketAddr, redirect: bool) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "  s3:
    accesskey: {}
    secretkey: {}
    region: {}
    regionendpoint: http://{store}
    bucket: {}
    secure: false
    rootdirectory: /{}
  redirect:
    disable: {}
",
            self.access_key,
            self.secret_key,
            self.region,
            self.bucket,
            Self::name_of(folder),
            !redirect,
        );
        text
    }
}
