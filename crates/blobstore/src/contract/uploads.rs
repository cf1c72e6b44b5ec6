//! Uploads: writing with pauses, crashes, competitors.
#![expect(missing_docs, reason = "the names of the tests say what they prove")]
#![expect(clippy::missing_panics_doc, reason = "tests panic to fail")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{future::join_all, stream::StreamExt as _};

use super::{Subject, assert_holds, commit, list, noise, write};
use crate::{BlobStore, BlobWriter, StoreError, Swept, UploadState};

const LARGE: usize = 2 * 1024 * 1024 + 31;

async fn begin(store: &dyn BlobStore) -> Box<dyn BlobWriter> {
    store.begin().await.expect("a healthy store begins uploads")
}

async fn resume(store: &dyn BlobStore, state: &UploadState, offset: usize) -> Box<dyn BlobWriter> {
    store.resume(state, offset as u64).await.expect("a paused upload goes on")
}

/// An upload of these bytes, put aside.
async fn paused(store: &dyn BlobStore, bytes: &Bytes) -> UploadState {
    let mut writer = begin(store).await;
    write(&mut *writer, bytes, 64 * 1024).await;
    writer.pause().await.expect("a healthy store pauses")
}

/// Some time after everything that happened so far, by any clock.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_mins(5)
}

pub async fn an_upload_can_pause_at_any_byte(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(20, LARGE);
    let buffer = 512 * 1024;
    for stops in [
        vec![0, 1, 2, 3],
        vec![0, 0, 4095, 4096, 4096, 4097],
        vec![buffer - 1, buffer, buffer + 1, LARGE - 1, LARGE],
        vec![LARGE / 3, LARGE / 2, LARGE / 2 + 1],
    ] {
        let mut writer = begin(&*store).await;
        let mut written = 0;
        for stop in stops {
            write(&mut *writer, &bytes.slice(written..stop), 10_000).await;
            written = stop;
            let state = writer.pause().await.expect("a healthy store pauses");
            // What is persisted are the bytes of the state.
            let state = UploadState::from_bytes(state.into_bytes());
            writer = resume(&*store, &state, written).await;
        }
        write(&mut *writer, &bytes.slice(written..), 10_000).await;
        let location = writer.commit().await.expect("a healthy store commits");
        assert_holds(&*store, &location, &bytes).await;
    }
}

pub async fn an_upload_without_bytes_can_pause_and_commit(subject: &impl Subject) {
    let store = subject.store();
    let state = begin(&*store).await.pause().await.expect("a healthy store pauses");
    let location = resume(&*store, &state, 0).await.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, b"").await;
    let location = begin(&*store).await.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, b"").await;
}

pub async fn what_follows_the_offset_is_dropped(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(21, LARGE);
    for kept in [0, 1, 4096, LARGE / 2, LARGE - 1, LARGE] {
        let state = paused(&*store, &bytes).await;
        let (mut writer, kept) = match store.resume(&state, kept as u64).await {
            Ok(writer) => (writer, kept),
            Err(StoreError::Truncated { actual, .. }) if !subject.cuts_at_any_byte() && actual < kept as u64 => {
                let kept = usize::try_from(actual).expect("it is less than what was written");
                (resume(&*store, &state, kept).await, kept)
            }
            Err(error) => panic!("an upload of {LARGE} bytes does not go on at {kept}: {error}"),
        };
        let more = noise(22, 10);
        write(&mut *writer, &more, 10).await;
        let location = writer.commit().await.expect("a healthy store commits");
        assert_holds(&*store, &location, &[&bytes[..kept], &more].concat()).await;
    }
    let state = paused(&*store, &bytes).await;
    let location = resume(&*store, &state, 0).await.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, b"").await;
}

pub async fn bytes_written_after_the_last_pause_are_dropped(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(23, LARGE);
    let state = paused(&*store, &bytes.slice(..1000)).await;
    let mut lost = resume(&*store, &state, 1000).await;
    write(&mut *lost, &noise(24, LARGE), 64 * 1024).await;
    drop(lost);
    let mut writer = resume(&*store, &state, 1000).await;
    write(&mut *writer, &bytes.slice(1000..), 64 * 1024).await;
    let location = writer.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, &bytes).await;
}

pub async fn an_offset_that_is_not_stored_is_refused(subject: &impl Subject) {
    let store = subject.store();
    for length in [0, 1000, LARGE] {
        let state = paused(&*store, &noise(25, length)).await;
        for offset in [length as u64 + 1, u64::MAX] {
            let resumed = store.resume(&state, offset).await.map(drop);
            assert!(matches!(resumed, Err(StoreError::Truncated { .. })), "{offset} of {length}: {resumed:?}");
        }
        // The refusal did no harm.
        resume(&*store, &state, length).await.commit().await.expect("a healthy store commits");
    }
}

pub async fn an_upload_can_go_on_in_another_process(subject: &impl Subject) {
    let bytes = noise(26, LARGE);
    let state = paused(&*subject.store(), &bytes.slice(..LARGE / 2)).await;
    let there = subject.elsewhere();
    let mut writer = resume(&*there, &state, LARGE / 2).await;
    write(&mut *writer, &bytes.slice(LARGE / 2..), 64 * 1024).await;
    let location = writer.commit().await.expect("a healthy store commits");
    assert_holds(&*subject.store(), &location, &bytes).await;
}

pub async fn an_upload_state_is_good_once_more_after_a_crash(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(27, LARGE);
    let first = paused(&*store, &bytes.slice(..1000)).await;
    let mut writer = resume(&*store, &first, 1000).await;
    write(&mut *writer, &bytes.slice(1000..2000), 100).await;
    let _second_that_nobody_persisted = writer.pause().await.expect("a healthy store pauses");
    let mut writer = resume(&*store, &first, 1000).await;
    write(&mut *writer, &bytes.slice(1000..), 64 * 1024).await;
    let location = writer.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, &bytes).await;
}

pub async fn one_writer_at_a_time_has_an_upload(subject: &impl Subject) {
    let bytes = noise(28, LARGE);
    let state = paused(&*subject.store(), &bytes.slice(..1000)).await;
    subject.store().await_free(&state).await.expect("a paused upload has no writer");
    let mut writer = resume(&*subject.store(), &state, 1000).await;
    let others = [Some(subject.store()), subject.sees_other_processes().then(|| subject.elsewhere())];
    for store in others.into_iter().flatten() {
        let free = store.await_free(&state).await;
        assert!(matches!(free, Err(StoreError::Busy)), "{free:?}");
        let second = store.resume(&state, 1000).await.map(drop);
        assert!(matches!(second, Err(StoreError::Busy)), "{second:?}");
    }
    write(&mut *writer, &bytes.slice(1000..), 64 * 1024).await;
    let location = writer.commit().await.expect("a healthy store commits");
    assert_holds(&*subject.store(), &location, &bytes).await;
}

pub async fn writers_of_two_processes_do_not_mix(subject: &impl Subject) {
    let (here, there) = (subject.store(), subject.elsewhere());
    for (length, more) in [(1000, 1000), (1000, LARGE), (LARGE, 1000), (LARGE, LARGE), (LARGE, 0)] {
        let bytes = noise(37, length);
        let state = paused(&*here, &bytes).await;
        let mut first = resume(&*here, &state, length).await;
        let Ok(mut second) = there.resume(&state, length as u64).await else { continue };
        let (mine, yours) = (noise(38, more), noise(39, more));
        let wrote = [first.write(mine.clone()).await, second.write(yours.clone()).await];
        let committed = [first.commit().await, second.commit().await];
        let mut locations = Vec::new();
        for ((wrote, committed), added) in wrote.into_iter().zip(committed).zip([mine, yours]) {
            let Ok(location) = committed else { continue };
            assert!(wrote.is_ok(), "a writer that failed commits nothing");
            assert_holds(&*here, &location, &[&bytes[..], &added].concat()).await;
            locations.push(location);
        }
        locations.dedup();
        assert!(locations.len() == list(&*here).await.len(), "an object that was not acknowledged is garbage at once");
        here.delete_many(&locations).await.expect("a healthy store deletes");
    }
}

pub async fn bytes_that_another_process_sent_too_late_are_in_no_upload_that_goes_on(subject: &impl Subject) {
    let (here, there) = (subject.store(), subject.elsewhere());
    let bytes = noise(44, LARGE);
    let state = paused(&*here, &bytes).await;
    let mut late = resume(&*here, &state, LARGE).await;
    let Ok(mut second) = there.resume(&state, LARGE as u64).await else { return };
    let (mine, yours) = (noise(45, LARGE), noise(46, LARGE));
    second.write(yours.clone()).await.expect("a healthy store takes bytes");
    let state = second.pause().await.expect("a healthy store pauses");
    // Of the same length, in the same places.
    if late.write(mine).await.is_ok() {
        let _nobody_persists_it = late.pause().await;
    }
    match there.resume(&state, 2 * LARGE as u64).await {
        Ok(writer) => {
            let location = writer.commit().await.expect("a healthy store commits");
            assert_holds(&*here, &location, &[&bytes[..], &yours].concat()).await;
        }
        Err(StoreError::NotFound | StoreError::Truncated { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

pub async fn concurrent_writers_do_not_mix(subject: &impl Subject) {
    let store = subject.store();
    let locations = join_all((0..16_u64).map(|seed| {
        let store = store.clone();
        async move {
            let bytes = noise(200 + seed, LARGE);
            let mut writer = begin(&*store).await;
            write(&mut *writer, &bytes.slice(..LARGE / 2), 50_000).await;
            let state = writer.pause().await.expect("a healthy store pauses");
            let mut writer = resume(&*store, &state, LARGE / 2).await;
            write(&mut *writer, &bytes.slice(LARGE / 2..), 50_000).await;
            let location = writer.commit().await.expect("a healthy store commits");
            assert_holds(&*store, &location, &bytes).await;
            location
        }
    }))
    .await;
    assert_eq!(list(&*store).await.len(), locations.len());
}

pub async fn an_aborted_upload_is_gone(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(29, LARGE);
    let state = paused(&*store, &bytes).await;
    store.abort(&state).await.expect("a healthy store aborts");
    assert!(matches!(store.resume(&state, 0).await.map(drop), Err(StoreError::NotFound)));

    let mut writer = begin(&*store).await;
    write(&mut *writer, &bytes, 64 * 1024).await;
    writer.abort().await;

    assert_eq!(list(&*store).await, []);
    assert_eq!(store.list_uploads(later()).count().await, 0);
}

pub async fn aborting_is_idempotent(subject: &impl Subject) {
    let store = subject.store();
    let state = paused(&*store, &noise(30, 100)).await;
    for _ in 0..3 {
        store.abort(&state).await.expect("an absent upload is fine");
    }
}

pub async fn aborting_a_committed_upload_keeps_the_object(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(31, 1000);
    let state = paused(&*store, &bytes).await;
    let location = resume(&*store, &state, 1000).await.commit().await.expect("a healthy store commits");
    store.abort(&state).await.expect("a committed upload is fine");
    assert_holds(&*store, &location, &bytes).await;
}

pub async fn a_committed_upload_cannot_be_resumed(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(32, LARGE);
    let state = paused(&*store, &bytes).await;
    let location = resume(&*store, &state, LARGE).await.commit().await.expect("a healthy store commits");
    for offset in [0, 1000, LARGE as u64] {
        assert!(matches!(store.resume(&state, offset).await.map(drop), Err(StoreError::NotFound)));
    }
    assert_holds(&*store, &location, &bytes).await;
}

pub async fn a_writer_whose_upload_was_aborted_does_not_commit(subject: &impl Subject) {
    let store = subject.store();
    let state = paused(&*store, &noise(33, 1000)).await;
    let mut writer = resume(&*store, &state, 1000).await;
    store.abort(&state).await.expect("a healthy store aborts");
    // It may notice right away, or only at the end.
    if writer.write(noise(34, 1000)).await.is_ok() {
        let committed = writer.commit().await;
        assert!(matches!(committed, Err(StoreError::NotFound)), "{committed:?}");
    }
    assert_eq!(list(&*store).await, []);
}

pub async fn a_state_of_another_store_is_refused(subject: &impl Subject) {
    let store = subject.store();
    for bytes in [&b""[..], b"{}", b"another:store", b"../../etc/passwd", b"\xff\xfe", &[0; 300]] {
        let state = UploadState::from_bytes(bytes);
        assert!(matches!(store.resume(&state, 0).await.map(drop), Err(StoreError::BadState)), "{bytes:?}");
        assert!(matches!(store.abort(&state).await, Err(StoreError::BadState)), "{bytes:?}");
    }
}

pub async fn a_sweep_removes_what_was_left_behind_and_nothing_else(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(35, LARGE);
    let committed = commit(&*store, &bytes, 64 * 1024).await;
    let put = store.put(bytes.clone()).await.expect("a healthy store takes bytes");
    let unfinished = paused(&*store, &bytes).await;
    let mut dropped = resume(&*store, &unfinished, LARGE).await;
    write(&mut *dropped, &bytes, 64 * 1024).await;
    drop(dropped);
    let forgotten = paused(&*store, &bytes).await;
    let mut running = begin(&*store).await;
    write(&mut *running, &bytes.slice(..1000), 64 * 1024).await;

    // The last batch of a dropped writer may still be on its way.
    let mut left = 0;
    for _ in 0..6000 {
        left = store.list_uploads(later()).count().await;
        if left == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(left, 2, "the unfinished one and the forgotten one");
    let swept = store.sweep(later()).await.expect("a healthy store sweeps");
    assert_eq!(swept.uploads, 2);
    assert!(swept.bytes >= 2 * LARGE as u64, "{swept:?}");

    for state in [&unfinished, &forgotten] {
        assert!(matches!(store.resume(state, 0).await.map(drop), Err(StoreError::NotFound)));
    }
    assert_eq!(store.sweep(later()).await.expect("a healthy store sweeps"), Swept::default());
    write(&mut *running, &bytes.slice(1000..), 64 * 1024).await;
    let survived = running.commit().await.expect("an upload that runs is spared");
    for location in [committed, put, survived] {
        assert_holds(&*store, &location, &bytes).await;
    }
}

pub async fn a_sweep_spares_what_was_touched_since(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(36, 1000);
    let state = paused(&*store, &bytes).await;
    let before = SystemTime::now() - Duration::from_mins(5);
    assert_eq!(store.sweep(before).await.expect("a healthy store sweeps"), Swept::default());
    let location = resume(&*store, &state, 1000).await.commit().await.expect("a healthy store commits");
    assert_holds(&*store, &location, &bytes).await;
}
