//! What every store must do, as tests.
//!
//! Implement [`Subject`] for a store in its own tests and stamp the suite with
//! [`contract_suite!`](crate::contract_suite). Each function of [`objects`] and [`uploads`] is one test; it panics
//! where the store breaks the contract. To add a test: write the function, and name it in the macro.
#![expect(clippy::disallowed_methods, reason = "stores date their objects by clocks of their own")]

pub mod objects;
pub mod uploads;

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _};

use crate::{BlobStore, BlobWriter, Location, StoreError, StoredObject};

/// A store under test, empty at first, with the doors that tests need and users do not have.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn BlobStore>;

    /// The same store as another process sees it. Stores that live in one process have nothing to add.
    fn elsewhere(&self) -> Arc<dyn BlobStore> {
        self.store()
    }

    /// Whether a writer keeps others away who have the same store open in [another process](Self::elsewhere).
    fn sees_other_processes(&self) -> bool {
        true
    }

    /// Whether an upload can be resumed at any byte of what was written, and not only where it was paused.
    fn cuts_at_any_byte(&self) -> bool {
        true
    }

    /// Cuts an object to its first `length` bytes behind the back of the store.
    async fn cut(&self, location: &Location, length: u64);
}

/// Lengths of pieces and objects at which stores change their ways: nothing, a byte, a page, a buffer, a part; one
/// less, one more.
const TURNING_POINTS: [usize; 9] =
    [0, 1, 4 * 1024, 32 * 1024, 64 * 1024, 256 * 1024, 512 * 1024, 1024 * 1024, 8 * 1024 * 1024];

/// Each turning point with its neighbours.
fn lengths() -> impl Iterator<Item = usize> {
    let around = |point: usize| [point.checked_sub(1), Some(point), Some(point + 1)].into_iter().flatten();
    let mut lengths: Vec<_> = TURNING_POINTS.into_iter().flat_map(around).collect();
    lengths.dedup();
    lengths.into_iter()
}

/// Bytes that differ from place to place and from seed to seed, so that none can be swapped, repeated or lost
/// unnoticed.
fn noise(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// Writes in pieces of `piece` bytes.
async fn write(writer: &mut dyn BlobWriter, bytes: &Bytes, piece: usize) {
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        let piece = rest.split_to(piece.min(rest.len()));
        writer.write(piece).await.expect("a healthy store takes bytes");
    }
}

async fn commit(store: &dyn BlobStore, bytes: &Bytes, piece: usize) -> Location {
    let mut writer = store.begin().await.expect("a healthy store begins uploads");
    write(&mut *writer, bytes, piece).await;
    writer.commit().await.expect("a healthy store commits")
}

async fn read(store: &dyn BlobStore, location: &Location, range: Range<u64>) -> Result<Bytes, StoreError> {
    let mut bytes = Vec::new();
    let mut pieces = store.open(location, range).await?;
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes.into())
}

/// Fails without printing megabytes.
#[track_caller]
fn assert_same(actual: &Result<Bytes, StoreError>, expected: &[u8], what: &str) {
    let actual = actual.as_ref().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(actual.len(), expected.len(), "{what}: another length came back");
    if actual != expected {
        let different = actual.iter().zip(expected).position(|(actual, expected)| actual != expected);
        panic!("{what}: the bytes differ from offset {different:?} on");
    }
}

async fn assert_holds(store: &dyn BlobStore, location: &Location, expected: &[u8]) {
    let length = expected.len() as u64;
    assert_same(&read(store, location, 0..length).await, expected, &format!("an object of {length} bytes"));
    assert_eq!(store.size(location).await.ok(), Some(Some(length)));
}

async fn list(store: &dyn BlobStore) -> Vec<StoredObject> {
    store.list().try_collect().await.expect("a healthy store lists")
}

/// Stamps the contract suite for one store: `contract_suite!(folder, folder_subject);`
///
/// The first argument names the module that is made. The second is an `async fn() -> impl Subject` of the module where
/// the macro is used, which makes a fresh and empty store for each test. The crate needs tokio with `macros` and
/// `rt-multi-thread`.
#[macro_export]
macro_rules! contract_suite {
    ($name:ident, $subject:ident) => {
        $crate::contract_suite!(@stamp $name, $subject,
            objects: [
                bytes_come_back_exactly,
                a_put_object_comes_back_exactly,
                the_size_of_the_pieces_does_not_matter,
                a_range_is_exactly_that_range,
                an_empty_range_gives_nothing,
                an_absent_object_is_not_found,
                a_range_past_the_end_is_an_error_before_the_first_byte,
                an_object_that_was_cut_is_an_error_and_never_a_short_body,
                each_object_has_a_location_of_its_own,
                an_object_can_keep_a_location_that_another_store_gave_it,
                deleting_is_idempotent_and_hits_nothing_else,
                the_list_shows_what_is_committed_and_nothing_else,
                a_location_of_another_store_is_refused,
                a_location_survives_being_stored_as_text,
                an_object_is_seen_by_other_processes,
                concurrent_puts_and_reads_do_not_mix,
                an_open_stream_does_not_need_the_store,
                the_probe_leaves_nothing_behind,
            ],
            uploads: [
                an_upload_can_pause_at_any_byte,
                an_upload_without_bytes_can_pause_and_commit,
                what_follows_the_offset_is_dropped,
                bytes_written_after_the_last_pause_are_dropped,
                an_offset_that_is_not_stored_is_refused,
                an_upload_can_go_on_in_another_process,
                an_upload_state_is_good_once_more_after_a_crash,
                one_writer_at_a_time_has_an_upload,
                writers_of_two_processes_do_not_mix,
                bytes_that_another_process_sent_too_late_are_in_no_upload_that_goes_on,
                concurrent_writers_do_not_mix,
                an_aborted_upload_is_gone,
                aborting_is_idempotent,
                aborting_a_committed_upload_keeps_the_object,
                a_committed_upload_cannot_be_resumed,
                a_writer_whose_upload_was_aborted_does_not_commit,
                a_state_of_another_store_is_refused,
                a_sweep_removes_what_was_left_behind_and_nothing_else,
                a_sweep_spares_what_was_touched_since,
            ]
        );
    };
    (@stamp $name:ident, $subject:ident, $($group:ident: [$($test:ident),* $(,)?]),*) => {
        mod $name {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    $crate::contract::$group::$test(&super::$subject().await).await;
                }
            )*)*
        }
    };
}
