//! One blob that was not right when somebody read it: what a check would do about it, at once.

use super::{Fsck, LIVE, Verdict, mending::Finding, reading::Throttle};
use crate::{Result, content::Content, db};
use api_types::DamageKind;
use std::sync::Arc;

impl Content {
    /// Reads a blob once more. If it is not right now either, it goes into quarantine and is told among what was found.
    ///
    /// Only for bytes that came and were wrong: of what does not come nobody can say here whether it is lost or the disk is away.
    ///
    /// # Errors
    /// [`crate::Error::Store`], [`crate::Error::Database`].
    pub(crate) async fn look_again(&self, blob: i64) -> Result<()> {
        let found = db::fsck::find_blob(self.db.reader(), blob).await?;
        let Some(row) = found.filter(|row| row.state == LIVE) else { return Ok(()) };
        let verdict = Fsck::examine(self, &Throttle::new(0), &row, &row.digest, true).await?;
        let digest = row.digest.clone();
        if verdict != Verdict::Damaged(DamageKind::Changed) {
            tracing::warn!(
                digest,
                ?verdict,
                "a blob was not what was stored when it was read, and is not found so again"
            );
            return Ok(());
        }
        let hits = db::damages::hit_by_blob(self.db.reader(), row.id).await?;
        let names: Vec<_> = hits.iter().map(|hit| hit.name.clone()).collect();
        let finding = Finding::Blob { row, digest: digest.clone(), kind: DamageKind::Changed, has_place: true, hits };
        let args = (finding, Arc::clone(&self.place), self.now());
        self.db
            .write(args, |txn, (finding, place, now)| {
                Box::pin(async move {
                    db::home::hold(txn, place).await?;
                    for damage in finding.settle(txn, *now).await? {
                        db::damages::insert(txn, &damage, *now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        tracing::error!(
            digest,
            repositories = ?names,
            "a blob is not what was stored: it is in quarantine until it is pushed again, or found whole by a check"
        );
        Ok(())
    }
}
