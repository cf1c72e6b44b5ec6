//! The third phase: objects that never got a row.
//!
//! An object is stored before its row is committed, so a young one may be about to get its row; and a bucket may date an object
//! by the beginning of its upload. So a stray's location is taken by a row of its own before the object goes: whoever comes late
//! with that location is refused, and the row stays for as long as anybody may come.
//!
//! Where rows of blobs were lost, an object without one may be what a check reunites with what names it: then none goes.

use super::{Change, Collection, PAGE, STEP, STRAY_AGE, micros};
use crate::{Result, content::stored, db};
use api_types::CollectionPhase;
use blobstore::StoredObject;
use futures::StreamExt as _;
use std::time::SystemTime;

impl Collection {
    /// Looks through the whole store.
    pub(super) async fn strays(&mut self) -> Result<()> {
        let now = db::sql::time(self.content.db.reader()).await?;
        let old: SystemTime = db::from_micros(now.saturating_sub(self.order.stray_age)).into();
        self.state.report.done = 0;
        if self.is_dry() {
            (self.state.report.objects, self.state.report.object_bytes) = (0, 0);
        }
        let mut objects = self.content.store.list();
        let mut batch = Vec::with_capacity(STEP);
        let mut unrested = 0;
        while let Some(object) = objects.next().await {
            let object = stored(object)?;
            self.state.report.done += 1;
            unrested += 1;
            if object.modified < old {
                batch.push(object);
            }
            if batch.len() == STEP {
                self.look_at(std::mem::take(&mut batch)).await?;
            }
            if unrested == PAGE {
                unrested = 0;
                self.save().await?;
                self.rest().await;
            }
        }
        self.look_at(batch).await?;
        if !self.is_dry() {
            let forget = self.content.db.write(micros(STRAY_AGE), |txn, age| {
                Box::pin(async move { db::collection::forget_strays(txn, *age).await })
            });
            forget.await?;
        }
        self.commit(Change::Enter(CollectionPhase::Done, 0)).await.map(drop)
    }

    /// Whether rows speak of blobs whose own rows are gone. A check gives those back and finds their objects, which must not go
    /// before that. Looked for once, and only where an object has no row.
    async fn are_rows_lost(&mut self) -> Result<bool> {
        if let Some(lost) = self.rows_lost {
            return Ok(lost);
        }
        let lost = db::collection::are_rows_lost(self.content.db.reader()).await?;
        if lost {
            tracing::warn!(
                job = self.held.id,
                "rows of blobs are lost, so no object without a row is deleted: run a check (`slipway fsck`), which mends them"
            );
        }
        self.rows_lost = Some(lost);
        Ok(lost)
    }

    async fn look_at(&mut self, objects: Vec<StoredObject>) -> Result<()> {
        let locations: Vec<_> = objects.iter().map(|object| object.location.clone()).collect();
        let unknown = db::collection::without_row(self.content.db.reader(), &locations).await?;
        if unknown.is_empty() || self.are_rows_lost().await? {
            return Ok(());
        }
        let strays: Vec<_> = objects
            .into_iter()
            .filter(|object| unknown.contains(&object.location))
            .map(|object| (object.location, object.size))
            .collect();
        let (count, bytes) = (strays.len() as u64, strays.iter().map(|(_, size)| size).sum::<u64>());
        if !self.is_dry() {
            let claimed = self.commit(Change::Strays(strays)).await?.strays;
            stored(self.content.store.delete_many(&claimed).await)?;
            self.rest().await;
        }
        self.state.report.objects += count;
        self.state.report.object_bytes += bytes;
        Ok(())
    }
}
