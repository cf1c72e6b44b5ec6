//! Which file holds what.
//!
//! ```text
//! <folder>/uploads/<id>   an upload; whoever writes to it holds a lock on it
//! <folder>/<xx>/<id>      an object; xx are the first two letters of its id
//! ```
//!
//! All folders exist from the start, so that an object costs the sync of one file and of one folder.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use super::system;
pub(super) use crate::id::{Id, shards};
use crate::{StoreError, UploadState};

/// The folder of uploads.
pub(super) const UPLOADS: &str = "uploads";

impl Id {
    /// The upload's file.
    pub(super) fn upload(&self) -> String {
        format!("{UPLOADS}/{}", self.as_str())
    }
}

/// A paused upload: which one, and how many bytes of it are on stable storage. Persisted as `folder:<id>:<durable>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paused {
    pub(super) id: Id,
    pub(super) durable: u64,
}

impl From<&Paused> for UploadState {
    fn from(paused: &Paused) -> Self {
        Self::from_bytes(format!("folder:{}:{}", paused.id.as_str(), paused.durable))
    }
}

impl TryFrom<&UploadState> for Paused {
    type Error = StoreError;

    fn try_from(state: &UploadState) -> Result<Self, StoreError> {
        let parse = || {
            let text = std::str::from_utf8(state.as_bytes()).ok()?;
            let (id, durable) = text.strip_prefix("folder:")?.split_once(':')?;
            Some(Self { id: id.parse().ok()?, durable: durable.parse().ok()? })
        };
        parse().ok_or(StoreError::BadState)
    }
}

/// Creates what is missing of the layout, makes it durable, and opens the folder.
///
/// The folder and its parent are always synced: an earlier process may have created them and died before it came to
/// that.
pub(super) fn prepare(path: &Path) -> io::Result<File> {
    create_durably(path)?;
    let folder = File::open(path)?;
    let present = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    let present: std::collections::HashSet<_> = present.iter().filter_map(|name| name.to_str()).collect();
    for name in shards().chain([UPLOADS.to_owned()]).filter(|name| !present.contains(name.as_str())) {
        system::create_folder(&folder, &name)?;
    }
    folder.sync_all()?;
    Ok(folder)
}

/// Creates a folder and its missing ancestors, and syncs the parent of each.
fn create_durably(path: &Path) -> io::Result<()> {
    // A relative path of one component has the empty path as parent.
    let parent = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let Some(parent) = parent else { return Ok(()) };
    if !parent.is_dir() {
        create_durably(parent)?;
    }
    match DirBuilder::new().mode(system::FOLDER_MODE).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(error) => return Err(error),
    }
    match File::open(parent) {
        // A parent that we may search but not read cannot be synced by us. It was not us who created the folder then.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        parent => parent?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_paused_upload_reads_back_as_it_was_written() {
        let paused = Paused { id: Id::random().unwrap(), durable: 12345 };
        assert_eq!(Paused::try_from(&UploadState::from(&paused)).unwrap(), paused);
        for bytes in
            ["", "folder:", "folder:../../x:1", &format!("folder:{}:-1", paused.id.as_str()), paused.id.as_str()]
        {
            assert!(
                matches!(Paused::try_from(&UploadState::from_bytes(bytes)), Err(StoreError::BadState)),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn missing_ancestors_are_created() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("var/lib/data/blobs");
        prepare(&path).unwrap();
        prepare(&path).unwrap();
        assert!(path.join("00").is_dir() && path.join("ff").is_dir() && path.join(UPLOADS).is_dir());
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("blobs");
        fs::write(&path, "").unwrap();
        assert!(prepare(&path).is_err());
        assert!(prepare(&path.join("below")).is_err());
    }
}
