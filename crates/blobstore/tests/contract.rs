//! The contract suite on the stores of this crate, bare and wrapped.
#![allow(clippy::unwrap_used)]

use std::{fs::File, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use blobstore::{BlobStore, FaultyStore, FolderStore, Location, MemoryStore, contract::Subject, contract_suite};
use tempfile::TempDir;

struct InFolder {
    store: Arc<dyn BlobStore>,
    root: TempDir,
}

impl InFolder {
    fn path(&self) -> PathBuf {
        self.root.path().join("blobs")
    }
}

#[async_trait]
impl Subject for InFolder {
    fn store(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn elsewhere(&self) -> Arc<dyn BlobStore> {
        Arc::new(FolderStore::open(self.path()).unwrap())
    }

    async fn cut(&self, location: &Location, length: u64) {
        let path = self.path().join(&location.as_str()[..2]).join(location.as_str());
        File::options().write(true).open(path).unwrap().set_len(length).unwrap();
    }
}

struct InMemory {
    store: Arc<dyn BlobStore>,
    memory: MemoryStore,
}

#[async_trait]
impl Subject for InMemory {
    fn store(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    async fn cut(&self, location: &Location, length: u64) {
        self.memory.truncate(location, usize::try_from(length).unwrap());
    }
}

async fn in_folder() -> InFolder {
    let root = tempfile::tempdir().unwrap();
    let store = Arc::new(FolderStore::open(root.path().join("blobs")).unwrap());
    InFolder { store, root }
}

async fn in_memory() -> InMemory {
    let memory = MemoryStore::new();
    InMemory { store: Arc::new(memory.clone()), memory }
}

async fn in_healthy_faulty_store() -> InMemory {
    let memory = MemoryStore::new();
    InMemory { store: Arc::new(FaultyStore::new(memory.clone())), memory }
}

contract_suite!(folder, in_folder);
contract_suite!(memory, in_memory);
contract_suite!(faulty, in_healthy_faulty_store);
