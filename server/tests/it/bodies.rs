//! Memory for bodies that are read whole: so much for all clients together, and a word for those who find none.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use oci::{MAX_MANIFEST_SIZE, media_type};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, PATIENCE, Raw, Repository, TestApp, problem};

/// Bytes of each body that count for nothing.
const FREE: usize = 16 << 10;

/// Sends a request of the administrator whose body lacks its last byte, and waits until the server has read what is there.
async fn unfinished(app: &TestApp, line: &str, content_type: &str, body: &[u8]) -> Raw {
    let before = bytes_received(app).await;
    let mut raw = Raw::connect(app.address).await;
    let credentials = STANDARD.encode(format!("admin:{ADMIN_PASSWORD}"));
    let length = body.len();
    raw.send(format!(
        "{line} HTTP/1.1\r\nhost: a\r\nauthorization: Basic {credentials}\r\ncontent-type: {content_type}\r\n\
         content-length: {length}\r\n\r\n"
    ))
    .await;
    raw.send(&body[..length - 1]).await;
    let read = async {
        while bytes_received(app).await < before + length {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server reads on");
    raw
}

/// How many bytes have come over all connections.
pub async fn bytes_received(app: &TestApp) -> usize {
    let page = app.anonymous().get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = page.lines().find(|line| line.starts_with("slipway_received_bytes")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A manifest as large as one may be.
fn largest(image: &Value) -> String {
    let mut text = image.to_string();
    text.push_str(&" ".repeat(MAX_MANIFEST_SIZE - text.len()));
    text
}

async fn put(repository: &Repository, tag: &str, manifest: &str) -> Response {
    let request = repository.request(Method::PUT, &format!("manifests/{tag}"));
    request.header(header::CONTENT_TYPE, media_type::OCI_IMAGE).body(manifest.to_owned()).send().await.unwrap()
}

#[tokio::test]
async fn a_large_manifest_waits_for_room_and_is_refused_where_none_comes() {
    // Half of it is for manifests: enough for one of the largest.
    let app = TestApp::builder().set("http.body_budget", "8MiB").start().await;
    let repository = app.admin().repository("library/app");
    let image = repository.image("one").await;
    let large = largest(&image);
    let (line, last) = ("PUT /v2/library/app/manifests/first", &large.as_bytes()[large.len() - 1..]);
    let mut first = unfinished(&app, line, media_type::OCI_IMAGE, large.as_bytes()).await;
    let refused = put(&repository, "second", &large).await;
    assert_eq!(refused.headers()[header::RETRY_AFTER], "5");
    assert_eq!(problem(refused).await, (429, "TOOMANYREQUESTS".to_owned()));
    // What is ordinary passes it by, and so do blobs.
    repository.push_manifest("ordinary", &image).await;
    repository.push_blob(vec![7; 5 << 20]).await;

    // Another one waits for the first, and not in vain.
    let (second, first) = tokio::join!(put(&repository, "second", &large), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        first.send(last).await;
        first.status().await
    });
    assert_eq!((first, second.status().as_u16()), (201, 201));

    // What a client that goes away has taken is there for others.
    drop(unfinished(&app, line, media_type::OCI_IMAGE, large.as_bytes()).await);
    assert_eq!(put(&repository, "third", &large).await.status(), 201);
}

#[tokio::test]
async fn forms_and_json_share_room_and_take_none_from_manifests() {
    const SIZES: [usize; 5] = [1 << 20, 1 << 20, 1 << 20, 1 << 20, 700 << 10];
    let half: usize = SIZES.iter().map(|size| size - FREE).sum();
    let app = TestApp::builder().set("http.body_budget", &(2 * half).to_string()).start().await;
    let mut holding = Vec::new();
    for size in SIZES {
        let body = vec![b' '; size];
        holding.push(unfinished(&app, "POST /api/v2.0/projects", "application/json", &body).await);
    }
    let long = "x".repeat(60_000);
    let create = |name: &str| app.admin().post("/api/v2.0/projects").json(&json!({"project_name": name})).send();
    let form = |path: &str, field: &str| {
        let request = app.anonymous().post(path).header("sec-fetch-site", "same-origin");
        request.header(header::ACCEPT, "application/json").form(&[(field, long.as_str())]).send()
    };
    let (json, token, page) =
        tokio::join!(create(&long), form("/service/token", "grant_type"), form("/_fn/sign_in", "username"));
    for (part, answer) in [("REST", json), ("tokens", token), ("console", page)] {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 429, "{part}");
        assert_eq!(answer.headers()[header::RETRY_AFTER], "5", "{part}");
    }
    assert_eq!(create("small").await.unwrap().status(), 201);
    let repository = app.admin().repository("library/app");
    let image = repository.image("one").await;
    assert_eq!(put(&repository, "large", &largest(&image)).await.status(), 201);
    drop(holding);
    assert_eq!(create(&long).await.unwrap().status(), 400, "read, and no name of a project");
}
