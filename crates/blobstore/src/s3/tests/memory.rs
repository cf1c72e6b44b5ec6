//! The memory that uploads share, and what they wait for.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use test_s3::{Fault, Operation};
use tokio::time::{sleep, timeout};

use super::{InProxy, noise, read, write};
use crate::BlobStore as _;

const PART: usize = 64 << 10;
/// Room for four parts.
const BUDGET: u64 = 4 * PART as u64;
const LONG: Duration = Duration::from_secs(180);

/// Does something that has to come to its end, and never to take more memory than there is. The memory in use afterwards.
async fn within_the_budget(subject: &InProxy, work: impl Future) -> u64 {
    let budget = &subject.store.shared.budget;
    let watch = async {
        while budget.used() <= BUDGET {
            sleep(Duration::from_millis(1)).await;
        }
        budget.used()
    };
    tokio::select! {
        done = timeout(LONG, work) => drop(done.expect("nothing waits for ever")),
        most = watch => panic!("{most} bytes were in use"),
    }
    budget.used()
}

async fn push(subject: &InProxy, bytes: &Bytes) {
    let mut writer = subject.store.begin().await.unwrap();
    write(&mut *writer, bytes).await.unwrap();
    let location = writer.commit().await.unwrap();
    assert!(read(&subject.store, &location).await.unwrap() == *bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_share_little_memory_and_all_come_to_their_end() {
    let subject = InProxy::patient(PART as u64, BUDGET).await;
    subject.proxy.fail_always(Operation::Part, Fault::Delay(Duration::from_millis(5)));
    let pushes = join_all((0..32).map(|index| {
        let subject = &subject;
        async move { push(subject, &noise(index * 20_000 + 300_000)).await }
    }));
    let left = within_the_budget(&subject, pushes).await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_pause_and_resume_do_not_wait_for_each_other() {
    let subject = InProxy::patient(PART as u64, BUDGET).await;
    let pushes = join_all((0..16).map(|index| {
        let subject = &subject;
        async move {
            let bytes = noise(5 * PART / 2 + index);
            let mut state = subject.store.begin().await.unwrap().pause().await.unwrap();
            let mut written = 0;
            while written < bytes.len() {
                let end = (written + 3 * PART / 4).min(bytes.len());
                let mut writer = subject.store.resume(&state, written as u64).await.unwrap();
                write(&mut *writer, &bytes.slice(written..end)).await.unwrap();
                state = writer.pause().await.unwrap();
                written = end;
            }
            let location = subject.store.resume(&state, written as u64).await.unwrap().commit().await.unwrap();
            assert!(read(&subject.store, &location).await.unwrap() == bytes);
        }
    }));
    let left = within_the_budget(&subject, pushes).await;
    assert_eq!(left, 0);
    assert_eq!(subject.memory.keys().len(), 16, "no tail is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_do_not_keep_the_memory_that_others_need() {
    let subject = InProxy::patient(PART as u64, BUDGET).await;
    let mut slow = Vec::new();
    for index in 0..4 {
        let mut writer = subject.store.begin().await.unwrap();
        // A part that was sent, and some bytes of the next.
        let bytes = noise(PART + 1000 + index);
        write(&mut *writer, &bytes).await.unwrap();
        slow.push((writer, bytes));
    }
    let others = join_all((0..8).map(|index| {
        let subject = &subject;
        async move { push(subject, &noise(3 * PART + index)).await }
    }));
    within_the_budget(&subject, others).await;

    let goes_on = async {
        for (mut writer, bytes) in slow {
            let more = noise(2 * PART);
            write(&mut *writer, &more).await.unwrap();
            let location = writer.commit().await.unwrap();
            assert!(read(&subject.store, &location).await.unwrap() == [&bytes[..], &more].concat());
        }
    };
    let left = within_the_budget(&subject, goes_on).await;
    assert_eq!(left, 0);
    assert!(subject.memory.keys().iter().all(|key| key.starts_with("blobs/")), "no tail is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stalls_stops_the_writer_and_takes_no_more_memory() {
    let subject = InProxy::patient(PART as u64, BUDGET).await;
    subject.proxy.fail_always(Operation::Part, Fault::Stall);
    let bytes = noise(20 * PART);
    let push = push(&subject, &bytes);
    let heal = async {
        sleep(Duration::from_millis(300)).await;
        assert!(subject.proxy.count(Operation::Part) <= 4, "more parts than there is memory for");
        subject.proxy.heal();
    };
    let left = within_the_budget(&subject, async { tokio::join!(push, heal) }).await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_writer_gives_back_memory_and_room() {
    let subject = InProxy::patient(PART as u64, BUDGET).await;
    for _ in 0..8 {
        let mut writer = subject.store.begin().await.unwrap();
        write(&mut *writer, &noise(3 * PART)).await.unwrap();
    }
    let tidied = async {
        while subject.store.shared.budget.used() > 0 || subject.memory.uploads() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, tidied).await.expect("memory and multipart uploads go away by themselves");
    assert_eq!(subject.memory.keys(), [""; 0]);
}
