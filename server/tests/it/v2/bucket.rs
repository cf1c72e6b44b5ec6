//! Blobs in a bucket of S3.

use std::time::Duration;

use reqwest::{Method, Response, header};
use test_s3::{Fault, LEAST_PART, Memory, Operation, Proxy};

use crate::harness::{PATIENCE, TestApp, digest_of, problem};

/// More than one part.
pub fn large() -> Vec<u8> {
    (0..5_000_000_u32).flat_map(u32::to_le_bytes).take(19_000_001).collect()
}

/// A server whose blobs are in a bucket.
pub async fn start(settings: &[(&str, &str)]) -> (TestApp, Memory, Proxy) {
    let memory = Memory::new(LEAST_PART);
    let proxy = Proxy::before(&memory.serve().await).await;
    let mut builder = TestApp::builder()
        .set("storage.s3.bucket", test_s3::BUCKET)
        .set("storage.s3.endpoint", &proxy.url)
        .set("storage.s3.access_key", test_s3::ACCESS_KEY)
        .set("storage.s3.secret_key", test_s3::SECRET_KEY);
    for (key, value) in settings {
        builder = builder.set(&format!("storage.s3.{key}"), value);
    }
    (builder.start().await, memory, proxy)
}

fn text<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("-", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_pull_is_sent_to_the_bucket() {
    let (app, _, _) = start(&[]).await;
    let repository = app.admin().repository("library/app");
    for bytes in [b"small".to_vec(), large()] {
        let digest = repository.push_blob(&bytes).await;
        let answer = repository.get(&format!("blobs/{digest}")).await;
        assert_eq!(answer.status(), 307);
        assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
        assert_eq!(text(&answer, "cache-control"), "no-store");
        // Without any credentials, as clients do after a redirect to another host.
        let fetched = reqwest::get(text(&answer, "location")).await.unwrap();
        assert_eq!(fetched.status(), 200);
        assert_eq!(text(&fetched, "content-type"), "application/octet-stream");
        assert_eq!(text(&fetched, "content-disposition"), "attachment");
        assert_eq!(fetched.bytes().await.unwrap(), bytes);

        let head = repository.head(&format!("blobs/{digest}")).await;
        assert_eq!((head.status().as_u16(), text(&head, "content-length")), (200, bytes.len().to_string().as_str()));
    }
}

#[tokio::test]
async fn nobody_gets_an_address_who_may_not_pull() {
    let (app, _, _) = start(&[]).await;
    let digest = app.admin().repository("library/app").push_blob("bytes").await;
    let answer = app.admin().repository("library/other").get(&format!("blobs/{digest}")).await;
    assert_eq!((answer.status().as_u16(), text(&answer, "location")), (404, "-"));
}

#[tokio::test]
async fn without_redirects_a_pull_passes_through_with_its_ranges() {
    let (app, _, proxy) = start(&[("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    let bytes = large();
    let digest = repository.push_blob(&bytes).await;
    let path = format!("blobs/{digest}");
    let answer = repository.get(&path).await;
    assert_eq!((answer.status().as_u16(), text(&answer, "location")), (200, "-"));
    assert_eq!(answer.bytes().await.unwrap(), bytes);

    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=1000000-17999999", 1_000_000..18_000_000),
        ("bytes=-5", 18_999_996..19_000_001),
        ("bytes=18999999-", 18_999_999..19_000_001),
    ] {
        let request = repository.request(Method::GET, &path).header(header::RANGE, range);
        // The bucket's answer breaks off once; the client's does not.
        proxy.fail_nth(Operation::Get, 1, Fault::Truncate);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(text(&answer, "content-length"), expected.len().to_string(), "{range}");
        assert_eq!(answer.bytes().await.unwrap(), bytes[expected], "{range}");
    }
}

#[tokio::test]
async fn an_object_that_was_cut_or_lost_is_refused_before_its_first_byte() {
    let (app, memory, _) = start(&[("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    for bytes in [b"small".to_vec(), large()] {
        for (number, left) in [Some(bytes.len()), Some(0), None].into_iter().enumerate() {
            // One byte more than may be left, and other ones each time.
            let bytes = [&bytes[..], &[u8::try_from(number).unwrap()]].concat();
            let digest = repository.push_blob(&bytes).await;
            let keys = memory.keys();
            assert_eq!(keys.len(), 1, "{keys:?}");
            memory.sabotage(&keys[0], |stored| left.map(|left| stored.slice(..left)));
            let path = format!("blobs/{digest}");
            assert_eq!(problem(repository.get(&path).await).await, (500, "UNKNOWN".to_owned()), "{left:?}");
            // A part of it that is still there is what it was.
            let part = repository.request(Method::GET, &path).header(header::RANGE, "bytes=0-1").send().await.unwrap();
            match left {
                Some(1..) => assert_eq!(part.bytes().await.unwrap(), bytes[..2]),
                _ => assert_eq!(problem(part).await, (500, "UNKNOWN".to_owned()), "{left:?}"),
            }
            memory.sabotage(&keys[0], |_| None);
        }
    }
}

#[tokio::test]
async fn an_object_that_was_changed_is_not_served_whole_and_heals_by_a_push() {
    let (app, memory, _) = start(&[("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    for bytes in [b"small".to_vec(), large()] {
        let digest = repository.push_blob(&bytes).await;
        for key in memory.keys() {
            memory.sabotage(&key, |stored| {
                let mut stored = stored.to_vec();
                stored[3] ^= 1;
                Some(stored.into())
            });
        }
        let path = format!("blobs/{digest}");
        let answer = repository.get(&path).await;
        if bytes.len() < 65_536 {
            assert_eq!(problem(answer).await, (500, "UNKNOWN".to_owned()));
        } else {
            assert_eq!(answer.status(), 200);
            assert!(answer.bytes().await.is_err(), "it breaks off");
        }
        // It is looked at once more, and is absent from then on.
        let absent = async {
            while repository.head(&path).await.status() != 404 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, absent).await.unwrap();
        repository.push_blob(&bytes).await;
        assert_eq!(repository.get(&path).await.bytes().await.unwrap(), bytes);
        memory.keys().iter().for_each(|key| memory.sabotage(key, |_| None));
    }
}

#[tokio::test]
async fn an_upload_in_chunks_of_any_size_is_one_object() {
    let (app, memory, _) = start(&[("prefix", "team/registry"), ("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    let bytes = large();
    let mut location = repository.begin().await;
    let mut sent = 0;
    for length in [1, 1_000_000, 9_000_000, 8_388_607] {
        let chunk = bytes[sent..sent + length].to_vec();
        let range = format!("{sent}-{}", sent + length - 1);
        let patch = repository.request(Method::PATCH, &location).header(header::CONTENT_RANGE, range);
        let answer = patch.body(chunk).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        location = text(&answer, "location").to_owned();
        sent += length;
    }
    let digest = digest_of(&bytes);
    let put = repository.request(Method::PUT, &location).query(&[("digest", digest.as_str())]);
    assert_eq!(put.body(bytes[sent..].to_vec()).send().await.unwrap().status(), 201);
    assert_eq!(repository.get(&format!("blobs/{digest}")).await.bytes().await.unwrap(), bytes);
    let keys = memory.keys();
    assert!(keys.len() == 1 && keys[0].starts_with("team/registry/blobs/"), "{keys:?}");
    assert_eq!(memory.uploads(), 0);
}

#[tokio::test]
async fn bytes_that_are_not_the_digest_leave_nothing_in_the_bucket() {
    let (app, memory, _) = start(&[]).await;
    let repository = app.admin().repository("library/app");
    let wrong = digest_of("something else");
    for bytes in [b"small".to_vec(), large()] {
        let location = repository.begin().await;
        let patched = repository.request(Method::PATCH, &location).body(bytes).send().await.unwrap();
        let put = repository.request(Method::PUT, text(&patched, "location")).query(&[("digest", wrong.as_str())]);
        assert_eq!(put.send().await.unwrap().status(), 400);
    }
    assert_eq!((memory.keys(), memory.uploads()), (Vec::new(), 0));
}

#[tokio::test]
async fn a_server_whose_bucket_fails_is_not_ready_until_it_works_again() {
    let (app, _, proxy) = start(&[]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    proxy.fail_always(Operation::Create, Fault::Internal);
    assert_eq!(app.anonymous().get("/readyz").send().await.unwrap().status(), 503);
    assert_eq!(app.anonymous().get("/healthz").send().await.unwrap().status(), 200);
    proxy.heal();
    let ready = async {
        while app.anonymous().get("/readyz").send().await.unwrap().status() != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("it works again");
}
