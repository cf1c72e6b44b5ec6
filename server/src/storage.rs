//! Opening what the configuration names: the store of blobs, and the place for copies of the database.

use std::sync::Arc;

use anyhow::Context;
use api_types::BackupPlace;
use blobstore::{BlobStore, FolderShelf, FolderStore, MovingStore, S3Store, Shelf};
use registry::{Clock, Registry, backup::Plan};

use crate::config::{Config, Storage};

/// A bucket's name with the prefix, and the shelf in it.
type Bucket = (String, Arc<dyn Shelf>);

/// What is there for bytes.
#[derive(Debug)]
pub struct Opened {
    /// The store of blobs.
    pub store: Arc<dyn BlobStore>,
    /// Where copies of the database go.
    pub backups: Plan,
    /// Why the previous store is not there, where it should be: it is missed unless all blobs have moved.
    pub missing: Option<anyhow::Error>,
}

/// Opens a folder, or prepares the way to a bucket, which is not asked for anything yet; both the present and the previous one
/// while blobs move.
pub async fn open(config: &Config) -> anyhow::Result<Opened> {
    let (store, bucket) = one(&config.storage).await?;
    let backups = plan(config, bucket);
    let Some(previous) = &config.previous_storage else { return Ok(Opened { store, backups, missing: None }) };
    match one(previous).await {
        Ok((previous, _)) => Ok(Opened { store: Arc::new(MovingStore::new(store, previous)), backups, missing: None }),
        Err(error) => Ok(Opened { store, backups, missing: Some(error.context("cannot open storage.previous")) }),
    }
}

/// Opens store and database.
pub async fn open_registry(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Registry> {
    let Opened { store, backups, missing } = open(config).await?;
    let registry = Registry::open(config.registry_options(backups), store, clock).await;
    let registry = registry.context("cannot open the database")?;
    if let Some(missing) = missing {
        if !registry.maintenance.follow_home().await? {
            return Err(missing);
        }
        tracing::info!("all blobs are in the new place: storage.previous is gone, and can be taken away");
    }
    Ok(registry)
}

/// A store, and the shelf beside it where it is a bucket.
async fn one(storage: &Storage) -> anyhow::Result<(Arc<dyn BlobStore>, Option<Bucket>)> {
    match storage {
        Storage::Folder { path, direct_io } => {
            let store = FolderStore::open(path);
            let store = store.with_context(|| format!("cannot open the blobs in {}", path.display()))?;
            let store: Arc<dyn BlobStore> = Arc::new(if *direct_io { store } else { store.through_page_cache() });
            Ok((store, None))
        }
        Storage::S3(options) => {
            let store = S3Store::open(options).await;
            let store = store.with_context(|| format!("cannot use the bucket {}", options.bucket))?;
            let slash = if options.prefix.is_empty() { "" } else { "/" };
            let name = format!("{}{slash}{}", options.bucket, options.prefix);
            let shelf: Arc<dyn Shelf> = Arc::new(store.shelf());
            let store: Arc<dyn BlobStore> = Arc::new(store);
            Ok((store, Some((name, shelf))))
        }
    }
}

/// Copies go into the folder that is named, else into the bucket of the blobs.
fn plan(config: &Config, bucket: Option<Bucket>) -> Plan {
    let backup = &config.backup;
    let (place, path, shelf) = match (&backup.path, bucket) {
        (None, Some((name, shelf))) => (BackupPlace::Bucket, name, shelf),
        (path, _) => {
            let path = path.clone().unwrap_or_else(|| config.data_dir.join("backups"));
            let name = path.display().to_string();
            let shelf: Arc<dyn Shelf> = Arc::new(FolderShelf::new(path));
            (BackupPlace::Folder, name, shelf)
        }
    };
    Plan { place, path, shelf, interval: backup.interval, keep: backup.keep as u64, hold: backup.hold }
}
