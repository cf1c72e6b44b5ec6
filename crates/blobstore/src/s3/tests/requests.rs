//! What a push and a pull cost, and the URLs that clients get.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use test_s3::Memory;
use test_s3::Operation::{self, Complete, Create, Delete, Get, Head, Part, Parts, Put};
use tokio::net::TcpStream;

use super::{InProxy, S3Store, Tuning, noise, options, read, write};
use crate::{BlobStore as _, id::Id};

const MIB: usize = 1 << 20;

async fn requests(subject: &InProxy, work: impl Future<Output = ()>) -> Vec<(Operation, u64)> {
    subject.proxy.take_counts();
    work.await;
    subject.proxy.take_counts()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_that_is_smaller_than_a_part_is_one_request() {
    let subject = InProxy::usual().await;
    let counts = requests(&subject, async {
        subject.store.put(noise(1000)).await.unwrap();
    });
    assert_eq!(counts.await, [(Put, 1)]);
    let counts = requests(&subject, async {
        let mut writer = subject.store.begin().await.unwrap();
        write(&mut *writer, &noise(8 * MIB)).await.unwrap();
        writer.commit().await.unwrap();
    });
    assert_eq!(counts.await, [(Put, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_blob_is_sent_once_and_never_copied() {
    let subject = InProxy::usual().await;
    let counts = requests(&subject, async {
        let mut writer = subject.store.begin().await.unwrap();
        write(&mut *writer, &noise(20 * MIB)).await.unwrap();
        writer.commit().await.unwrap();
    });
    assert_eq!(counts.await, [(Head, 1), (Create, 1), (Part, 3), (Complete, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_exceeds_the_memory_is_put_together_and_leaves_nothing_behind() {
    const PART: usize = 64 << 10;
    let tuning = Tuning { first_part: PART as u64, big: Some((3, 4 * PART as u64)), ..Tuning::default() };
    let subject = InProxy::with(Memory::new(0), 2 * PART as u64, tuning).await;
    // Three plain parts, two that are put together, and one of what is left.
    let bytes = noise((3 + 8) * PART + 100);
    let counts = requests(&subject, async {
        let mut writer = subject.store.begin().await.unwrap();
        write(&mut *writer, &bytes).await.unwrap();
        let location = writer.commit().await.unwrap();
        assert!(read(&subject.store, &location).await.unwrap() == bytes);
    });
    let counts = counts.await;
    let count = |operation| counts.iter().find(|(counted, _)| *counted == operation).map(|(_, count)| *count);
    assert_eq!(
        (count(Part), count(Operation::Copy), count(Create), count(Complete)),
        (Some(12), Some(3), Some(4), Some(4))
    );
    assert_eq!((subject.memory.keys().len(), subject.memory.uploads()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_in_two_requests_costs_a_tail_more() {
    let subject = InProxy::usual().await;
    for (length, expected) in [
        (1000, vec![(Put, 2), (Get, 1), (Head, 1), (Delete, 1)]),
        (20 * MIB, vec![(Put, 1), (Get, 1), (Head, 1), (Delete, 1), (Create, 1), (Part, 3), (Parts, 1), (Complete, 1)]),
    ] {
        let counts = requests(&subject, async {
            let mut writer = subject.store.begin().await.unwrap();
            write(&mut *writer, &noise(length)).await.unwrap();
            let state = writer.pause().await.unwrap();
            subject.store.resume(&state, length as u64).await.unwrap().commit().await.unwrap();
        });
        assert_eq!(counts.await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_objects_are_deleted_in_two_requests() {
    let subject = InProxy::usual().await;
    let kept = subject.store.put(noise(10)).await.unwrap();
    let locations: Vec<_> = (0..2000).map(|_| Id::random().unwrap().location()).collect();
    let counts = requests(&subject, async { subject.store.delete_many(&locations).await.unwrap() });
    assert_eq!(counts.await, [(Operation::DeleteMany, 2)]);
    assert!(read(&subject.store, &kept).await.unwrap() == noise(10));
}

/// Status, headers and body of the answer to a request without credentials of its own.
async fn fetch(method: http::Method, url: &str) -> http::Response<Bytes> {
    let url: http::Uri = url.parse().unwrap();
    let socket = TcpStream::connect(url.authority().unwrap().as_str()).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::builder()
        .method(method)
        .uri(url.path_and_query().unwrap().as_str())
        .header(http::header::HOST, url.authority().unwrap().as_str())
        .body(Empty::<Bytes>::new())
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    http::Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_url_gives_the_bytes_as_a_file_and_nothing_else() {
    let subject = InProxy::usual().await;
    let location = subject.store.put(noise(1000)).await.unwrap();
    let other = subject.store.put(noise(10)).await.unwrap();
    let sign = subject.store.presign(&location, "application/octet-stream", Duration::from_secs(60));
    let url = sign.await.unwrap().expect("clients are redirected by default");

    let answer = fetch(http::Method::GET, &url).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[http::header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(answer.headers()[http::header::CONTENT_DISPOSITION], "attachment");
    assert!(*answer.body() == noise(1000));

    for tampered in [
        url.replace("application%2Foctet-stream", "text%2Fhtml"),
        url.replace("attachment", "inline"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        url.replace(&location.as_str()[2..], &other.as_str()[2..]),
    ] {
        assert_ne!(tampered, url);
        let answer = fetch(http::Method::GET, &tampered).await;
        assert!(matches!(answer.status().as_u16(), 403 | 404), "{}: {tampered}", answer.status());
    }
    assert_eq!(fetch(http::Method::DELETE, &url).await.status(), 403);
    assert!(read(&subject.store, &location).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_url_ends() {
    let subject = InProxy::usual().await;
    let location = subject.store.put(noise(10)).await.unwrap();
    let sign = subject.store.presign(&location, "application/octet-stream", Duration::from_secs(1));
    let url = sign.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(fetch(http::Method::GET, &url).await.status(), 403);
}

#[tokio::test]
async fn urls_bear_the_name_under_which_clients_know_the_server() {
    let mut options = options("http://127.0.0.1:1");
    options.public_endpoint = Some("https://s3.example.com".to_owned());
    options.prefix = "/a/b/".to_owned();
    let location = Id::random().unwrap().location();
    let minute = Duration::from_secs(60);
    let store = S3Store::with(&options, Tuning::default()).await.unwrap();
    let url = store.presign(&location, "application/octet-stream", minute).await.unwrap().unwrap();
    let shard = &location.as_str()[..2];
    let expected = format!("https://s3.example.com/registry/a/b/blobs/{shard}/{location}?");
    assert!(url.starts_with(&expected), "{url}");

    options.redirect = false;
    let store = S3Store::with(&options, Tuning::default()).await.unwrap();
    assert_eq!(store.presign(&location, "application/octet-stream", minute).await.unwrap(), None);

    options.redirect = true;
    (options.endpoint, options.public_endpoint) = (None, None);
    options.region = Some("ap-southeast-1".to_owned());
    let store = S3Store::with(&options, Tuning::default()).await.unwrap();
    let url = store.presign(&location, "application/octet-stream", minute).await.unwrap().unwrap();
    assert!(url.starts_with("https://registry.s3.ap-southeast-1.amazonaws.com/a/b/blobs/"), "{url}");
}
