//! The third phase: rows that lead nowhere, and tags that are not where they were last moved to.

use super::{Change, Finding, Fsck};
use crate::{Result, db};
use api_types::FsckPhase;

/// How many ids one look spans.
const SPAN: i64 = 10_000;

impl Fsck {
    /// Tags, then what manifests name, then links, then moves of tags, by their ids.
    pub(super) async fn rows(&mut self) -> Result<()> {
        let highest = db::fsck::highest(self.content.db.reader()).await?;
        while let Some(highest) = highest.get(self.state.parts) {
            let highest = db::sql::signed(*highest);
            while self.state.after < highest {
                let (after, to) = (self.state.after, self.state.after.saturating_add(SPAN));
                let findings = self.between(after, to).await?;
                self.state.after = to;
                self.state.report.done += db::sql::unsigned(to.min(highest) - after);
                self.found(findings).await?;
                self.save().await?;
                self.rest().await;
            }
            self.state.parts += 1;
            self.state.after = 0;
        }
        let next = if self.state.report.deep {
            Change::Enter(FsckPhase::Content, db::fsck::live_bytes(self.content.db.reader()).await?)
        } else {
            Change::Enter(FsckPhase::Reunion, 0)
        };
        self.commit(next).await
    }

    async fn between(&self, after: i64, to: i64) -> Result<Vec<Finding>> {
        let reader = self.content.db.reader();
        Ok(match self.state.parts {
            0 => db::fsck::lost_tags(reader, after, to).await?.into_iter().map(Finding::Tag).collect(),
            1 => {
                let lost = db::fsck::orphaned_references(reader, after, to).await?;
                lost.into_iter().map(Finding::References).collect()
            }
            2 => db::fsck::orphaned_links(reader, after, to).await?.into_iter().map(Finding::Links).collect(),
            _ => db::fsck::stray_tags(reader, after, to).await?.into_iter().map(Finding::Stray).collect(),
        })
    }
}
