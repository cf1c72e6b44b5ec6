//! Reading: a stream that goes on with another request where one breaks.

use std::{error::Error, ops::Range, sync::Arc};

use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream as Body};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use tokio::time::timeout;

use super::{bucket::Bucket, failure::Failure};
use crate::{Opened, StoreError, Version};

/// How many requests in a row may break without a byte.
const ATTEMPTS: u32 = 4;

/// No object is as large as this. Servers do not count further than an `i64` does.
const ENDLESS: u64 = 1 << 50;

/// Opens a range of an object that is not empty. The first answer is there when this returns.
pub(super) async fn open(bucket: Arc<Bucket>, key: String, range: Range<u64>) -> Result<Opened, StoreError> {
    if range.end > ENDLESS {
        let actual = bucket.head(&key, false).await?.ok_or(StoreError::NotFound)?.length;
        return Err(StoreError::Truncated { expected: range.end, actual });
    }
    let mut reading = Reading { bucket, key, rest: range, body: None, broken: 0, version: None, has_begun: false };
    reading.connect().await?;
    let version = reading.version;
    let pieces = stream::unfold(Some(reading), |reading| async move {
        let mut reading = reading?;
        match reading.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(Opened { bytes: pieces.boxed(), version })
}

struct Reading {
    bucket: Arc<Bucket>,
    key: String,
    /// What is still to be read.
    rest: Range<u64>,
    body: Option<Body>,
    /// How many requests broke since the last byte.
    broken: u32,
    /// Of which version of the object all of it has to be.
    version: Option<Version>,
    has_begun: bool,
}

impl Reading {
    async fn connect(&mut self) -> Result<(), StoreError> {
        let output = self.bucket.get(&self.key, Some(&self.rest)).await?;
        check(&output, &self.rest)?;
        let version = output.e_tag().map(Version::of);
        if self.has_begun && version != self.version {
            return Err(StoreError::Changed);
        }
        (self.version, self.has_begun) = (version, true);
        self.body = Some(output.body);
        Ok(())
    }

    /// The next piece, or `None` at the end of the range.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        while !self.rest.is_empty() {
            if self.body.is_none() {
                self.connect().await?;
            }
            let Some(body) = &mut self.body else { continue };
            let cause: Box<dyn Error + Send + Sync> = match timeout(self.bucket.answer, body.next()).await {
                Ok(Some(Ok(mut piece))) => {
                    let left = usize::try_from(self.rest.end - self.rest.start).unwrap_or(usize::MAX);
                    piece.truncate(left);
                    self.rest.start += piece.len() as u64;
                    self.broken = 0;
                    if piece.is_empty() {
                        continue;
                    }
                    return Ok(Some(piece));
                }
                Ok(Some(Err(error))) => Box::new(error),
                Ok(None) => "the body ended early".into(),
                Err(elapsed) => Box::new(elapsed),
            };
            self.body = None;
            self.broken += 1;
            if self.broken >= ATTEMPTS {
                return Err(Failure::because("GetObject", cause));
            }
            tracing::debug!(
                key = self.key,
                at = self.rest.start,
                cause = &*cause as &dyn Error,
                "reading goes on anew"
            );
        }
        Ok(None)
    }
}

/// Fails unless the answer is about exactly this range.
fn check(output: &GetObjectOutput, range: &Range<u64>) -> Result<(), StoreError> {
    let length = output.content_length().and_then(|length| u64::try_from(length).ok());
    let total = match output.content_range() {
        Some(text) => {
            let (start, total) = parse(text).ok_or_else(|| Failure::of("GetObject", format!("the range is {text}")))?;
            if start != range.start {
                return Err(Failure::of("GetObject", format!("another range came: {text}")));
            }
            total
        }
        // All of the object came, as is allowed when that is what the range says. What has no tag is no object.
        None if range.start == 0 && output.e_tag().is_some() => length,
        None => return Err(Failure::of("GetObject", "the server ignored the range")),
    };
    match total {
        Some(total) if total < range.end => Err(StoreError::Truncated { expected: range.end, actual: total }),
        _ if length.is_some_and(|length| length < range.end - range.start) => {
            Err(StoreError::Truncated { expected: range.end, actual: range.start + length.unwrap_or_default() })
        }
        _ => Ok(()),
    }
}

/// Start and total of `bytes 0-9/10`.
fn parse(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(length: i64, range: Option<&str>) -> GetObjectOutput {
        GetObjectOutput::builder()
            .e_tag("tag")
            .content_length(length)
            .set_content_range(range.map(str::to_owned))
            .build()
    }

    #[test]
    fn only_the_range_that_was_asked_for_is_taken() {
        assert!(check(&answer(10, Some("bytes 5-14/20")), &(5..15)).is_ok());
        assert!(check(&answer(10, Some("bytes 0-9/20")), &(5..15)).is_err());
        assert!(check(&answer(20, None), &(5..15)).is_err());
        assert!(check(&answer(20, None), &(0..15)).is_ok());
        assert!(check(&answer(10, Some("nonsense")), &(5..15)).is_err());
    }

    #[test]
    fn an_object_that_is_too_short_is_found_before_the_first_byte() {
        for (length, range) in [(5, Some("bytes 5-9/10")), (5, Some("bytes 5-9/*"))] {
            let checked = check(&answer(length, range), &(5..15));
            assert!(matches!(checked, Err(StoreError::Truncated { expected: 15, actual: 10 })), "{checked:?}");
        }
        assert!(matches!(check(&answer(9, None), &(0..15)), Err(StoreError::Truncated { actual: 9, .. })));
    }
}
