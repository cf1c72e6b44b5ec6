//! A loss made on purpose, to show that the proof would find one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use oci::Digest;

use crate::journal::Journal;

/// Deletes the file of one acknowledged blob below `data`: its digest. The file is found by its content.
pub fn delete_one_blob(journal: &Journal, data: &Path) -> Result<Digest> {
    let acknowledged = journal.blobs().iter().filter(|(_, entry)| entry.acknowledged);
    let ((_, digest), entry) =
        acknowledged.max_by_key(|(_, entry)| entry.payload.size).context("nothing was acknowledged")?;
    let is_it = |path: &Path| {
        fs::metadata(path).is_ok_and(|metadata| metadata.len() == entry.payload.size)
            && fs::read(path).is_ok_and(|bytes| entry.payload.matches(0, &bytes))
    };
    let found: Vec<_> = files(data)?.into_iter().filter(|path| is_it(path)).collect();
    anyhow::ensure!(!found.is_empty(), "no file below {} has the bytes of {digest}", data.display());
    for path in &found {
        println!("sabotage: {} is deleted ({digest})", path.display());
        fs::remove_file(path)?;
    }
    Ok(digest.clone())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}
