//! `end-2`, `end-10`.

use oci::{Algorithm, Digest};
use reqwest::{Method, Response, header};

use crate::harness::{Repository, TestApp, digest_of, problem};

/// More than is answered in one piece.
fn large() -> Vec<u8> {
    (0..3_000_000_u32).flat_map(u32::to_le_bytes).take(3_000_001).collect()
}

fn repository(app: &TestApp) -> Repository {
    app.admin().repository("library/blobs")
}

fn text<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("-", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_blob_comes_back_as_it_was_sent() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for bytes in [Vec::new(), b"{}".to_vec(), vec![0xff; 65_536], vec![1; 65_537], large()] {
        let digest = repository.push_blob(&bytes).await;
        let answer = repository.get(&format!("blobs/{digest}")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
        assert_eq!(text(&answer, "content-length"), bytes.len().to_string());
        assert_eq!(text(&answer, "etag"), format!("\"{digest}\""));
        assert_eq!(text(&answer, "accept-ranges"), "bytes");
        assert_eq!(answer.bytes().await.unwrap(), bytes);

        let head = repository.head(&format!("blobs/{digest}")).await;
        assert_eq!(head.status(), 200);
        assert_eq!(text(&head, "docker-content-digest"), digest.as_str());
        assert_eq!(text(&head, "content-length"), bytes.len().to_string());
        assert_eq!(text(&head, "accept-ranges"), "bytes");
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_blob_is_bytes_to_save_whatever_is_in_it() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("<html><script>alert(1)</script>").await;
    for method in [Method::GET, Method::HEAD] {
        let answer = repository.request(method, &format!("blobs/{digest}")).send().await.unwrap();
        assert_eq!(text(&answer, "content-type"), "application/octet-stream");
        assert_eq!(text(&answer, "content-disposition"), "attachment");
        assert_eq!(text(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(text(&answer, "content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
    }
}

#[tokio::test]
async fn ranges_are_answered_with_their_part() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let bytes = large();
    let size = bytes.len();
    let digest = repository.push_blob(&bytes).await;
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=500-1499", 500..1500),
        ("bytes=3000000-", size - 1..size),
        ("bytes=-500", size - 500..size),
        ("bytes=-99999999", 0..size),
        ("bytes=2999000-9999999", 2_999_000..size),
        ("bytes=100-2000099", 100..2_000_100),
    ] {
        let get = repository.request(Method::GET, &format!("blobs/{digest}")).header(header::RANGE, range);
        let answer = get.send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        let content_range = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(text(&answer, "content-range"), content_range);
        assert_eq!(text(&answer, "content-length"), expected.len().to_string());
        assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
        assert_eq!(answer.bytes().await.unwrap(), bytes[expected], "{range}");
    }
}

#[tokio::test]
async fn a_range_outside_of_the_blob_is_refused_with_its_size() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("ten bytes.").await;
    for range in ["bytes=10-", "bytes=5000-10000", "bytes=9-3", "bytes=-0"] {
        let get = repository.request(Method::GET, &format!("blobs/{digest}")).header(header::RANGE, range);
        let answer = get.send().await.unwrap();
        assert_eq!(text(&answer, "content-range"), "bytes */10", "{range}");
        assert_eq!(problem(answer).await, (416, "RANGE_INVALID".to_owned()), "{range}");
    }
}

#[tokio::test]
async fn what_is_no_single_range_is_answered_with_all_of_it() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("ten bytes.").await;
    for range in ["bytes=0-1,4-5", "lines=0-1", "bytes=a-b", "0-1"] {
        let get = repository.request(Method::GET, &format!("blobs/{digest}")).header(header::RANGE, range);
        let answer = get.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "ten bytes.".to_owned()), "{range}");
    }
}

#[tokio::test]
async fn a_range_of_something_else_is_answered_with_all_of_it() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("ten bytes.").await;
    for (if_range, status) in [(format!("\"{digest}\""), 206), ("\"other\"".to_owned(), 200)] {
        let get = repository.request(Method::GET, &format!("blobs/{digest}")).header(header::RANGE, "bytes=0-2");
        assert_eq!(get.header(header::IF_RANGE, if_range).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn whoever_has_it_already_is_told_so() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("ten bytes.").await;
    for method in [Method::GET, Method::HEAD] {
        let request = repository.request(method.clone(), &format!("blobs/{digest}"));
        let answer = request.header(header::IF_NONE_MATCH, format!("\"{digest}\"")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), text(&answer, "etag")), (304, format!("\"{digest}\"").as_str()));
        assert!(answer.bytes().await.unwrap().is_empty());
        let request = repository.request(method, &format!("blobs/{digest}"));
        assert_eq!(request.header(header::IF_NONE_MATCH, "\"other\"").send().await.unwrap().status(), 200);
    }
    let unknown = digest_of("unknown");
    let request = repository.request(Method::GET, &format!("blobs/{unknown}"));
    let answer = request.header(header::IF_NONE_MATCH, "*").send().await.unwrap();
    assert_eq!(problem(answer).await, (404, "BLOB_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn what_the_repository_does_not_have_is_not_found() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let elsewhere = app.admin().repository("library/elsewhere").push_blob("only there").await;
    repository.push_blob("here").await;
    for digest in [elsewhere, digest_of("nowhere")] {
        assert_eq!(problem(repository.get(&format!("blobs/{digest}")).await).await, (404, "BLOB_UNKNOWN".to_owned()));
        let head = repository.head(&format!("blobs/{digest}")).await;
        assert_eq!(head.status(), 404);
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn sha512_is_as_good_as_sha256() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let bytes = b"the same content";
    let digest = Digest::of(Algorithm::Sha512, bytes);
    let post = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", digest.as_str())]);
    let answer = post.body(bytes.to_vec()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), text(&answer, "docker-content-digest")), (201, digest.as_str()));
    assert_eq!(text(&answer, "location"), format!("/v2/library/blobs/blobs/{digest}"));
    let answer = repository.get(&format!("blobs/{digest}")).await;
    assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
    assert_eq!(answer.bytes().await.unwrap(), bytes.as_slice());
    let other_name = format!("blobs/{}", digest_of(bytes));
    assert_eq!(repository.get(&other_name).await.status(), 404, "under the other name it was not pushed");
}

#[tokio::test]
async fn a_deleted_blob_is_gone_at_once_and_can_come_back() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_blob("come and go").await;
    for _ in 0..2 {
        assert_eq!(repository.delete(&format!("blobs/{digest}")).await.status(), 202);
        assert_eq!(repository.head(&format!("blobs/{digest}")).await.status(), 404);
        let again = repository.delete(&format!("blobs/{digest}")).await;
        assert_eq!(problem(again).await, (404, "BLOB_UNKNOWN".to_owned()));
        repository.push_blob("come and go").await;
        assert_eq!(repository.get(&format!("blobs/{digest}")).await.text().await.unwrap(), "come and go");
    }
}

#[tokio::test]
async fn a_blob_that_a_manifest_names_stays() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("stays").await;
    let digest = repository.push_manifest("v1", &manifest).await;
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let answer = repository.delete(&format!("blobs/{layer}")).await;
    assert_eq!(text(&answer, "allow"), "GET, HEAD");
    assert_eq!(problem(answer).await, (405, "UNSUPPORTED".to_owned()));
    assert_eq!(repository.get(&format!("blobs/{layer}")).await.status(), 200);
    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    assert_eq!(repository.delete(&format!("blobs/{layer}")).await.status(), 202);
}

#[tokio::test]
async fn many_read_one_blob_at_once() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let bytes = large();
    let digest = repository.push_blob(&bytes).await;
    let reads = (0..16).map(|_| async {
        let answer = repository.get(&format!("blobs/{digest}")).await;
        assert!(answer.bytes().await.unwrap() == bytes);
    });
    futures::future::join_all(reads).await;
}
