//! One blob and its object.

use super::{
    Fsck,
    reading::{Read, Size, Throttle},
};
use crate::{Result, content::Content, db::fsck::BlobRow};
use api_types::DamageKind;
use blobstore::Location;
use oci::Digest;

/// What is to be said of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its object is there with this size; if it was read, with the bytes of its digest.
    Whole(u64),
    /// It is not.
    Damaged(DamageKind),
}

impl Fsck {
    /// Looks at a blob's object as that of `digest`, and reads it where `whole` says so or its size is not that of the row: it may
    /// be the row that is wrong.
    pub(super) async fn examine(
        content: &Content,
        throttle: &Throttle,
        row: &BlobRow,
        digest: &str,
        whole: bool,
    ) -> Result<Verdict> {
        let Ok(location) = row.location.parse::<Location>() else { return Ok(Verdict::Damaged(DamageKind::Missing)) };
        let size = match Self::size(content, &location).await? {
            Size::Known(size) => size,
            Size::Absent => return Ok(Verdict::Damaged(DamageKind::Missing)),
            Size::Unreadable => return Ok(Verdict::Damaged(DamageKind::Unreadable)),
        };
        if size == row.size && !whole {
            return Ok(Verdict::Whole(size));
        }
        let other = if size == row.size { DamageKind::Changed } else { DamageKind::WrongLength };
        // A digest that is none cannot be that of anything.
        let Ok(digest) = digest.parse::<Digest>() else { return Ok(Verdict::Damaged(other)) };
        Ok(match Self::digest(content, content.home(), throttle, &location, size, digest.algorithm()).await? {
            Read::Digest(actual) if actual == digest => Verdict::Whole(size),
            Read::Digest(_) => Verdict::Damaged(other),
            Read::Other => Verdict::Damaged(DamageKind::WrongLength),
            Read::Unreadable => Verdict::Damaged(DamageKind::Unreadable),
        })
    }
}
