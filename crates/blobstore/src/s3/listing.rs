//! Walking the bucket: what is committed, and what was left behind.

use std::{collections::HashMap, mem, sync::Arc, time::SystemTime};

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use super::{
    Shared,
    multipart::{Multipart, Parts, Unfinished},
    state::{Paused, Tail},
};
use crate::{StoreError, StoredObject, StoredUpload, id::Id};

/// All objects whose keys begin with `prefix`, a page at a time.
pub(super) fn objects(store: Arc<Shared>, prefix: String) -> BoxStream<'static, Result<StoredObject, StoreError>> {
    stream::try_unfold(Some(None), move |page: Option<Option<String>>| {
        let (store, prefix) = (store.clone(), prefix.clone());
        async move {
            let Some(page) = page else { return Ok::<_, StoreError>(None) };
            let bucket = &store.bucket;
            let (entries, next) = bucket.list_page(&prefix, page).await?;
            // What has no name of ours is somebody else's and none of our business.
            let object = |entry: super::objects::Entry| {
                let id = bucket.object_of_key(&entry.key)?;
                Some(Ok(StoredObject { location: id.location(), size: entry.size, modified: entry.modified }))
            };
            let objects: Vec<_> = entries.into_iter().filter_map(object).collect();
            Ok(Some((stream::iter(objects), next.map(Some))))
        }
    })
    .try_flatten()
    .boxed()
}

/// What is there of an upload: a multipart upload, tails, or both.
struct Leftover {
    id: Id,
    uploads: Vec<Multipart>,
    size: u64,
    modified: SystemTime,
}

impl Leftover {
    fn new(id: Id) -> Self {
        Self { id, uploads: Vec::new(), size: 0, modified: SystemTime::UNIX_EPOCH }
    }

    fn add(&mut self, size: u64, modified: SystemTime) {
        self.size += size;
        self.modified = self.modified.max(modified);
    }

    /// As callers see it. The state names the upload to be aborted, and everything of its family goes with it.
    fn into_upload(self) -> StoredUpload {
        let tail = Some(Tail { nonce: "0".repeat(16), length: 0 });
        let state = Paused { id: self.id, parts: 0, print: String::new(), tail, previous: None, upload: None };
        StoredUpload { state: (&state).into(), size: self.size, modified: self.modified }
    }
}

/// The uploads to which nothing was added since `untouched_since` and that have no writer here.
pub(super) fn uploads(
    store: Arc<Shared>,
    untouched_since: SystemTime,
) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
    let found = async move {
        let mut uploads = Vec::new();
        for mut leftover in leftovers(&store).await? {
            let is_abandoned =
                |leftover: &Leftover| leftover.modified <= untouched_since && !store.claims.has(leftover.id.family());
            if is_abandoned(&leftover) {
                // Only now, and only for those: a request for each.
                add_parts(&store, &mut leftover).await?;
            }
            if is_abandoned(&leftover) {
                uploads.push(Ok(leftover.into_upload()));
            }
        }
        Ok::<_, StoreError>(stream::iter(uploads))
    };
    stream::once(found).try_flatten().boxed()
}

/// All that is unfinished, by the upload that it belongs to. There is not much of it.
async fn leftovers(store: &Shared) -> Result<impl Iterator<Item = Leftover> + use<>, StoreError> {
    let bucket = &store.bucket;
    let (tails, objects) = (bucket.tails(), bucket.objects());
    let (tails, uploads) = tokio::try_join!(bucket.list_all(&tails), bucket.unfinished(&objects))?;
    let mut found: HashMap<String, Leftover> = HashMap::new();
    for tail in tails {
        if let Some(id) = bucket.upload_of_key(&tail.key) {
            let family = id.family().to_owned();
            found.entry(family).or_insert_with(|| Leftover::new(id)).add(tail.size, tail.modified);
        }
    }
    for Unfinished { upload, begun } in uploads {
        let id = upload.object.clone();
        let leftover = found.entry(id.family().to_owned()).or_insert_with(|| Leftover::new(id));
        leftover.add(0, begun);
        leftover.uploads.push(upload);
    }
    Ok(found.into_values())
}

/// What the multipart uploads hold, and when something was added to them.
async fn add_parts(store: &Shared, leftover: &mut Leftover) -> Result<(), StoreError> {
    for upload in mem::take(&mut leftover.uploads) {
        match store.bucket.parts(&upload).await {
            Ok(Parts { parts, modified }) => {
                let size = parts.iter().map(|part| part.size).sum();
                leftover.add(size, modified.unwrap_or(SystemTime::UNIX_EPOCH));
            }
            // It came to its end meanwhile.
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
