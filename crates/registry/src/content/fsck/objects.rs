//! The first phase: is every object there, and does every object have a row? And the fourth: is every byte what was stored?

use super::{AT_ONCE, Change, Finding, Fsck, LIVE, PAGE, Verdict};
use crate::{
    Result,
    content::stored,
    db::{self, fsck::BlobRow},
};
use api_types::FsckPhase;
use blobstore::{Location, StoredObject};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::{
    collections::{HashMap, HashSet},
    time::SystemTime,
};

/// Repositories with the names of their tags that are in memory at the same time, beside those of one blob.
const HITS: usize = 1_000;

/// States of rows that have no object to be looked for.
const NONE: [&str; 2] = ["deleting", "stray"];

impl Fsck {
    /// Compares the store with the rows, a part at a time.
    pub(super) async fn objects(&mut self) -> Result<()> {
        let parts = self.content.store.parts();
        while self.state.parts < parts.len() {
            // The first part begins with the first text and the last ends with the last one: no row is in between.
            let from = if self.state.parts == 0 { "" } else { parts[self.state.parts].as_str() };
            let to = parts.get(self.state.parts + 1).map(String::as_str);
            self.part(from, to, &parts[self.state.parts]).await?;
            self.state.parts += 1;
            self.save().await?;
            self.rest().await;
        }
        let total = db::fsck::count_manifests(self.content.db.reader()).await?;
        self.commit(Change::Enter(FsckPhase::Manifests, total)).await
    }

    async fn part(&mut self, from: &str, to: Option<&str>, part: &str) -> Result<()> {
        // Rows first: an object is there before its row is.
        let rows = db::fsck::blobs_between(self.content.db.reader(), from, to).await?;
        let mut objects: HashMap<String, StoredObject> = HashMap::new();
        let mut list = self.content.store.list_part(part);
        while let Some(object) = list.next().await {
            let object = stored(object)?;
            objects.insert(object.location.to_string(), object);
        }
        let (mut checked, mut suspicious) = (0, Vec::new());
        let mut known = HashSet::with_capacity(rows.len());
        for row in rows {
            let is_looked_for = !NONE.contains(&row.state.as_str());
            checked += u64::from(is_looked_for);
            let is_as_it_should = objects.get(&row.location).is_some_and(|object| object.size == row.size);
            known.insert(row.location.clone());
            if is_looked_for && !(is_as_it_should && row.state == LIVE) {
                suspicious.push(row);
            }
        }
        objects.retain(|location, _| !known.contains(location));
        self.look_at(suspicious).await?;
        self.unnamed(objects.into_values().collect()).await?;
        self.state.report.blobs += checked;
        self.state.report.done += checked;
        Ok(())
    }

    /// Looks at blobs one by one; those in quarantine are read, as nobody knows what has become of them.
    async fn look_at(&mut self, suspicious: Vec<BlobRow>) -> Result<()> {
        let mut rows = suspicious.into_iter();
        loop {
            let some: Vec<_> = rows.by_ref().take(super::STEP).collect();
            if some.is_empty() {
                return Ok(());
            }
            let (content, throttle) = (&self.content, &self.throttle);
            let looks = some.into_iter().map(|row| async move {
                let verdict = Self::examine(content, throttle, &row, &row.digest, row.state != LIVE).await?;
                Ok::<_, crate::Error>((row, verdict))
            });
            let verdicts: Vec<_> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
            self.judge(verdicts).await?;
            self.save().await?;
        }
    }

    /// Says what is to be said of blobs that were looked at.
    async fn judge(&mut self, verdicts: Vec<(BlobRow, Verdict)>) -> Result<()> {
        self.state.report.bytes += self.throttle.read();
        let (mut findings, mut hit) = (Vec::new(), 0);
        for (row, verdict) in verdicts {
            if matches!(verdict, Verdict::Whole(size) if row.state == LIVE && size == row.size) {
                continue;
            }
            // Before the transaction, for which pushes wait.
            let hits = db::damages::hit_by_blob(self.content.db.reader(), row.id).await?;
            hit += hits.len();
            let digest = row.digest.clone();
            let finding = match verdict {
                Verdict::Whole(size) => Finding::BlobWhole { row, digest, size, hits },
                Verdict::Damaged(kind) => {
                    let has_place = match row.location.parse::<Location>() {
                        Ok(location) => self.content.store.size(&location).await.is_ok(),
                        Err(_) => false,
                    };
                    Finding::Blob { row, digest, kind, has_place, hits }
                }
            };
            findings.push(finding);
            if hit >= HITS {
                self.found(std::mem::take(&mut findings)).await?;
                hit = 0;
            }
        }
        self.found(findings).await
    }

    /// Tells of objects that are old enough and have no row.
    async fn unnamed(&mut self, objects: Vec<StoredObject>) -> Result<()> {
        if objects.is_empty() {
            return Ok(());
        }
        let now = db::sql::time(self.content.db.reader()).await?;
        let old: SystemTime = db::from_micros(now.saturating_sub(self.order.unnamed_age)).into();
        let old: Vec<_> = objects.into_iter().filter(|object| object.modified < old).collect();
        for some in old.chunks(db::sql::LIST) {
            let locations: Vec<_> = some.iter().map(|object| object.location.clone()).collect();
            // They may have got one since.
            let unknown = db::collection::without_row(self.content.db.reader(), &locations).await?;
            self.found(unknown.into_iter().map(|location| Finding::Unnamed { location }).collect()).await?;
        }
        Ok(())
    }

    /// Reads and hashes everything.
    pub(super) async fn bytes(&mut self) -> Result<()> {
        loop {
            let page = db::fsck::live_after(self.content.db.reader(), self.state.after, PAGE).await?;
            let Some(last) = page.last().map(|row| row.id) else { break };
            let (content, throttle) = (self.content.clone(), self.throttle.clone());
            let looks = page.into_iter().map(move |row| {
                let (content, throttle) = (content.clone(), throttle.clone());
                async move {
                    let verdict = Self::examine(&content, &throttle, &row, &row.digest, true).await?;
                    Ok::<_, crate::Error>((row, verdict))
                }
            });
            // In order, so that whoever goes on after us knows from where.
            let mut looks = stream::iter(looks).buffered(AT_ONCE);
            while let Some(looked) = looks.next().await {
                let (row, verdict) = looked?;
                (self.state.after, self.state.report.done) = (row.id, self.state.report.done + row.size);
                self.judge(vec![(row, verdict)]).await?;
                self.save().await?;
            }
            self.state.after = last;
        }
        self.commit(Change::Enter(FsckPhase::Reunion, 0)).await
    }
}
