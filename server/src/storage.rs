//! Opening the store of blobs that the configuration names.

use std::sync::Arc;

use anyhow::Context;
use blobstore::{BlobStore, FolderStore, S3Store};

use crate::config::Storage;

/// Opens a folder, or prepares the way to a bucket, which is not asked for anything yet.
pub async fn open(storage: &Storage) -> anyhow::Result<Arc<dyn BlobStore>> {
    match storage {
        Storage::Folder { path, direct_io } => {
            let store = FolderStore::open(path);
            let store = store.with_context(|| format!("cannot open the blobs in {}", path.display()))?;
            Ok(Arc::new(if *direct_io { store } else { store.through_page_cache() }))
        }
        Storage::S3(options) => {
            let store = S3Store::open(options).await;
            Ok(Arc::new(store.with_context(|| format!("cannot use the bucket {}", options.bucket))?))
        }
    }
}
