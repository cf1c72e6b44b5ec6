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
            self.state.report.done += page.seen;
            let Some(next) = page.next else { break };
            self.state.after = next;
            self.save().await?;
            self.rest().await;
        }
        let reader = self.content.db.reader();
        let total = if self.is_dry() {
            db::collection::count_blobs(reader).await?
        } else {
            db::collection::count_unlinked(reader).await?
        };
        self.commit(Change::Enter(CollectionPhase::Blobs, total)).await.map(drop)
    }
}
