//! Files with names, beside the objects: for copies of the database, which people look for when nothing else is left.
//!
//! What is on a shelf is no object: no list of a store shows it, and no collection takes it away.

use std::{fmt::Debug, time::SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{ByteStream, StoreError};

/// A file on a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was finished, by the clock of the place.
    pub modified: SystemTime,
}

/// A place for files with names. Cheap to share.
///
/// Names are letters, digits, `.`, `_` and `-`, and do not begin with a dot; there is no file under any other.
#[async_trait]
pub trait Shelf: Send + Sync + 'static + Debug {
    /// Begins a file, which nobody sees before it is finished.
    ///
    /// Errors: [`StoreError::Io`] where a file of this name is known to be there already.
    async fn create(&self, name: &str) -> Result<Box<dyn ShelfWriter>, StoreError>;

    /// All files, in the order of their names.
    async fn list(&self) -> Result<Vec<ShelfFile>, StoreError>;

    /// All of a file.
    ///
    /// Errors: [`StoreError::NotFound`].
    async fn open(&self, name: &str) -> Result<ByteStream, StoreError>;

    /// Removes a file. An absent one is fine.
    async fn delete(&self, name: &str) -> Result<(), StoreError>;
}

/// The open end of a file that is being written. One that is dropped leaves no file.
#[async_trait]
pub trait ShelfWriter: Send {
    /// Appends a piece.
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError>;

    /// Makes it a file: whole, durable, and for nobody but its owner.
    async fn finish(self: Box<Self>) -> Result<(), StoreError>;

    /// Gives it up, and removes what was written as well as that is possible.
    async fn abort(self: Box<Self>);
}

/// Whether a file may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.bytes().all(allowed)
}

/// What a name that cannot be is answered with.
pub(crate) fn no_name() -> StoreError {
    StoreError::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "no name for a file on a shelf"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt as _;

    use futures::TryStreamExt as _;
    use test_s3::{LEAST_PART, Memory};

    use super::*;
    use crate::{AccessKeys, BlobStore as _, FolderShelf, S3Options, S3Store};

    /// More than a part.
    const LARGE: usize = 9 << 20;

    async fn write(shelf: &dyn Shelf, name: &str, bytes: &Bytes) {
        let mut writer = shelf.create(name).await.unwrap();
        for piece in bytes.chunks(1_000_000) {
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        writer.finish().await.unwrap();
    }

    async fn read(shelf: &dyn Shelf, name: &str) -> Result<Vec<u8>, StoreError> {
        let pieces: Vec<Bytes> = shelf.open(name).await?.try_collect().await?;
        Ok(pieces.concat())
    }

    /// What holds for every shelf.
    async fn holds(shelf: &dyn Shelf) {
        assert_eq!(shelf.list().await.unwrap(), []);
        let large = (0..LARGE).map(|at| u8::try_from(at % 251).unwrap()).collect::<Bytes>();
        let files = [("a.gz", Bytes::from_static(b"small")), ("b-2.gz", large), ("empty", Bytes::new())];
        for (name, bytes) in files.iter().rev() {
            write(shelf, name, bytes).await;
        }
        let listed = shelf.list().await.unwrap();
        let expected: Vec<_> = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.len() as u64)).collect();
        assert_eq!(listed.into_iter().map(|file| (file.name, file.size)).collect::<Vec<_>>(), expected);
        for (name, bytes) in &files {
            assert!(read(shelf, name).await.unwrap() == bytes[..], "{name}");
        }

        // Nothing is there before it is finished, and nothing of what was given up.
        let mut given_up = shelf.create("given-up").await.unwrap();
        given_up.write(files[1].1.clone()).await.unwrap();
        assert_eq!(shelf.list().await.unwrap().len(), 3);
        given_up.abort().await;
        assert!(matches!(read(shelf, "given-up").await, Err(StoreError::NotFound)));

        for name in ["../a.gz", ".hidden", "", "a/b", "absent"] {
            assert!(matches!(read(shelf, name).await, Err(StoreError::NotFound)), "{name}");
            shelf.delete(name).await.unwrap();
        }
        assert!(shelf.create("../up").await.is_err());
        shelf.delete("b-2.gz").await.unwrap();
        assert_eq!(shelf.list().await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_folder_holds_files_for_their_owner_and_shows_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/backups");
        let shelf = FolderShelf::new(&path);
        holds(&shelf).await;
        let mode = std::fs::metadata(path.join("a.gz")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(shelf.create("a.gz").await.is_err(), "a file is never written over");
    }

    #[tokio::test]
    async fn a_bucket_holds_files_beside_its_objects() {
        let memory = Memory::new(LEAST_PART);
        let mut options = S3Options::new(test_s3::BUCKET);
        options.endpoint = Some(memory.serve().await);
        options.prefix = "team".to_owned();
        let (access_key, secret_key) = (test_s3::ACCESS_KEY.to_owned(), test_s3::SECRET_KEY.to_owned());
        options.keys = Some(AccessKeys { access_key, secret_key });
        let store = S3Store::open(&options).await.unwrap();
        holds(&store.shelf()).await;
        let objects: Vec<_> = store.list().try_collect().await.unwrap();
        assert_eq!(objects, []);
    }
}
