//! Writing uploads.
//!
//! Bytes are gathered into parts, and a full part is sent while the next one is filled. Nothing is sent before more than
//! one part is there, so what is smaller is one object in one request. A pause waits for the parts on their way and keeps
//! what follows them as a tail, so that parts are cut at the same places whoever writes them.

use std::{mem, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    Shared,
    claims::Claim,
    filling::{Filling, Held, lost},
    multipart::{Multipart, Part},
    sending::Sending,
    state::{Paused, Tail},
};
use crate::{BlobWriter, Location, StoreError, UploadState, id::Id};

/// Appends to an upload that it has claimed.
#[derive(Debug)]
pub(super) struct S3Writer {
    store: Arc<Shared>,
    id: Id,
    sending: Sending,
    filling: Arc<Filling>,
    origin: Origin,
    /// Whether it is to become an object whose name others know already.
    unpausable: bool,
    /// Given up when nothing of this writer is on its way any more.
    claim: Option<Claim>,
}

/// What others know of the upload.
#[derive(Debug, Default)]
pub(super) struct Origin {
    /// Whether there is a state to resume it from, so that it may not be removed.
    pub(super) named: bool,
    /// Whether that state speaks of the multipart upload.
    pub(super) multipart: bool,
    /// The tail in that state.
    pub(super) tail: Option<Tail>,
    /// The tail of the state before, which is of no more use.
    pub(super) previous: Option<String>,
}

impl S3Writer {
    /// Begins with nothing.
    pub(super) fn begin(store: Arc<Shared>, id: Id, claim: Claim) -> Self {
        let filling = store.filling(&id);
        Self::resume(store, id, claim, filling, None, Vec::new(), Origin::default())
    }

    /// Cannot be paused: whoever resumed it would make an object of another name.
    pub(super) fn unpausable(mut self) -> Self {
        self.unpausable = true;
        self
    }

    /// Goes on after `parts`, which the server has, and what is held in `filling`.
    pub(super) fn resume(
        store: Arc<Shared>,
        id: Id,
        claim: Claim,
        filling: Arc<Filling>,
        upload: Option<Multipart>,
        parts: Vec<Part>,
        origin: Origin,
    ) -> Self {
        let sending = Sending::new(store.clone(), upload, parts);
        Self { store, id, sending, filling, origin, unpausable: false, claim: Some(claim) }
    }

    /// Sends a part.
    async fn send(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        // Others who have the state may come here too; nobody shall complete an object twice.
        let object = if self.origin.named { self.id.sibling()? } else { self.id.clone() };
        self.sending.send(&object, bytes).await
    }

    /// Stores all bytes as one object, of a location that nobody else could have had.
    async fn commit_whole(&self, held: Held) -> Result<Location, StoreError> {
        let bucket = &self.store.bucket;
        let bytes = match held {
            Held::Room(room, _) => room.into_bytes(),
            _ => Bytes::new(),
        };
        // Others may know this upload, and may think that it is theirs to commit.
        let id = if self.origin.named { self.id.sibling()? } else { self.id.clone() };
        let object = bucket.object(&id);
        let Some(tail) = &self.origin.tail else {
            bucket.put(&object, bytes).await?;
            return Ok(id.location());
        };
        // It lives as long as its tail.
        let tail = bucket.tail(&self.id, &tail.nonce);
        let (stored, alive) = tokio::join!(bucket.put(&object, bytes), bucket.head(&tail, false));
        stored?;
        match alive {
            Ok(Some(_)) => Ok(id.location()),
            not_alive => {
                self.store.remove(&[object]).await;
                Err(not_alive.err().unwrap_or(StoreError::NotFound))
            }
        }
    }

    /// Makes the last part of what is held, and an object of all parts.
    async fn commit_parts(&mut self, upload: &Multipart, held: Held) -> Result<Location, StoreError> {
        if let Held::Room(room, _) = held
            && room.length() > 0
        {
            self.send(room.into_bytes()).await?;
        }
        self.sending.complete(upload).await?;
        Ok(upload.object.location())
    }

    /// The tails that are there for this upload, as far as this writer knows.
    fn known_tails(&mut self) -> Vec<String> {
        let mut nonces = self.filling.take_stale();
        nonces.extend(self.origin.previous.take());
        nonces.extend(self.origin.tail.take().map(|tail| tail.nonce));
        nonces.sort();
        nonces.dedup();
        nonces
    }

    fn keys(&self, nonces: &[String]) -> Vec<String> {
        nonces.iter().map(|nonce| self.store.bucket.tail(&self.id, nonce)).collect()
    }
}

#[async_trait]
impl BlobWriter for S3Writer {
    async fn write(&mut self, mut chunk: Bytes) -> Result<(), StoreError> {
        self.sending.note()?;
        let filling = self.filling.clone();
        let mut held = filling.lock().await;
        while !chunk.is_empty() {
            if matches!(&*held, Held::Room(room, _) if room.is_full())
                && let Held::Room(room, saved) = filling.empty(&mut held)
            {
                if let Some(tail) = saved {
                    filling.forget(tail);
                }
                // Until they are on their way, an error or a caller that gives up makes the upload useless.
                *held = Held::Lost;
                self.send(room.into_bytes()).await?;
                *held = Held::Nothing;
            }
            filling.fill(&mut held, self.sending.part_size(), &mut chunk).await?;
        }
        Ok(())
    }

    async fn pause(mut self: Box<Self>) -> Result<UploadState, StoreError> {
        if self.unpausable {
            return Err(StoreError::BadState);
        }
        let filling = self.filling.clone();
        let mut guard = filling.lock().await;
        let held = filling.empty(&mut guard);
        let (bytes, tail) = match held {
            Held::Room(room, None) if room.is_full() => {
                self.send(room.into_bytes()).await?;
                (None, None)
            }
            Held::Room(room, None) if room.length() > 0 => (Some(room.into_bytes()), None),
            Held::Room(_, saved) => (None, saved),
            Held::Aside(tail) => (None, Some(tail)),
            Held::Nothing => (None, None),
            Held::Lost => return Err(lost()),
        };
        // Something has to be there as long as the upload lives.
        let marker = (self.sending.upload().is_none() && tail.is_none()).then(Bytes::new);
        let put = async {
            match bytes.or(marker) {
                Some(bytes) => filling.put_aside(bytes).await.map(Some),
                None => Ok(tail),
            }
        };
        let (tail, ()) = tokio::try_join!(put, self.sending.settle())?;

        let kept = [&tail, &self.origin.tail].into_iter().flatten().map(|tail| tail.nonce.clone()).collect::<Vec<_>>();
        let previous = self.origin.tail.take().filter(|before| tail.as_ref() != Some(before)).map(|tail| tail.nonce);
        let mut unneeded = filling.take_stale();
        unneeded.extend(self.origin.previous.take());
        unneeded.retain(|nonce| !kept.contains(nonce));
        self.store.remove(&self.keys(&unneeded)).await;

        let upload = self.sending.upload().cloned();
        let (parts, print) = (self.sending.count(), self.sending.print());
        let state = Paused { id: self.id.clone(), parts, print, tail, previous, upload };
        self.claim = None;
        Ok((&state).into())
    }

    async fn commit(mut self: Box<Self>) -> Result<Location, StoreError> {
        let filling = self.filling.clone();
        let mut guard = filling.lock().await;
        filling.take_back(&mut guard, self.sending.part_size()).await?;
        let held = filling.empty(&mut guard);
        if let Held::Room(_, Some(tail)) = &held {
            filling.forget(tail.clone());
        }
        let has_bytes = self.sending.count() > 0 || matches!(&held, Held::Room(room, _) if room.length() > 0);
        let location = match self.sending.upload().cloned() {
            None => self.commit_whole(held).await?,
            Some(upload) if has_bytes => self.commit_parts(&upload, held).await?,
            // It was resumed at its beginning, and nothing came. An object has at least one part.
            Some(upload) => {
                self.store.bucket.parts(&upload).await?;
                let location = self.commit_whole(held).await?;
                self.store.bucket.abort(&upload).await?;
                location
            }
        };
        let tails = self.known_tails();
        self.store.remove(&self.keys(&tails)).await;
        self.claim = None;
        Ok(location)
    }

    async fn abort(mut self: Box<Self>) {
        let filling = self.filling.clone();
        drop(filling.empty(&mut *filling.lock().await));
        let upload = self.sending.upload().cloned();
        self.sending.stop(true).await;
        // What is being put together is found by its family.
        if let Err(error) = self.store.abort(&self.id, upload.as_ref()).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not remove an aborted upload; it is left to the next sweep");
        }
        filling.take_stale();
        self.claim = None;
    }
}

impl Drop for S3Writer {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else { return };
        // Without a runtime the process is about to end, and the next one sweeps.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (store, filling, origin) = (self.store.clone(), self.filling.clone(), mem::take(&mut self.origin));
        let (id, mut sending) = (self.id.clone(), self.sending.take());
        runtime.spawn(async move {
            let uploads = sending.stop(origin.multipart).await;
            let held = filling.empty(&mut *filling.lock().await);
            let mut stale = filling.take_stale();
            if let Held::Aside(tail) = held {
                stale.push(tail.nonce);
            }
            // Whoever holds the state goes on from there.
            stale.retain(|nonce| origin.tail.as_ref().is_none_or(|tail| tail.nonce != *nonce));
            let keys: Vec<_> = stale.iter().map(|nonce| store.bucket.tail(&id, nonce)).collect();
            store.remove(&keys).await;
            for upload in uploads {
                if let Err(error) = store.bucket.abort(&upload).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "could not remove what an upload left behind; it is left to the next sweep");
                }
            }
            drop(claim);
        });
    }
}
