//! One blob that was not right when somebody read it: what a check would do about it, at once.

use super::{
    Fsck, LISTED, LIVE,
    mending::Finding,
    reading::{Read, Throttle},
};
use crate::{Result, content::Content, db, db::blobs::BlobRow};
use api_types::DamageKind;
use oci::Digest;
use std::sync::Arc;

/// A blob whose bytes were read, and are not those of its digest.
#[derive(Debug)]
pub(crate) struct Suspicion {
    pub(crate) blob: BlobRow,
    pub(crate) digest: Digest,
    /// The digest of what was read.
    pub(crate) read: Digest,
}

impl Content {
    /// Reads the blob once more, at most at this rate (see [`crate::Options::read_rate`]). Where the same wrong bytes come again it
    /// goes into quarantine and is told among what was found. Whatever else comes proves nothing: bytes that are wrong in another
    /// way each time were changed on their way, and of what does not come nobody can say here whether it is lost or the disk is away.
    ///
    /// `true` once it is certain what it is; otherwise a check may tell.
    ///
    /// # Errors
    /// [`crate::Error::Store`], [`crate::Error::Database`].
    pub(crate) async fn look_again(&self, suspicion: Suspicion, rate: u64) -> Result<bool> {
        let Suspicion { blob, digest, read } = suspicion;
        let found = db::fsck::find_blob(self.db.reader(), blob.id).await?;
        let is_same = |row: &db::fsck::BlobRow| row.state == LIVE && row.location == blob.location.as_str();
        let Some(row) = found.filter(is_same) else { return Ok(true) };
        let (throttle, location) = (Throttle::new(rate), &blob.location);
        match Fsck::digest(self, &self.store, &throttle, location, blob.size, digest.algorithm()).await? {
            Read::Digest(again) if again == read => {}
            Read::Digest(again) if again == digest => {
                tracing::warn!(%digest, "a blob was read wrong, and right when it was read again");
                return Ok(true);
            }
            Read::Digest(_) => {
                tracing::error!(%digest, "a blob is read wrong in another way each time: something changes it on its way here");
                return Ok(false);
            }
            Read::Other | Read::Unreadable => {
                tracing::error!(%digest, "a blob was read wrong, and cannot be read again: a check tells what is lost");
                return Ok(false);
            }
        }
        let is_longer = self.store.size(location).await.is_ok_and(|size| size.is_some_and(|size| size != blob.size));
        let kind = if is_longer { DamageKind::WrongLength } else { DamageKind::Changed };
        if self.quarantine(row, kind).await? {
            tracing::error!(%digest, "a blob is not what was stored: it is in quarantine until it is pushed again or found whole by a check");
        }
        Ok(true)
    }

    /// `false` if somebody was quicker.
    async fn quarantine(&self, row: db::fsck::BlobRow, kind: DamageKind) -> Result<bool> {
        let hits = db::damages::hit_by_blob(self.db.reader(), row.id).await?;
        let digest = row.digest.clone();
        let finding = Finding::Blob { row, digest, kind, has_place: true, hits };
        let args = (finding, Arc::clone(&self.place), self.now());
        self.db
            .write(args, |txn, (finding, place, now)| {
                Box::pin(async move {
                    db::home::hold(txn, place).await?;
                    let damages = finding.settle(txn, *now).await?;
                    for damage in &damages {
                        db::damages::insert_of_pull(txn, damage, LISTED, *now).await?;
                    }
                    Ok(!damages.is_empty())
                })
            })
            .await
    }
}
