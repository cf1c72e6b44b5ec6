//! The second phase: blobs that no repository links.

use super::{Change, Collection, PAGE, STEP};
use crate::{
    Result,
    content::stored,
    db::{self, blobs::BlobRow},
};
use api_types::CollectionPhase;
use blobstore::{Location, StoreError};

impl Collection {
    /// Removes them, a batch at a time: marked, committed, objects gone, rows gone.
    pub(super) async fn blobs(&mut self) -> Result<()> {
        if self.is_dry() {
            self.forecast().await?;
        } else {
            self.forsake().await?;
            self.take_up().await?;
            let mut batch = self.commit(Change::Blobs { gone: Vec::new(), mark: STEP }).await?.marked;
            while !batch.is_empty() {
                self.remove_objects(&batch).await?;
                self.rest().await;
                batch = self.commit(Change::Blobs { gone: ids(&batch), mark: STEP }).await?.marked;
            }
        }
        let reader = self.content.db.reader();
        let (kept, kept_bytes) = db::collection::kept_for_backups(reader).await?;
        (self.state.report.kept, self.state.report.kept_bytes) = (kept, kept_bytes);
        let total = db::collection::count_blobs(reader).await?;
        self.commit(Change::Enter(CollectionPhase::Objects, total)).await.map(drop)
    }

    /// Gives up what is in quarantine and linked by nothing any more: nobody misses it.
    async fn forsake(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let found = db::fsck::unlinked_after(self.content.db.reader(), after, STEP as u64).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.id;
            let mut seen = Vec::with_capacity(found.len());
            for row in found {
                // One whose row was lost, or lost its place, has a location that no store gives out, and that none can delete.
                let has_place = match row.location.parse::<Location>() {
                    Ok(location) => !matches!(self.content.store.size(&location).await, Err(StoreError::BadLocation)),
                    Err(_) => false,
                };
                seen.push((row, has_place));
            }
            self.commit(Change::Forsake(seen)).await?;
            self.rest().await;
        }
    }

    /// Ends what a holder before had marked.
    async fn take_up(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let batch = db::collection::marked(self.content.db.reader(), after, STEP as u64).await?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = last.id;
            self.remove_objects(&batch).await?;
            self.commit(Change::Blobs { gone: ids(&batch), mark: 0 }).await?;
            self.rest().await;
        }
    }

    async fn remove_objects(&self, batch: &[BlobRow]) -> Result<()> {
        let locations: Vec<Location> = batch.iter().map(|blob| blob.location.clone()).collect();
        stored(self.content.store.delete_many(&locations).await)
    }

    /// Counts what would go.
    async fn forecast(&mut self) -> Result<()> {
        let mut after = 0;
        (self.state.report.done, self.state.report.blobs, self.state.report.bytes) = (0, 0, 0);
        loop {
            let found = db::collection::forecast(self.content.db.reader(), after, self.cutoff(), PAGE).await?;
            let report = &mut self.state.report;
            report.done += found.seen;
            report.blobs += found.blobs;
            report.bytes += found.bytes;
            after = found.last;
            if found.seen < PAGE {
                return Ok(());
            }
            self.save().await?;
            self.rest().await;
        }
    }
}

fn ids(batch: &[BlobRow]) -> Vec<i64> {
    batch.iter().map(|blob| blob.id).collect()
}
