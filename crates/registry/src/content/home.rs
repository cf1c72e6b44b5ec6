//! What this process knows of where all blobs are, and what its store makes of it.

use super::{Content, stored};
use crate::{
    Result,
    db::{self, home::Home},
};
use blobstore::BlobStore;
use std::sync::{Arc, atomic::Ordering};

impl Content {
    /// The store as a check looks at it: once all blobs are in the new place, what only the one of before has is missing.
    pub(crate) fn home(&self) -> &Arc<dyn BlobStore> {
        match self.store.moving() {
            Some(moving) if moving.is_retired() => moving.current(),
            _ => &self.store,
        }
    }

    /// Notes that this process is about to store, wherever blobs were at home until now; `true` if that was elsewhere.
    pub(crate) async fn settle(&self) -> Result<bool> {
        if !db::home::find(self.db.reader()).await?.is_some_and(|home| self.is_left(&home)) {
            return Ok(false);
        }
        let place = Arc::clone(&self.place);
        let left = self.db.write(place, |txn, place| Box::pin(async move { db::home::leave(txn, place).await }));
        let Some(home) = left.await? else { return Ok(false) };
        tracing::warn!(
            before = home.place,
            now = &*self.place,
            "new blobs go into another place than before: until all have moved, every server needs both of them"
        );
        Ok(true)
    }

    /// Has the store follow what is known: whether all blobs are where this process stores.
    pub(crate) async fn follow(&self) -> Result<bool> {
        let home = match db::home::find(self.db.reader()).await {
            Ok(home) => home,
            Err(error) => {
                self.doubt();
                return Err(error);
            }
        };
        let whole = home.as_ref().is_some_and(|home| home.whole && !self.is_left(home));
        if !whole {
            self.doubt();
        } else if let Some(moving) = self.store.moving()
            && !moving.retire_previous(true)
        {
            tracing::info!("all blobs are in the new place: storage.previous is without effect and can be taken away");
        }
        let elsewhere = home.filter(|home| self.is_left(home));
        let told = self.astray.swap(elsewhere.is_some(), Ordering::Relaxed);
        if let Some(home) = elsewhere.filter(|_| !told) {
            tracing::error!(
                home = home.place,
                place = &*self.place,
                "all blobs are in another place than this server stores into, so it takes none: restart it with the [storage] of the \
                 others, or as it is if both are names of one place"
            );
        }
        Ok(whole)
    }

    /// Has the store ask the place of before again, as nothing is known.
    pub(crate) fn doubt(&self) {
        if let Some(moving) = self.store.moving()
            && moving.retire_previous(false)
        {
            tracing::warn!(
                "it is not known any more that all blobs are in the new place: storage.previous is asked again"
            );
        }
    }

    /// Whether the place of before is the present one too: a move would find all blobs there, and say that they may go.
    pub(crate) async fn moves_into_itself(&self) -> Result<bool> {
        match self.store.moving() {
            Some(moving) => stored(moving.is_one_place().await),
            None => Ok(false),
        }
    }

    /// Whether this process has heard that all blobs are elsewhere.
    pub(crate) fn is_astray(&self) -> bool {
        self.astray.load(Ordering::Relaxed)
    }

    /// Whether this process stores somewhere else.
    fn is_left(&self, home: &Home) -> bool {
        *home.place != *self.place
    }
}
