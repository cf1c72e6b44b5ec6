//! The first phase: links that no manifest names.

use super::{Change, Collection, PAGE, STEP};
use crate::{
    Result,
    db::{self, collection::Idle},
};
use api_types::CollectionPhase;

impl Collection {
    /// Looks through all links from where the job stands.
    pub(super) async fn links(&mut self) -> Result<()> {
        loop {
            let reader = self.content.db.reader();
            let page = db::collection::page_of_links(reader, self.state.after, self.cutoff(), PAGE).await?;
            for idle in page.idle {
                if self.is_dry() {
                    self.state.report.links += idle.blobs.len() as u64;
                    continue;
                }
                for blobs in idle.blobs.chunks(STEP) {
                    let part = Idle { blobs: blobs.to_vec(), ..idle };
                    self.commit(Change::Unlink(part, self.cutoff())).await?;
                    self.rest().await;
                }
            }
            for lapsed in page.lapsed {
                if self.is_dry() {
                    break;
                }
                for blobs in lapsed.blobs.chunks(STEP) {
                    let part = Idle { blobs: blobs.to_vec(), ..lapsed };
                    self.commit(Change::Lapse(part, self.cutoff())).await?;
                    self.rest().await;
                }
            }
            self.state.report.done += page.seen;
            let Some(next) = page.next else { break };
            self.state.after = next;
            self.save().await?;
            self.rest().await;
        }
        if !self.is_dry() {
            self.note_garbage().await?;
        }
        let reader = self.content.db.reader();
        let total = if self.is_dry() {
            db::collection::count_blobs(reader).await?
        } else {
            db::collection::count_unlinked(reader).await?
        };
        self.commit(Change::Enter(CollectionPhase::Blobs, total)).await.map(drop)
    }

    /// Notes which blobs nothing links, where that decides when they go.
    async fn note_garbage(&mut self) -> Result<()> {
        if !db::backups::any_held(self.content.db.reader()).await? {
            return Ok(());
        }
        let mut after = 0;
        loop {
            let noted = self.content.db.write(after, |txn, after| {
                Box::pin(async move { db::collection::note_garbage(txn, *after, STEP as u64).await })
            });
            let Some(last) = noted.await? else { return Ok(()) };
            after = last;
            self.rest().await;
        }
    }
}
