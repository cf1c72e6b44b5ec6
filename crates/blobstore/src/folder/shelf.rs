//! Files with names in a folder.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};

use super::in_thread;
use crate::{
    ByteStream, StoreError,
    shelf::{Shelf, ShelfFile, ShelfWriter, is_name, no_name},
};

/// How much is read at once.
const PIECE: u64 = 256 * 1024;

/// A shelf in a folder, which is made when the first file is begun.
#[derive(Debug, Clone)]
pub struct FolderShelf {
    path: Arc<Path>,
}

impl FolderShelf {
    /// The shelf in this folder. Touches nothing yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path: PathBuf = path.into();
        Self { path: path.into() }
    }

    /// Begins a file at any path, as [`Shelf::create`] does on a shelf.
    ///
    /// Errors: [`StoreError::Io`] where there is one already.
    pub async fn create_file(path: &Path) -> Result<Box<dyn ShelfWriter>, StoreError> {
        let name = path.file_name().ok_or_else(no_name)?.to_string_lossy();
        let (part, path) = (path.with_file_name(format!(".{name}.part")), path.to_owned());
        let writing = in_thread(move || {
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            }
            if path.exists() {
                let reason = format!("{} exists already", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
            }
            // What a crash has left behind is nobody's.
            let _ = fs::remove_file(&part);
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
            Ok(Writing { file: Arc::new(file), part: Part(Some(part)), path })
        });
        Ok(Box::new(writing.await?))
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        is_name(name).then(|| self.path.join(name))
    }
}

#[async_trait]
impl Shelf for FolderShelf {
    async fn create(&self, name: &str) -> Result<Box<dyn ShelfWriter>, StoreError> {
        Self::create_file(&self.file(name).ok_or_else(no_name)?).await
    }

    async fn list(&self) -> Result<Vec<ShelfFile>, StoreError> {
        let path = Arc::clone(&self.path);
        in_thread(move || {
            let entries = match fs::read_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let mut files = Vec::new();
            for entry in entries {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                // One that goes at this moment is gone.
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_file() && is_name(&name) {
                    files.push(ShelfFile { name, size: metadata.len(), modified: metadata.modified()? });
                }
            }
            files.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(files)
        })
        .await
    }

    async fn open(&self, name: &str) -> Result<ByteStream, StoreError> {
        let path = self.file(name).ok_or(StoreError::NotFound)?;
        let file = in_thread(move || File::open(path)).await?;
        let pieces = stream::try_unfold(file, |file| async move {
            in_thread(move || {
                let mut piece = Vec::new();
                (&file).take(PIECE).read_to_end(&mut piece)?;
                Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
            })
            .await
        });
        Ok(pieces.boxed())
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let Some(path) = self.file(name) else { return Ok(()) };
        match in_thread(move || fs::remove_file(path)).await {
            Err(StoreError::NotFound) => Ok(()),
            removed => removed,
        }
    }
}

/// A file that has not got its name yet.
struct Writing {
    file: Arc<File>,
    part: Part,
    path: PathBuf,
}

/// Goes when it is dropped, unless it has got its name.
struct Part(Option<PathBuf>);

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

#[async_trait]
impl ShelfWriter for Writing {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        let file = Arc::clone(&self.file);
        in_thread(move || (&*file).write_all(&piece)).await
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        in_thread(move || {
            self.file.sync_all()?;
            if let Some(part) = &self.part.0 {
                fs::rename(part, &self.path)?;
            }
            self.part.0 = None;
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
        })
        .await
    }

    async fn abort(self: Box<Self>) {
        drop(self);
    }
}
