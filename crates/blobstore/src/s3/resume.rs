//! Going on with a paused upload.

use std::sync::Arc;

use super::{
    Shared,
    filling::{Filling, Held},
    multipart::Part,
    proof,
    state::{Paused, Tail},
    writer::{Origin, S3Writer},
};
use crate::StoreError;

/// A writer that goes on at `offset`. See [`BlobStore::resume`](crate::BlobStore::resume).
pub(super) async fn resume(store: Arc<Shared>, paused: Paused, offset: u64) -> Result<S3Writer, StoreError> {
    let Paused { id, parts: count, print, tail, previous, upload } = paused;
    let claim = store.claims.claim(&id).await?;
    let mut parts = match &upload {
        Some(upload) => first(store.bucket.parts(upload).await?.parts, count),
        None => Vec::new(),
    };
    let filling = store.filling(&id);
    let sent: u64 = parts.iter().map(|part| part.size).sum();
    let tail_length = tail.as_ref().map(|tail| tail.length).unwrap_or_default();
    let whole = u32::try_from(parts.len()) == Ok(count);
    let stored = if whole { sent + tail_length } else { sent };
    if offset > stored || !whole {
        return Err(StoreError::Truncated { expected: offset, actual: stored });
    }
    if proof::print(&parts) != print {
        // A writer of another process, which lost the upload, sent parts of its own in their place.
        return Err(StoreError::NotFound);
    }
    if offset < sent {
        // A part cannot be cut, only left away.
        let boundary = cut(&mut parts, offset);
        if boundary < offset {
            return Err(StoreError::Truncated { expected: offset, actual: boundary });
        }
    } else if let Some(tail) = &tail {
        let size = store.schedule.size(count + 1);
        hold(&filling, tail, offset - sent, size, upload.is_none()).await?;
    }
    let origin = Origin { named: true, multipart: upload.is_some(), tail, previous };
    Ok(S3Writer::resume(store, id, claim, filling, upload, parts, origin))
}

/// Takes the first bytes of a tail into memory. `proof`: that it is there has to be found out in any case.
async fn hold(filling: &Filling, tail: &Tail, kept: u64, size: u64, proof: bool) -> Result<(), StoreError> {
    if kept == 0 && !proof {
        return Ok(());
    }
    let mut held = filling.lock().await;
    *held = Held::Aside(tail.clone());
    filling.take_back(&mut held, size).await?;
    filling.cut(&mut held, kept);
    Ok(())
}

/// The parts that a state speaks of: those with the numbers from 1 on. What was sent later was never spoken of.
fn first(parts: Vec<Part>, count: u32) -> Vec<Part> {
    parts.into_iter().zip(1..=count).take_while(|(part, number)| part.number == *number).map(|(part, _)| part).collect()
}

/// Leaves away the parts that reach beyond `offset`; where the rest ends.
fn cut(parts: &mut Vec<Part>, offset: u64) -> u64 {
    let mut end = 0;
    let kept = parts.iter().take_while(|part| {
        let fits = end + part.size <= offset;
        end += if fits { part.size } else { 0 };
        fits
    });
    let kept = kept.count();
    parts.truncate(kept);
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sizes: &[(u32, u64)]) -> Vec<Part> {
        let part =
            |(number, size): &(u32, u64)| Part { number: *number, size: *size, etag: String::new(), crc32c: None };
        sizes.iter().map(part).collect()
    }

    #[test]
    fn only_the_parts_that_a_state_speaks_of_count() {
        assert_eq!(first(parts(&[(1, 8), (2, 8), (3, 8)]), 2).len(), 2);
        assert_eq!(first(parts(&[(1, 8), (3, 8)]), 2).len(), 1);
        assert_eq!(first(parts(&[]), 2).len(), 0);
    }

    #[test]
    fn parts_are_cut_off_whole() {
        for (offset, end, count) in [(0, 0, 0), (7, 0, 0), (8, 8, 1), (23, 8, 1), (24, 24, 2), (30, 24, 2)] {
            let mut all = parts(&[(1, 8), (2, 16), (3, 16)]);
            assert_eq!((cut(&mut all, offset), all.len()), (end, count), "{offset}");
        }
    }
}
