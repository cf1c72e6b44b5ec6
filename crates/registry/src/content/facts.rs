//! What pulls ask for again and again, remembered between two writes.
//!
//! A fact is believed while this process has written nothing since it was read, and no longer than a second: see
//! [`Freshness`]. So a pull always sees what was acknowledged before it, and many pulls of one tag cost one statement.
//!
//! Where several processes serve from one database nothing is remembered here: a tag may have been moved, or a manifest
//! deleted, by another one a moment ago, and the client that comes here next knows of it.

use super::{Content, NamePage};
use crate::{
    Clock, Result,
    access::RepositoryId,
    db::{self, Db, blobs::LinkedBlob, manifests::Found},
    freshness::{Fresh, Freshness},
};
use oci::{Digest, Reference};
use std::sync::Arc;

/// Manifests and blobs remembered at most, each.
const CAPACITY: u64 = 10_000;

/// Pages of tag names remembered at most: some 20 kB for each.
const PAGES: u64 = 256;

/// Repository, length of the page, and the name before it.
type PageKey = (RepositoryId, (usize, Box<str>));

/// See the module.
#[derive(Debug)]
pub(crate) struct Facts {
    freshness: Freshness,
    manifests: Fresh<(RepositoryId, Reference), Arc<Found>>,
    blobs: Fresh<(RepositoryId, Digest), Arc<LinkedBlob>>,
    names: Fresh<PageKey, Arc<NamePage>>,
}

impl Facts {
    pub(super) fn new(db: &Db, clock: Arc<dyn Clock>) -> Self {
        let freshness = Freshness::following(clock, db.writes()).unless_shared(db.is_shared());
        Self { freshness, manifests: Fresh::new(CAPACITY), blobs: Fresh::new(CAPACITY), names: Fresh::new(PAGES) }
    }
}

impl Content {
    /// The manifest that a tag or digest stands for.
    pub(super) async fn find_manifest(
        &self,
        repository: RepositoryId,
        reference: &Reference,
    ) -> Result<Option<Arc<Found>>> {
        let stamp = self.facts.freshness.stamp();
        if let Some(found) = self.facts.manifests.find(&Key(repository, reference), stamp) {
            return Ok(Some(found));
        }
        let found = db::manifests::find(self.db.reader(), repository, reference).await?.map(Arc::new);
        if let Some(found) = &found {
            self.facts.manifests.keep((repository, reference.clone()), stamp, Arc::clone(found));
        }
        Ok(found)
    }

    /// A blob that the repository links.
    pub(super) async fn find_blob(&self, repository: RepositoryId, digest: &Digest) -> Result<Option<Arc<LinkedBlob>>> {
        let stamp = self.facts.freshness.stamp();
        if let Some(found) = self.facts.blobs.find(&Key(repository, digest), stamp) {
            return Ok(Some(found));
        }
        let found = db::blobs::find_linked(self.db.reader(), repository, digest).await?.map(Arc::new);
        if let Some(found) = &found {
            self.facts.blobs.keep((repository, digest.clone()), stamp, Arc::clone(found));
        }
        Ok(found)
    }

    /// Up to `limit` names of tags after `last`, in byte order.
    pub(super) async fn tag_names(&self, repository: RepositoryId, limit: usize, last: &str) -> Result<Arc<NamePage>> {
        let stamp = self.facts.freshness.stamp();
        let key = (limit, last.into());
        if let Some(page) = self.facts.names.find(&Key(repository, &key), stamp) {
            return Ok(page);
        }
        let names = db::tags::names(self.db.reader(), repository, last, limit + 1).await?;
        let page = Arc::new(NamePage::cut(names, limit));
        self.facts.names.keep((repository, key), stamp, Arc::clone(&page));
        Ok(page)
    }
}

/// A key that is only looked up.
#[derive(Hash)]
struct Key<'a, T>(RepositoryId, &'a T);

impl<T: Eq> moka::Equivalent<(RepositoryId, T)> for Key<'_, T> {
    fn equivalent(&self, key: &(RepositoryId, T)) -> bool {
        self.0 == key.0 && *self.1 == key.1
    }
}
