//! The last phase: an object that no row speaks of may be the one that a blob in quarantine misses, whose row was lost or lost its
//! place.

use super::{
    Change, Finding, Fsck, PAGE,
    reading::{Read, Size},
};
use crate::{Result, db};
use api_types::FsckPhase;
use blobstore::Location;

impl Fsck {
    pub(super) async fn reunion(&mut self) -> Result<()> {
        while self.state.parts == 0 {
            let unnamed = db::damages::unnamed(self.content.db.reader(), self.state.after, PAGE).await?;
            let Some((last, _)) = unnamed.last() else {
                (self.state.parts, self.state.after) = (1, 0);
                break;
            };
            let last = *last;
            for (id, location) in unnamed {
                let finding = self.missed(id, location).await?;
                self.state.report.bytes += self.throttle.read();
                self.state.report.done += 1;
                self.found(finding.into_iter().collect()).await?;
                self.save().await?;
            }
            self.state.after = last;
        }
        self.recount().await?;
        self.commit(Change::Enter(FsckPhase::Done, 0)).await
    }

    /// The blob that misses just this object.
    async fn missed(&self, unnamed: i64, location: String) -> Result<Option<Finding>> {
        let Ok(place) = location.parse::<Location>() else { return Ok(None) };
        // What only the place of before has must not become a blob: a move may have looked already.
        if let Some(moving) = self.content.store.moving()
            && !matches!(moving.current().size(&place).await, Ok(Some(_)))
        {
            return Ok(None);
        }
        let Size::Known(size) = Self::size(&self.content, &place).await? else { return Ok(None) };
        let mut rows = db::fsck::damaged_of_size(self.content.db.reader(), size).await?;
        while let Some(algorithm) =
            rows.iter().find_map(|row| Some(row.digest.parse::<oci::Digest>().ok()?.algorithm()))
        {
            let read =
                Self::digest(&self.content, self.content.home(), &self.throttle, &place, size, algorithm).await?;
            let Read::Digest(actual) = read else { return Ok(None) };
            if let Some(row) = rows.iter().find(|row| row.digest == actual.as_str()) {
                return Ok(Some(Finding::Reunited { row: row.clone(), location, unnamed }));
            }
            let is_other = |row: &db::fsck::BlobRow| {
                row.digest.parse::<oci::Digest>().is_ok_and(|digest| digest.algorithm() != algorithm)
            };
            rows.retain(is_other);
        }
        Ok(None)
    }
}
