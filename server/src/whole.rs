//! Small bodies as one piece of memory, of which there is so much for all of them together.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of each body that count for nothing: the buffers of its connection are larger. As most bodies are no larger, whoever fills
/// the room keeps nobody from signing in or from pushing an ordinary manifest.
const FREE: usize = 16 << 10;

/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// What those are told who find no room, and after how many seconds to come again.
pub const NO_ROOM: &str = "the server has too many large requests at once: try again in a few seconds";
/// See [`NO_ROOM`].
pub const COME_AGAIN: u64 = 5;

/// Why there is no whole body.
#[derive(Debug)]
pub enum Incomplete {
    /// It is larger than it may be.
    TooLarge,
    /// Others filled the memory for bodies, and went on doing so.
    NoRoom,
    /// It broke off.
    Broken(axum::Error),
}

/// What a body takes of a [`Room`]; to be kept as long as the bytes are, or what was read from them.
pub type Taken = Option<OwnedSemaphorePermit>;

/// Memory for whole bodies, whoever sends them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Room {
    bytes: Arc<Semaphore>,
    patience: Duration,
}

impl Room {
    /// Of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))), patience: PATIENCE }
    }

    /// All of a body, if it has no more than `limit` bytes. Whatever pieces it comes in, it takes as much memory as it has bytes, and
    /// twice as much at most where it does not say how many it will be.
    ///
    /// What comes waits for room and is not read further meanwhile. A body of known length asks for all of its room at once, so such
    /// bodies wait in turn and never for each other; where one asks for more and there is none, it lets go of what it has.
    pub async fn whole<B>(&self, mut body: B, limit: usize) -> Result<(Bytes, Taken), Incomplete>
    where
        B: http_body::Body<Data = Bytes, Error = axum::Error> + Unpin,
    {
        let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let announced = announced.filter(|length| *length <= limit);
        let (mut bytes, mut taken): (Vec<u8>, Taken) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(Incomplete::Broken)?.into_data() else { continue };
            if data.len() > limit - bytes.len() {
                return Err(Incomplete::TooLarge);
            }
            let needed = bytes.len() + data.len();
            if needed > bytes.capacity() {
                let capacity = announced.unwrap_or(2 * bytes.capacity()).max(needed).min(limit);
                if let Err(no_room) = self.take(&mut taken, capacity).await {
                    drop((bytes, taken, data));
                    read_away(body).await;
                    return Err(no_room);
                }
                bytes.reserve_exact(capacity - bytes.len());
            }
            bytes.extend_from_slice(&data);
        }
        Ok((Bytes::from(bytes), taken))
    }

    /// Takes what a buffer of this capacity needs beside what it has.
    async fn take(&self, taken: &mut Taken, capacity: usize) -> Result<(), Incomplete> {
        let has = taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = capacity.saturating_sub(FREE + has);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| Incomplete::TooLarge)?;
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.bytes).acquire_many_owned(more)).await;
        let permit = permit.map_err(|_| Incomplete::NoRoom)?.expect("the semaphore is never closed");
        match taken {
            Some(taken) => taken.merge(permit),
            None => *taken = Some(permit),
        }
        Ok(())
    }
}

/// Reads the rest of a body for a while: to answer and close while it is still sent would reset the connection, and its client might
/// never see the answer.
async fn read_away(mut body: impl http_body::Body<Data = Bytes, Error = axum::Error> + Unpin) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(PATIENCE, rest).await;
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

    fn announced(count: usize) -> Body {
        Body::from(vec![b'a'; count])
    }

    fn room(bytes: usize) -> Room {
        Room { patience: Duration::from_millis(50), ..Room::new(bytes) }
    }

    #[tokio::test]
    async fn a_body_of_single_bytes_is_one_piece_of_memory() {
        assert_eq!(room(0).whole(single_bytes(1000), 1000).await.unwrap().0, vec![b'a'; 1000]);
    }

    #[tokio::test]
    async fn one_byte_more_than_may_be_is_too_much() {
        assert!(matches!(room(0).whole(single_bytes(1001), 1000).await, Err(Incomplete::TooLarge)));
        assert!(matches!(room(0).whole(announced(1001), 1000).await, Err(Incomplete::TooLarge)));
    }

    #[tokio::test]
    async fn what_is_small_needs_no_room() {
        let full = room(0);
        for body in [announced(FREE), single_bytes(FREE)] {
            assert_eq!(full.whole(body, 1 << 20).await.unwrap().0.len(), FREE);
        }
        for body in [announced(FREE + 1), single_bytes(FREE + 1)] {
            assert!(matches!(full.whole(body, 1 << 20).await, Err(Incomplete::NoRoom)));
        }
    }

    #[tokio::test]
    async fn a_body_takes_what_it_holds_and_gives_it_back() {
        const ALL: usize = 100 << 10;
        let room = room(ALL);
        let (bytes, taken) = room.whole(announced(40 << 10), 1 << 20).await.unwrap();
        assert_eq!((bytes.len(), ALL - room.bytes.available_permits()), (40 << 10, (40 << 10) - FREE));
        drop(taken);
        let (bytes, taken) = room.whole(single_bytes(40 << 10), 1 << 20).await.unwrap();
        let used = ALL - room.bytes.available_permits();
        assert!(bytes.len() == 40 << 10 && used >= bytes.len() - FREE && used <= 2 * bytes.len(), "{used}");
        drop(taken);
        // Neither does what is refused.
        assert!(matches!(room.whole(single_bytes(200 << 10), 1 << 20).await, Err(Incomplete::NoRoom)));
        assert!(matches!(room.whole(single_bytes(50 << 10), 40 << 10).await, Err(Incomplete::TooLarge)));
        assert_eq!(room.bytes.available_permits(), ALL);
    }

    #[tokio::test]
    async fn who_waits_goes_on_when_another_is_done() {
        let room = Room::new(64 << 10);
        let (_, taken) = room.whole(announced(80 << 10), 1 << 20).await.unwrap();
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.whole(announced(70 << 10), 1 << 20).await.unwrap().0.len() }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waiting.is_finished());
        drop(taken);
        assert_eq!(waiting.await.unwrap(), 70 << 10);
    }
}
