//! The end of the last phase: are sums and counts what a recount gives? Rows that were lost and came back are counted once too
//! often, or once too seldom, by whoever brought them back.

use super::{Finding, Fsck};
use crate::{
    Result,
    db::{self, recount::Summed},
};

/// How many ids one look spans.
const SPAN: i64 = 10_000;

impl Fsck {
    /// Counts what blobs, then repositories, then projects keep, and puts right what differs.
    pub(super) async fn recount(&mut self) -> Result<()> {
        // The first part of the phase is that of objects.
        while let Some(what) = Summed::ALL.get(self.state.parts.saturating_sub(1)).copied() {
            let highest = db::recount::highest(self.content.db.reader(), what).await?;
            while self.state.after < highest {
                let (after, to) = (self.state.after, self.state.after.saturating_add(SPAN));
                let wrong = db::recount::wrong(self.content.db.reader(), what, after, to).await?;
                self.found(wrong.into_iter().map(|id| Finding::Sum(what, id)).collect()).await?;
                self.state.after = to;
                self.save().await?;
                self.rest().await;
            }
            self.state.parts += 1;
            self.state.after = 0;
        }
        Ok(())
    }
}
