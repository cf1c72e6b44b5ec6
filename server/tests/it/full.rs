//! No room: pushes are refused in so many words, pulls go on, and with room again so do pushes.

use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use blobstore::{Fault, FaultyStore, MemoryStore, Operation};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Process, Repository, TestApp, digest_of};

/// One that is stored in one go, and one that goes to the store as it comes.
const SIZES: [usize; 2] = [100_000, 2_000_000];

/// What a manifest has of text that says nothing.
const PADDING: usize = 400_000;

/// Asserts that an answer says that there is no room.
async fn says_full(answer: Response) {
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 507, "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    let error = &body["errors"][0];
    assert_eq!(error["code"], "UNAVAILABLE", "{text}");
    assert!(error["message"].as_str().unwrap().contains("no room left"), "{text}");
}

/// Blobs are refused, and not there.
async fn refuses_blobs(repository: &Repository) {
    for size in SIZES {
        let bytes = vec![8; size];
        let digest = digest_of(&bytes);
        let post = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", digest.as_str())]);
        says_full(post.body(bytes).send().await.unwrap()).await;
        assert_eq!(repository.head(&format!("blobs/{digest}")).await.status(), 404);
    }
}

/// Asserts that this can be pulled, to the last byte.
async fn pulls(repository: &Repository, path: &str, digest: &oci::Digest) {
    let answer = repository.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(digest_of(answer.bytes().await.unwrap()), *digest, "{path}");
}

#[tokio::test]
async fn a_full_store_refuses_pushes_in_so_many_words_and_nothing_else() {
    let store = FaultyStore::new(MemoryStore::new());
    let app = TestApp::builder().store(Arc::new(store.clone())).start().await;
    let repository = app.admin().repository("library/app");
    let image = repository.push_image("v1", "kept").await;
    let kept = repository.push_blob(vec![7; SIZES[1]]).await;
    for operation in [Operation::Put, Operation::Begin, Operation::Write, Operation::Commit, Operation::Probe] {
        store.fail_always(operation, Fault::Full);
    }
    refuses_blobs(&repository).await;
    pulls(&repository, "manifests/v1", &image).await;
    pulls(&repository, &format!("blobs/{kept}"), &kept).await;
    let ready = app.anonymous().get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 200, "pulls would have nowhere to go");
    assert!(ready.text().await.unwrap().contains("no room left"));
    let health: Value = app.anonymous().get("/api/v2.0/health").send().await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "unhealthy", "{health}");

    store.heal();
    for size in SIZES {
        let pushed = repository.push_blob(vec![8; size]).await;
        pulls(&repository, &format!("blobs/{pushed}"), &pushed).await;
    }
}

/// Fills a file system to its last page; what to remove for room.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("ballast");
    let mut file = File::create(&path).unwrap();
    for size in [1 << 20, 4096, 1] {
        let zeros = vec![0; size];
        let error = loop {
            if let Err(error) = file.write_all(&zeros) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
    path
}

/// A manifest that needs much room in the database, as none before it.
fn padded(manifest: &Value, number: usize) -> Value {
    let mut manifest = manifest.clone();
    manifest["annotations"] = json!({ "number": number.to_string(), "padding": "x".repeat(PADDING) });
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_pushes_in_so_many_words_and_takes_them_again_once_there_is_room() {
    let Some(server) = Process::start_in_room("32m") else { return };
    let repository = server.admin().repository("library/app");
    let image = repository.push_image("v1", "kept").await;
    let kept = repository.push_blob(vec![7; SIZES[1]]).await;
    let next = repository.image("next").await;
    let ballast = fill(&server.data());

    refuses_blobs(&repository).await;
    // SQLite writes first where it has written before. All of these would never fit.
    let mut acknowledged = Vec::new();
    let refused = loop {
        let number = acknowledged.len();
        assert!(number * PADDING < 32 << 20, "{number} manifests are in no room");
        let manifest = padded(&next, number);
        let answer = repository.put_manifest(&format!("n{number}"), &manifest).await;
        if answer.status() != 201 {
            break answer;
        }
        acknowledged.push(digest_of(manifest.to_string()));
    };
    says_full(refused).await;
    assert_eq!(repository.head(&format!("manifests/n{}", acknowledged.len())).await.status(), 404);
    pulls(&repository, "manifests/v1", &image).await;
    pulls(&repository, &format!("blobs/{kept}"), &kept).await;
    assert_eq!(server.admin().get("/readyz").send().await.unwrap().status(), 200);

    std::fs::remove_file(ballast).unwrap();
    for size in SIZES {
        let pushed = repository.push_blob(vec![8; size]).await;
        pulls(&repository, &format!("blobs/{pushed}"), &pushed).await;
    }
    let number = acknowledged.len();
    acknowledged.push(repository.push_manifest(&format!("n{number}"), &padded(&next, number)).await);
    for (number, digest) in acknowledged.iter().enumerate() {
        pulls(&repository, &format!("manifests/n{number}"), digest).await;
    }
}
