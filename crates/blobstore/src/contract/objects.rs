//! Objects: writing them whole, reading, listing, deleting.
#![expect(missing_docs, reason = "the names of the tests say what they prove")]
#![expect(clippy::missing_panics_doc, reason = "tests panic to fail")]

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use futures::{
    future::join_all,
    stream::{StreamExt as _, TryStreamExt as _},
};

use super::{Subject, assert_holds, assert_same, commit, lengths, list, noise, read};
use crate::{Location, StoreError};

const LARGE: usize = 3 * 1024 * 1024 + 17;

pub async fn bytes_come_back_exactly(subject: &impl Subject) {
    let store = subject.store();
    for length in lengths() {
        let bytes = noise(1, length);
        let location = commit(&*store, &bytes, 64 * 1024).await;
        assert_holds(&*store, &location, &bytes).await;
    }
}

pub async fn a_put_object_comes_back_exactly(subject: &impl Subject) {
    let store = subject.store();
    for length in lengths().filter(|length| *length <= 1024 * 1024 + 1) {
        let bytes = noise(2, length);
        let location = store.put(bytes.clone()).await.expect("a healthy store takes bytes");
        assert_holds(&*store, &location, &bytes).await;
    }
}

pub async fn the_size_of_the_pieces_does_not_matter(subject: &impl Subject) {
    let store = subject.store();
    for piece in [997, 4 * 1024 - 1, 4 * 1024, 100_000, 2 * 1024 * 1024, LARGE] {
        let bytes = noise(piece as u64, LARGE);
        let location = commit(&*store, &bytes, piece).await;
        assert_holds(&*store, &location, &bytes).await;
    }
    let bytes = noise(3, 3000);
    let location = commit(&*store, &bytes, 1).await;
    assert_holds(&*store, &location, &bytes).await;
}

pub async fn a_range_is_exactly_that_range(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(4, LARGE);
    let location = commit(&*store, &bytes, 128 * 1024).await;
    let buffer = 256 * 1024;
    let ends = [0, 1, 4095, 4096, 32 * 1024, buffer - 1, buffer, buffer + 1, 2 * buffer + 5, LARGE - 1, LARGE];
    for start in ends {
        for end in ends.into_iter().filter(|end| start <= *end) {
            let part = read(&*store, &location, start as u64..end as u64).await;
            assert_same(&part, &bytes[start..end], &format!("the bytes {start}..{end}"));
        }
    }
}

pub async fn an_empty_range_gives_nothing(subject: &impl Subject) {
    let store = subject.store();
    let empty = store.put(Bytes::new()).await.expect("a healthy store takes bytes");
    let some = store.put(noise(5, 10)).await.expect("a healthy store takes bytes");
    for (location, at) in [(&empty, 0), (&some, 0), (&some, 5), (&some, 10)] {
        assert_same(&read(&*store, location, at..at).await, b"", "an empty range");
    }
    // A range that ends before it begins is empty too, and no panic.
    let (start, end) = (7, 3);
    assert_same(&read(&*store, &some, start..end).await, b"", "a reversed range");
}

pub async fn an_absent_object_is_not_found(subject: &impl Subject) {
    let store = subject.store();
    let location = store.put(noise(6, 10)).await.expect("a healthy store takes bytes");
    store.delete_many(std::slice::from_ref(&location)).await.expect("a healthy store deletes");
    assert!(matches!(read(&*store, &location, 0..10).await, Err(StoreError::NotFound)));
    assert!(matches!(read(&*store, &location, 0..0).await, Err(StoreError::NotFound)));
    assert!(matches!(store.size(&location).await, Ok(None)));
}

pub async fn a_range_past_the_end_is_an_error_before_the_first_byte(subject: &impl Subject) {
    let store = subject.store();
    for length in [0, 10, LARGE] {
        let location = commit(&*store, &noise(7, length), 128 * 1024).await;
        let length = length as u64;
        for range in [0..length + 1, length..length + 1, length + 5..length + 9, 0..u64::MAX, u64::MAX - 1..u64::MAX] {
            let opened = store.open(&location, range.clone()).await.map(drop);
            assert!(matches!(opened, Err(StoreError::Truncated { .. })), "{range:?} of {length} bytes: {opened:?}");
        }
    }
}

pub async fn an_object_that_was_cut_is_an_error_and_never_a_short_body(subject: &impl Subject) {
    let store = subject.store();
    for (length, kept) in [(1, 0), (4096, 4095), (LARGE, LARGE - 1), (LARGE, LARGE / 2), (LARGE, 0)] {
        let bytes = noise(8, length);
        let location = commit(&*store, &bytes, 128 * 1024).await;
        let mut opened = store.open(&location, 0..length as u64).await.expect("it is whole");
        subject.cut(&location, kept as u64).await;

        // Opened before the cut: all the bytes, if the store still has them, or an error.
        let mut received = Vec::new();
        let mut failed = false;
        while let Some(piece) = opened.next().await {
            assert!(!failed, "nothing follows an error");
            match piece {
                Ok(piece) => received.extend_from_slice(&piece),
                Err(_) => failed = true,
            }
        }
        assert!(failed || received == bytes, "{} of {length} bytes came without an error", received.len());

        let after = store.open(&location, 0..length as u64).await.map(drop);
        assert!(matches!(after, Err(StoreError::Truncated { .. })), "{after:?}");
        assert_holds(&*store, &location, &bytes[..kept]).await;
    }
}

pub async fn each_object_has_a_location_of_its_own(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(9, 100);
    let mut locations = HashSet::new();
    for _ in 0..10 {
        locations.insert(commit(&*store, &bytes, 100).await);
        locations.insert(store.put(bytes.clone()).await.expect("a healthy store takes bytes"));
    }
    assert_eq!(locations.len(), 20);
}

pub async fn deleting_is_idempotent_and_hits_nothing_else(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(10, 100);
    let kept = store.put(bytes.clone()).await.expect("a healthy store takes bytes");
    let mut gone = Vec::new();
    for length in 0..5 {
        gone.push(store.put(noise(10, length)).await.expect("a healthy store takes bytes"));
    }
    store.delete_many(&gone[..2]).await.expect("a healthy store deletes");
    store.delete_many(&gone).await.expect("absent objects are fine");
    store.delete_many(&[]).await.expect("nothing to delete is fine");
    for location in &gone {
        assert!(matches!(store.size(location).await, Ok(None)));
    }
    assert_holds(&*store, &kept, &bytes).await;
}

pub async fn the_list_shows_what_is_committed_and_nothing_else(subject: &impl Subject) {
    let store = subject.store();
    assert_eq!(list(&*store).await, []);

    let mut expected = HashSet::new();
    for length in 0..20 {
        expected.insert((commit(&*store, &noise(11, length), 7).await, length as u64));
        expected.insert((store.put(noise(12, length)).await.expect("a healthy store takes bytes"), length as u64));
    }
    let deleted = store.put(noise(13, 5)).await.expect("a healthy store takes bytes");
    store.delete_many(&[deleted]).await.expect("a healthy store deletes");
    let mut open = store.begin().await.expect("a healthy store begins uploads");
    open.write(noise(14, 100)).await.expect("a healthy store takes bytes");
    let mut paused = store.begin().await.expect("a healthy store begins uploads");
    paused.write(noise(15, 100)).await.expect("a healthy store takes bytes");
    paused.pause().await.expect("a healthy store pauses");

    let listed = list(&*store).await;
    assert_eq!(listed.len(), expected.len());
    let shown: HashSet<_> = listed.iter().map(|object| (object.location.clone(), object.size)).collect();
    assert_eq!(shown, expected);
    let now = std::time::SystemTime::now();
    let mut parts = Vec::new();
    for part in store.parts() {
        let of_this_part: Vec<_> = store.list_part(&part).try_collect().await.expect("a healthy store lists");
        assert!(of_this_part.iter().all(|object| object.location.as_str().starts_with(&part)), "{part}");
        parts.extend(of_this_part);
    }
    assert_eq!(parts.len(), listed.len(), "every object is in one part");
    let all: HashSet<_> = parts.into_iter().map(|object| (object.location, object.size)).collect();
    assert_eq!(all, expected);
    for object in listed {
        // Clocks of stores may be off, and count whole seconds.
        let distance = now.duration_since(object.modified).unwrap_or_else(|ahead| ahead.duration());
        assert!(distance < Duration::from_mins(5), "{object:?} was committed just now");
    }
    open.abort().await;
}

pub async fn a_location_of_another_store_is_refused(subject: &impl Subject) {
    let store = subject.store();
    for text in ["somewhere-else", "no/such/store", "uploads", "x".repeat(255).as_str()] {
        let location: Location = text.parse().expect("it is a location of some store");
        assert!(matches!(store.open(&location, 0..1).await.map(drop), Err(StoreError::BadLocation)), "{text}");
        assert!(matches!(store.size(&location).await, Err(StoreError::BadLocation)), "{text}");
        assert!(matches!(store.delete_many(&[location]).await, Err(StoreError::BadLocation)), "{text}");
    }
}

pub async fn a_location_survives_being_stored_as_text(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(16, 100);
    let text = store.put(bytes.clone()).await.expect("a healthy store takes bytes").to_string();
    assert_holds(&*store, &text.parse().expect("what was written reads back"), &bytes).await;
}

pub async fn an_object_is_seen_by_other_processes(subject: &impl Subject) {
    let (here, there) = (subject.store(), subject.elsewhere());
    let bytes = noise(17, LARGE);
    let location = commit(&*here, &bytes, 64 * 1024).await;
    assert_holds(&*there, &location, &bytes).await;
    there.delete_many(std::slice::from_ref(&location)).await.expect("a healthy store deletes");
    assert!(matches!(read(&*here, &location, 0..1).await, Err(StoreError::NotFound)));
}

pub async fn concurrent_puts_and_reads_do_not_mix(subject: &impl Subject) {
    let store = subject.store();
    join_all((0..32).map(|seed| {
        let store = store.clone();
        async move {
            for round in 0..4_u64 {
                let bytes = noise(100 + seed * 4 + round, 40_000 + usize::try_from(seed).unwrap_or_default());
                let location = store.put(bytes.clone()).await.expect("a healthy store takes bytes");
                let (one, two) =
                    tokio::join!(read(&*store, &location, 0..40_000), read(&*store, &location, 20_000..40_000));
                assert_same(&one, &bytes[..40_000], "one of many");
                assert_same(&two, &bytes[20_000..40_000], "one of many, in part");
            }
        }
    }))
    .await;
}

pub async fn an_open_stream_does_not_need_the_store(subject: &impl Subject) {
    let store = subject.store();
    let bytes = noise(18, LARGE);
    let location = commit(&*store, &bytes, 64 * 1024).await;
    let pieces = store.open(&location, 0..LARGE as u64).await.expect("it is there");
    drop(store);
    let pieces: Vec<Bytes> = pieces.try_collect().await.expect("a healthy store reads");
    // Pieces are kept while later ones are read: none may be overwritten.
    assert_same(&Ok(pieces.concat().into()), &bytes, "pieces that were kept");
}

pub async fn the_probe_leaves_nothing_behind(subject: &impl Subject) {
    let store = subject.store();
    store.probe().await.expect("a healthy store is ready");
    assert_eq!(list(&*store).await, []);
    let soon = std::time::SystemTime::now() + Duration::from_mins(5);
    assert_eq!(store.list_uploads(soon).count().await, 0);
}
