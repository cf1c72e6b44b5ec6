//! `end-4a` to `end-6`, `end-13`, `end-14`.

use std::time::Duration;

use oci::{Algorithm, Digest};
use reqwest::{Body, Method, Response, header};

use crate::bodies::bytes_received;
use crate::harness::{PATIENCE, Raw, Repository, TestApp, digest_of, problem, repository::location};

fn repository(app: &TestApp) -> Repository {
    app.admin().repository("library/uploads")
}

/// What an answer about an upload says: location, range and id.
fn progress(answer: &Response) -> (String, String, String) {
    let text = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    (text("location"), text("range"), text("docker-upload-uuid"))
}

fn id_of(location: &str) -> &str {
    location.rsplit('/').next().unwrap()
}

async fn patch(repository: &Repository, location: &str, range: Option<&str>, bytes: &[u8]) -> Response {
    let mut request = repository.request(Method::PATCH, location).body(bytes.to_vec());
    if let Some(range) = range {
        request = request.header(header::CONTENT_RANGE, range);
    }
    request.send().await.unwrap()
}

async fn put(repository: &Repository, location: &str, digest: &Digest, bytes: &[u8]) -> Response {
    let request = repository.request(Method::PUT, location).query(&[("digest", digest.as_str())]);
    request.body(bytes.to_vec()).send().await.unwrap()
}

async fn assert_stored(repository: &Repository, answer: Response, digest: &Digest, bytes: &[u8]) {
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
    assert_eq!(answer.headers()["content-length"], "0");
    let location = location(&answer);
    assert_eq!(location, format!("/v2/library/uploads/blobs/{digest}"));
    assert!(repository.get(&location).await.bytes().await.unwrap() == bytes);
}

#[tokio::test]
async fn an_upload_begins_with_a_relative_location() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for rest in ["blobs/uploads/", "blobs/uploads"] {
        let answer = repository.request(Method::POST, rest).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        let (location, range, id) = progress(&answer);
        assert_eq!(location, format!("/v2/library/uploads/blobs/uploads/{id}"));
        assert_eq!((range.as_str(), &answer.headers()["content-length"]), ("0-0", &"0".parse().unwrap()));
        assert!(!answer.headers().contains_key("oci-chunk-min-length"));
    }
}

#[tokio::test]
async fn a_blob_is_pushed_in_one_request() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for bytes in [b"".as_slice(), b"in one go", &vec![7; 1_000_000]] {
        let digest = digest_of(bytes);
        let post = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", digest.as_str())]);
        let answer = post.body(bytes.to_vec()).send().await.unwrap();
        assert_stored(&repository, answer, &digest, bytes).await;
    }
}

#[tokio::test]
async fn a_blob_is_pushed_with_post_and_put() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for bytes in [b"".as_slice(), b"{}", &vec![3; 1_000_000]] {
        let location = repository.begin().await;
        let answer = put(&repository, &location, &digest_of(bytes), bytes).await;
        assert_stored(&repository, answer, &digest_of(bytes), bytes).await;
        assert_eq!(problem(repository.get(&location).await).await, (404, "BLOB_UPLOAD_UNKNOWN".to_owned()));
    }
}

#[tokio::test]
async fn a_blob_is_streamed_as_docker_does() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let bytes = vec![5; 2_500_000];
    let location = repository.begin().await;
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = bytes.chunks(100_000).map(|chunk| Ok(chunk.to_vec())).collect();
    let body = Body::wrap_stream(futures::stream::iter(chunks));
    let answer = repository.request(Method::PATCH, &location).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let (next, range, id) = progress(&answer);
    assert_eq!((range.as_str(), id.as_str()), ("0-2499999", id_of(&location)));
    let answer = put(&repository, &next, &digest_of(&bytes), b"").await;
    assert_stored(&repository, answer, &digest_of(&bytes), &bytes).await;
}

#[tokio::test]
async fn a_blob_is_pushed_in_chunks() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let bytes: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
    for last_with_put in [false, true] {
        let mut location = repository.begin().await;
        let chunks: Vec<_> = bytes.chunks(9_000).collect();
        let patched = if last_with_put { chunks.len() - 1 } else { chunks.len() };
        for (index, chunk) in chunks[..patched].iter().enumerate() {
            let (start, end) = (index * 9_000, index * 9_000 + chunk.len() - 1);
            let answer = patch(&repository, &location, Some(&format!("{start}-{end}")), chunk).await;
            assert_eq!(answer.status(), 202);
            let (next, range, _) = progress(&answer);
            assert_eq!(range, format!("0-{end}"));
            location = next;

            let status = repository.get(&location).await;
            assert_eq!(status.status(), 204);
            assert_eq!(progress(&status), progress(&answer));
        }
        let rest = if last_with_put { chunks[patched] } else { b"" };
        let answer = put(&repository, &location, &digest_of(&bytes), rest).await;
        assert_stored(&repository, answer, &digest_of(&bytes), &bytes).await;
    }
}

#[tokio::test]
async fn a_chunk_out_of_order_changes_nothing_and_is_told_where_to_go_on() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    let first = patch(&repository, &location, Some("0-4"), b"01234").await;
    assert_eq!(first.status(), 202);
    for range in ["0-4", "6-10", "4-8"] {
        let answer = patch(&repository, &location, Some(range), b"xxxxx").await;
        assert_eq!(progress(&answer), progress(&first), "{range}");
        assert_eq!(problem(answer).await, (416, "RANGE_INVALID".to_owned()), "{range}");
    }
    let digest = digest_of("0123456789");
    let request = repository.request(Method::PUT, &location).query(&[("digest", digest.as_str())]);
    let answer = request.header(header::CONTENT_RANGE, "0-4").body("56789").send().await.unwrap();
    assert_eq!(problem(answer).await.0, 416, "the end may not come too early either");
    let status = repository.get(&location).await;
    assert_eq!((status.status().as_u16(), progress(&status).1.as_str()), (204, "0-4"));
    assert_eq!(patch(&repository, &location, Some("5-9"), b"56789").await.status(), 202);
    let answer = put(&repository, &location, &digest, b"").await;
    assert_stored(&repository, answer, &digest, b"0123456789").await;
}

#[tokio::test]
async fn headers_that_disagree_are_refused_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    for (range, code) in [("0-3", "SIZE_INVALID"), ("x", "BLOB_UPLOAD_INVALID"), ("4-0", "BLOB_UPLOAD_INVALID")] {
        let answer = patch(&repository, &location, Some(range), b"01234").await;
        assert_eq!(problem(answer).await, (400, code.to_owned()), "{range}");
    }
    assert_eq!(progress(&repository.get(&location).await).1, "0-0");
    assert_eq!(patch(&repository, &location, Some("bytes 0-4/*"), b"01234").await.status(), 202);
}

#[tokio::test]
async fn a_chunk_of_nothing_is_a_chunk() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    let answer = patch(&repository, &location, None, b"").await;
    assert_eq!((answer.status().as_u16(), progress(&answer).1.as_str()), (202, "0-0"));
    let answer = put(&repository, &location, &digest_of(""), b"").await;
    assert_stored(&repository, answer, &digest_of(""), b"").await;
}

#[tokio::test]
async fn content_that_is_not_what_its_digest_says_is_refused() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let other = digest_of("something else");

    let post = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", other.as_str())]);
    assert_eq!(problem(post.body("something").send().await.unwrap()).await, (400, "DIGEST_INVALID".to_owned()));
    let location = repository.begin().await;
    assert_eq!(problem(put(&repository, &location, &other, b"x").await).await, (400, "DIGEST_INVALID".to_owned()));
    let location = repository.begin().await;
    assert_eq!(patch(&repository, &location, None, b"something").await.status(), 202);
    assert_eq!(problem(put(&repository, &location, &other, b"").await).await, (400, "DIGEST_INVALID".to_owned()));
    assert_eq!(repository.get(&format!("blobs/{other}")).await.status(), 404);
}

#[tokio::test]
async fn digests_and_algorithms_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for query in [
        "digest=",
        "digest=sha256:ab",
        "digest=md5:d41d8cd98f00b204e9800998ecf8427e",
        "digest-algorithm=md5",
        "mount=x",
    ] {
        let answer = repository.request(Method::POST, &format!("blobs/uploads/?{query}")).send().await.unwrap();
        assert_eq!(problem(answer).await, (400, "DIGEST_INVALID".to_owned()), "{query}");
    }
    let location = repository.begin().await;
    for query in ["", "?digest=", "?digest=sha256:ab"] {
        let answer = repository.request(Method::PUT, &format!("{location}{query}")).send().await.unwrap();
        assert_eq!(problem(answer).await, (400, "DIGEST_INVALID".to_owned()), "{query}");
    }
    assert_eq!(repository.get(&location).await.status(), 204, "the upload is still there");
}

#[tokio::test]
async fn sha512_needs_no_announcement() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = Digest::of(Algorithm::Sha512, b"01234");
    for query in ["", "?digest-algorithm=sha512", "?digest-algorithm=sha256"] {
        let answer = repository.request(Method::POST, &format!("blobs/uploads/{query}")).send().await.unwrap();
        let location = location(&answer);
        assert_eq!(patch(&repository, &location, Some("0-2"), b"012").await.status(), 202);
        let answer = put(&repository, &location, &digest, b"34").await;
        assert_stored(&repository, answer, &digest, b"01234").await;
    }
}

#[tokio::test]
async fn a_cancelled_upload_is_gone() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    patch(&repository, &location, None, b"some bytes").await;
    assert_eq!(repository.delete(&location).await.status(), 204);
    for answer in [
        repository.get(&location).await,
        repository.delete(&location).await,
        patch(&repository, &location, None, b"more").await,
        put(&repository, &location, &digest_of("some bytes"), b"").await,
    ] {
        assert_eq!(problem(answer).await, (404, "BLOB_UPLOAD_UNKNOWN".to_owned()));
    }
}

#[tokio::test]
async fn an_upload_is_known_only_where_it_was_begun() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    patch(&repository, &location, None, b"secret").await;
    let elsewhere = app.admin().repository("library/elsewhere");
    elsewhere.push_blob("so that it exists").await;
    let stolen = format!("/v2/library/elsewhere/blobs/uploads/{}", id_of(&location));
    for answer in [
        elsewhere.get(&stolen).await,
        elsewhere.delete(&stolen).await,
        patch(&elsewhere, &stolen, None, b"more").await,
        put(&elsewhere, &stolen, &digest_of("secret"), b"").await,
    ] {
        assert_eq!(problem(answer).await, (404, "BLOB_UPLOAD_UNKNOWN".to_owned()));
    }
    for id in ["unknown", "..%2f", "a%20b", &"a".repeat(65)] {
        let answer = repository.get(&format!("blobs/uploads/{id}")).await;
        assert_eq!(problem(answer).await, (404, "BLOB_UPLOAD_UNKNOWN".to_owned()), "{id}");
    }
    let answer = put(&repository, &location, &digest_of("secret"), b"").await;
    assert_stored(&repository, answer, &digest_of("secret"), b"secret").await;
}

#[tokio::test]
async fn what_arrived_before_a_connection_broke_is_kept() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let location = repository.begin().await;
    let token = app.admin().token(&["repository:library/uploads:pull,push"]).await;
    let before = bytes_received(&app).await;
    let mut raw = Raw::connect(app.address).await;
    let head = format!(
        "PATCH {location} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 1000000\r\n\r\n"
    );
    raw.send(head).await;
    raw.send(vec![1; 100_000]).await;
    let running = async |number: u32| {
        for _ in 0..1200 {
            let page = app.anonymous().get("/metrics").send().await.unwrap().text().await.unwrap();
            if page.contains(&format!("\nslipway_uploads_running {number}\n")) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    assert!(running(1).await);
    // The server reads it all; then the client is gone.
    let read = async {
        while bytes_received(&app).await < before + 100_000 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server reads");
    drop(raw);
    assert!(running(0).await);
    let mut stored = 0;
    for _ in 0..1200 {
        let (_, range, _) = progress(&repository.get(&location).await);
        stored = range.strip_prefix("0-").unwrap().parse::<usize>().unwrap();
        if stored > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stored, 99_999);
    let answer = patch(&repository, &location, Some("100000-100004"), b"12345").await;
    assert_eq!(answer.status(), 202);
    let whole = [vec![1; 100_000], b"12345".to_vec()].concat();
    let answer = put(&repository, &location, &digest_of(&whole), b"").await;
    assert_stored(&repository, answer, &digest_of(&whole), &whole).await;
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_reaches_its_sender() {
    let app = TestApp::start().await;
    let body = vec![0_u8; 1_000_000];
    for (authorization, status) in
        [("x-nothing: x".to_owned(), "401"), (format!("authorization: Bearer {}", "x"), "401")]
    {
        let mut raw = Raw::connect(app.address).await;
        for _ in 0..2 {
            // Twice on one connection: what was not wanted does not get in the way of the next request.
            raw.send(format!(
                "PATCH /v2/library/a/blobs/uploads/1 HTTP/1.1\r\nhost: x\r\n{authorization}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            ))
            .await;
            raw.send(&body).await;
            let (head, _) = raw.answer().await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        }
    }
}

#[tokio::test]
async fn whoever_waits_for_the_go_ahead_is_not_asked_for_what_is_refused() {
    let app = TestApp::start().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(
        "PUT /v2/library/a/manifests/v1 HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n\r\n",
    )
    .await;
    assert_eq!(raw.status().await, 401, "and no 100 before it");
}

#[tokio::test]
async fn of_two_that_write_at_once_one_wins_and_nothing_is_mixed() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    for _ in 0..5 {
        let location = repository.begin().await;
        let bodies = [vec![1_u8; 300_000], vec![2_u8; 300_000]];
        let range = "0-299999";
        let (a, b) = tokio::join!(
            patch(&repository, &location, Some(range), &bodies[0]),
            patch(&repository, &location, Some(range), &bodies[1]),
        );
        let statuses = [a.status().as_u16(), b.status().as_u16()];
        let winner = statuses.iter().position(|status| *status == 202).expect("one is taken");
        assert!([409, 416].contains(&statuses[1 - winner]), "{statuses:?}");
        let answer = put(&repository, &location, &digest_of(&bodies[winner]), b"").await;
        assert_stored(&repository, answer, &digest_of(&bodies[winner]), &bodies[winner]).await;
    }
}

#[tokio::test]
async fn the_same_blob_pushed_by_many_at_once_is_there_for_all_and_a_liar_gets_nothing() {
    let app = TestApp::start().await;
    let bytes = vec![9_u8; 200_000];
    let digest = digest_of(&bytes);
    let pushes = (0..12).map(|number| {
        let repository = app.admin().repository(&format!("library/uploads-{}", number % 4));
        let (bytes, digest) = (&bytes, &digest);
        async move {
            let lie = number == 7;
            let location = repository.begin().await;
            let sent = if lie { vec![8_u8; 200_000] } else { bytes.clone() };
            let answer = put(&repository, &location, digest, &sent).await;
            assert_eq!(answer.status(), if lie { 400 } else { 201 });
        }
    });
    futures::future::join_all(pushes).await;
    for number in 0..4 {
        let repository = app.admin().repository(&format!("library/uploads-{number}"));
        assert!(repository.get(&format!("blobs/{digest}")).await.bytes().await.unwrap() == bytes);
    }
}
