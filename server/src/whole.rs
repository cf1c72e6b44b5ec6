//! Small bodies as one piece of memory.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

/// Why there is no whole body.
#[derive(Debug)]
pub enum Incomplete {
    /// It is larger than it may be.
    TooLarge,
    /// It broke off.
    Broken(axum::Error),
}

/// All of a body, if it has no more than `limit` bytes. Whatever pieces it comes in, it takes as much memory as it has bytes.
pub async fn whole<B>(mut body: B, limit: usize) -> Result<Bytes, Incomplete>
where
    B: http_body::Body<Data = Bytes, Error = axum::Error> + Unpin,
{
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Incomplete::Broken)?.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(Incomplete::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use axum::body::Body;
    use futures::stream;
    use std::convert::Infallible;

    fn single_bytes(count: usize) -> Body {
        Body::from_stream(stream::iter((0..count).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"a")))))
    }

    #[tokio::test]
    async fn a_body_of_single_bytes_is_one_piece_of_memory() {
        assert_eq!(whole(single_bytes(1000), 1000).await.unwrap(), vec![b'a'; 1000]);
    }

    #[tokio::test]
    async fn one_byte_more_than_may_be_is_too_much() {
        assert!(matches!(whole(single_bytes(1001), 1000).await, Err(Incomplete::TooLarge)));
    }
}
