//! Where copies go that are kept, how many, and what they are called.

use super::BackupError;
use api_types::{BackupPlace, BackupPlan};
use blobstore::Shelf;
use std::{sync::Arc, time::Duration};
use time::{OffsetDateTime, UtcOffset, macros::format_description};

/// What names of copies begin and end with. Names sort by time.
const BEGINS: &str = "slipway-";
const ENDS: &str = ".backup.gz";

/// Where copies go that are kept, and when they are made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What kind of place it is.
    pub place: BackupPlace,
    /// What people know it by.
    pub path: String,
    /// The place.
    pub shelf: Arc<dyn Shelf>,
    /// How often servers make a copy by themselves, over all processes; never where absent.
    pub interval: Option<Duration>,
    /// How many are kept, at least one.
    pub keep: u64,
    /// How long blobs are kept for the sake of a copy that was taken away.
    pub hold: Duration,
}

impl Plan {
    /// As people see it.
    pub(super) fn shown(&self) -> BackupPlan {
        BackupPlan {
            place: self.place,
            path: self.path.clone(),
            interval: self.interval.map(|interval| interval.as_secs()),
            keep: self.keep,
        }
    }

    /// The names of the copies that there are, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn names(&self) -> Result<Vec<String>, BackupError> {
        let files = self.shelf.list().await?;
        Ok(files.into_iter().map(|file| file.name).filter(|name| is_ours(name)).collect())
    }

    /// The newest copy that there is, if it is newer than the one of this name. Of a name that tells no time nothing is known.
    ///
    /// # Errors
    /// As [`Plan::names`].
    pub async fn newer_than(&self, name: &str) -> Result<Option<String>, BackupError> {
        let newest = self.names().await?.pop();
        Ok(newest.filter(|newest| is_ours(name) && newest.as_str() > name))
    }

    /// Removes all but the newest.
    pub(super) async fn rotate(&self) -> Result<(), BackupError> {
        let keep = usize::try_from(self.keep.max(1)).unwrap_or(usize::MAX);
        for old in self.names().await?.iter().rev().skip(keep) {
            self.shelf.delete(old).await?;
        }
        Ok(())
    }
}

/// Whether this is the name of a copy that was kept.
fn is_ours(name: &str) -> bool {
    name.starts_with(BEGINS) && name.ends_with(ENDS)
}

/// The name of a copy that is made at this moment.
pub(super) fn name_of(at: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let text = at.to_offset(UtcOffset::UTC).format(&format).unwrap_or_default();
    format!("{BEGINS}{text}{ENDS}")
}
