//! What happens when the server, or the way to it, fails.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{
    future::join_all,
    stream::{StreamExt as _, TryStreamExt as _},
};

use test_s3::{FAULTS, Fault, Operation};

use super::{InProxy, MIB, noise, read, write};
use crate::{BlobStore as _, Location, StoreError};

const PART: usize = 64 << 10;

/// An upload with a pause in the middle, and one part too many to be in flight at once.
async fn push(subject: &InProxy, bytes: &Bytes) -> Result<Location, StoreError> {
    let store = &subject.store;
    let half = bytes.len() / 2;
    let mut writer = store.begin().await?;
    write(&mut *writer, &bytes.slice(..half)).await?;
    let state = writer.pause().await?;
    let mut writer = store.resume(&state, half as u64).await?;
    write(&mut *writer, &bytes.slice(half..)).await?;
    writer.commit().await
}

/// Some time after everything that happened so far, by any clock.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_mins(5)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_single_fault_breaks_a_push() {
    let operations = [
        Operation::Create,
        Operation::Part,
        Operation::Complete,
        Operation::Head,
        Operation::Put,
        Operation::Parts,
        Operation::Get,
        Operation::Delete,
    ];
    for operation in operations {
        for fault in FAULTS {
            // No server does that: these answers have no body, or the body is the object.
            if fault == Fault::ErrorInBody && matches!(operation, Operation::Head | Operation::Get) {
                continue;
            }
            let subject = InProxy::new(PART as u64, MIB).await;
            let bytes = noise(13 * PART + 17);
            subject.proxy.fail_nth(operation, 1, fault);
            let location = push(&subject, &bytes).await;
            let location = location.unwrap_or_else(|error| panic!("{operation:?} {fault:?}: {error}"));
            assert!(read(&subject.store, &location).await.unwrap() == bytes, "{operation:?} {fault:?}");
            assert_eq!(subject.proxy.faults(), 1, "{operation:?} {fault:?} did not happen");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_single_fault_breaks_a_small_blob() {
    for fault in FAULTS {
        let subject = InProxy::new(PART as u64, MIB).await;
        let bytes = noise(1000);
        subject.proxy.fail_nth(Operation::Put, 1, fault);
        let location = subject.store.put(bytes.clone()).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!(read(&subject.store, &location).await.unwrap() == bytes, "{fault:?}");
        subject.proxy.fail_nth(Operation::Delete, 1, fault);
        subject.store.delete_many(&[location]).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(subject.memory.keys(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_failed_makes_no_object_whoever_goes_on_with_it() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let bytes = noise(13 * PART);
    let mut writer = subject.store.begin().await.unwrap();
    subject.proxy.fail_always(Operation::Part, Fault::Internal);
    write(&mut *writer, &bytes).await.expect_err("no part arrives");
    subject.proxy.heal();
    for _ in 0..5 {
        // It may say so again; there is a hole in any case.
        let _ = write(&mut *writer, &bytes).await;
    }
    writer.commit().await.expect_err("the first parts are missing");
    let objects: Vec<_> = subject.store.list().try_collect().await.unwrap();
    assert_eq!(objects, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_nothing_acknowledged_is_broken_and_nothing_stays_behind() {
    let subject = InProxy::new(PART as u64, MIB).await;
    for seed in 1..=4 {
        subject.proxy.storm(seed * 0x9E37_79B9, 25);
        let pushes = (0..12).map(|index| {
            let subject = &subject;
            async move {
                let bytes = noise(index * 40_000 + 5);
                push(subject, &bytes).await.map(|location| (location, bytes))
            }
        });
        let results = tokio::time::timeout(Duration::from_secs(120), join_all(pushes)).await.expect("nothing hangs");
        subject.proxy.heal();
        let acknowledged: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
        assert!(!acknowledged.is_empty(), "some got through");
        for (location, bytes) in &acknowledged {
            assert!(read(&subject.store, location).await.unwrap() == *bytes, "{location} of storm {seed} is broken");
        }
        // What was dropped tidies up by itself, as well as it can in a storm.
        for _ in 0..6000 {
            if subject.store.shared.budget.used() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(subject.store.shared.budget.used(), 0, "memory comes back");
        for _ in 0..6000 {
            subject.store.sweep(later()).await.expect("a healthy store sweeps");
            let tails = subject.memory.keys().iter().any(|key| key.starts_with("uploads/"));
            if !tails && subject.memory.uploads() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(subject.memory.uploads(), 0, "multipart uploads are left");
        let objects: Vec<_> = subject.store.list().try_collect().await.expect("a healthy store lists");
        assert_eq!(subject.memory.keys().len(), objects.len(), "only objects are left");
        for (location, _) in &acknowledged {
            assert!(objects.iter().any(|object| object.location == *location), "the sweep took {location}");
        }
    }
    assert!(subject.proxy.faults() > 100, "it was a storm");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_is_an_error_and_not_a_wait_without_end() {
    // At once, as each waits before it tries again.
    join_all([Fault::Internal, Fault::SlowDown, Fault::Reset].map(async |fault| {
        let subject = InProxy::patient(PART as u64, MIB).await;
        let location = subject.store.put(noise(10)).await.unwrap();
        for operation in [Operation::Put, Operation::Get, Operation::Head, Operation::Create, Operation::List] {
            subject.proxy.fail_always(operation, fault);
        }
        let store = &subject.store;
        let list = async || store.list().next().await;
        let all = async {
            tokio::join!(store.put(noise(10)), store.size(&location), read(store, &location), store.probe(), list())
        };
        let (put, size, bytes, probe, listed) =
            tokio::time::timeout(Duration::from_secs(120), all).await.expect("it gives up");
        assert!(matches!(put, Err(StoreError::Io(_))));
        assert!(matches!(size, Err(StoreError::Io(_))));
        assert!(matches!(bytes, Err(StoreError::Io(_))));
        assert!(matches!(probe, Err(StoreError::Io(_))));
        assert!(matches!(listed, Some(Err(StoreError::Io(_)))));
        subject.proxy.heal();
        assert!(read(store, &location).await.unwrap() == noise(10));
        store.probe().await.expect("it is back");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_whose_answers_were_all_lost_counts_when_it_happened() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let bytes = noise(3 * PART);
    subject.proxy.fail_always(Operation::Complete, Fault::LoseAnswer);
    let location = push(&subject, &bytes).await.expect("the object is there");
    assert!(read(&subject.store, &location).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_by_somebody_else_is_not_taken_for_ones_own() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let there = subject.elsewhere().await;
    let mut writer = subject.store.begin().await.unwrap();
    write(&mut *writer, &noise(2 * PART + 10)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let mut mine = subject.store.resume(&state, 2 * PART as u64 + 10).await.unwrap();
    let mut yours = there.resume(&state, 2 * PART as u64 + 10).await.unwrap();
    // The same length, but other bytes; and theirs are the last ones.
    write(&mut *mine, &noise(3 * PART)).await.unwrap();
    while subject.memory.parts() < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    write(&mut *yours, &Bytes::from(vec![7; 3 * PART])).await.unwrap();
    let location = yours.commit().await.expect("all of its parts are there");
    assert!(matches!(mine.commit().await, Err(StoreError::NotFound)));
    let stored = read(&subject.store, &location).await.unwrap();
    assert!(stored[2 * PART + 10..].iter().all(|byte| *byte == 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_goes_on_where_it_broke() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let bytes = noise(2_000_000);
    let location = push(&subject, &bytes).await.unwrap();
    for times in 1..4 {
        for nth in 1..=times {
            subject.proxy.fail_nth(Operation::Get, nth, Fault::Truncate);
        }
        let before = subject.proxy.count(Operation::Get);
        assert!(read(&subject.store, &location).await.unwrap() == bytes);
        assert_eq!(subject.proxy.count(Operation::Get) - before, times + 1);
    }
    subject.proxy.fail_always(Operation::Get, Fault::Truncate);
    // One byte of which half comes: never any progress.
    let mut pieces = subject.store.open(&location, 1_000_000..1_000_001).await.unwrap();
    assert!(matches!(pieces.next().await, Some(Err(StoreError::Io(_)))));
    assert!(pieces.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_says_success_is_never_taken_for_an_object() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let location = subject.store.put(noise(10)).await.unwrap();
    subject.proxy.fail_always(Operation::Get, Fault::ErrorInBody);
    assert!(read(&subject.store, &location).await.is_err());
    subject.proxy.heal();
    for operation in [Operation::Put, Operation::Part, Operation::Complete] {
        subject.proxy.fail_always(operation, Fault::ErrorInBody);
        assert!(push(&subject, &noise(3 * PART)).await.is_err(), "{operation:?}");
        subject.proxy.heal();
    }
}
