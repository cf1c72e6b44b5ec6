//! What this process knows of where all blobs are, and what its store makes of it.

use super::{Content, store_error, stored};
use crate::{
    Actor, Result,
    db::{
        self,
        audit::{self, Event},
        blobs::BlobRow,
        home::Home,
    },
};
use blobstore::{BlobStore, StoreError};
use std::sync::{Arc, atomic::Ordering};

/// How many of the newest blobs must be seen by whoever is to store in another place than the one where all of them are. A place
/// that was left lacks the newest ones first.
const SAMPLE: u64 = 5;

/// Where blobs are, for a process that is about to store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Settled {
    /// Where it stores, as far as is known.
    Here,
    /// In another place until now, which it reads as well, or which is this one by another name. Nothing is known from now on.
    Moved,
    /// In another place, and not all of them where it looks: it must not store. Nothing was changed.
    Elsewhere(Elsewhere),
}

/// Blobs are in another place than the one that a process stores into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The place where they are, by what the database knows.
    pub home: String,
    /// The place that the process stores into.
    pub place: String,
    /// How many of the newest ones were looked for where the process reads.
    pub newest: u64,
    /// How many of those are not there.
    pub missing: u64,
}

impl Content {
    /// The store as a check looks at it: once all blobs are in the new place, what only the one of before has is missing.
    pub(crate) fn home(&self) -> &Arc<dyn BlobStore> {
        match self.store.moving() {
            Some(moving) if moving.is_retired() => moving.current(),
            _ => &self.store,
        }
    }

    /// Notes that this process is about to store, unless blobs are elsewhere and it does not see them.
    pub(crate) async fn settle(&self) -> Result<Settled> {
        let Some(elsewhere) = self.elsewhere().await? else { return Ok(Settled::Here) };
        if elsewhere.missing > 0 {
            return Ok(Settled::Elsewhere(elsewhere));
        }
        Ok(if self.leave(None).await? { Settled::Moved } else { Settled::Here })
    }

    /// Where blobs are, if that is not where this process stores, and what it sees of them.
    pub(crate) async fn elsewhere(&self) -> Result<Option<Elsewhere>> {
        let home = db::home::find(self.db.reader()).await?;
        let Some(Home { place: home, .. }) = home.filter(|home| self.is_left(home)) else { return Ok(None) };
        let newest = db::blobs::newest_live(self.db.reader(), SAMPLE).await?;
        let mut missing = 0;
        for blob in &newest {
            if !self.sees(blob).await? {
                missing += 1;
            }
        }
        Ok(Some(Elsewhere { home, place: self.place.to_string(), newest: newest.len() as u64, missing }))
    }

    /// Whether an object is where this process reads.
    async fn sees(&self, blob: &BlobRow) -> Result<bool> {
        match self.store.size(&blob.location).await {
            Ok(size) => Ok(size == Some(blob.size)),
            Err(StoreError::BadLocation) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }

    /// As [`Content::settle`] whatever this process sees, because somebody says so; `true` if blobs were to be elsewhere.
    pub(crate) async fn accept(&self, actor: &Actor) -> Result<bool> {
        self.access.administrator(actor).await?;
        self.leave(Some(Event::new(actor, "storage.accept", &*self.place))).await
    }

    /// Notes that new blobs go where this process stores, wherever they were at home until now; `true` if that was elsewhere.
    async fn leave(&self, event: Option<Event>) -> Result<bool> {
        let args = (Arc::clone(&self.place), event, self.now());
        let left = self.db.write(args, |txn, (place, event, now)| {
            Box::pin(async move {
                let home = db::home::leave(txn, place).await?;
                if let (Some(home), Some(event)) = (&home, event) {
                    let mut event = event.clone();
                    event.detail("before", home.place.as_str().into());
                    audit::record(txn, &event, *now).await?;
                }
                Ok(home)
            })
        });
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
