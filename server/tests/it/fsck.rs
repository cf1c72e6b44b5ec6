//! The check: from the console, from the command line beside a running server, and what clients meet before and after it.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use reqwest::StatusCode;
use serde_json::Value;
use server::config::Storage;
use tokio::io::AsyncReadExt as _;

use crate::harness::{Raw, Repository, TestApp, digest_of, problem};

/// More than sockets hold.
const LARGE: usize = 48 << 20;

fn fsck(folder: &Path, database: Option<String>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SLIPWAY_")) {
        command.env_remove(name);
    }
    if let Some(url) = database {
        command.env("SLIPWAY_DATABASE_URL", url);
    }
    command.arg("fsck").args(arguments).arg("--data-dir").arg(folder).stdin(Stdio::null()).output().unwrap()
}

/// The file of the only blob of this size.
fn file_of(app: &TestApp, size: usize) -> PathBuf {
    let Storage::Folder { path: blobs, .. } = &app.config.storage else { panic!("blobs are in a folder by default") };
    let shards = std::fs::read_dir(blobs).unwrap().map(|entry| entry.unwrap());
    let files =
        shards.filter(|shard| shard.file_name().len() == 2).flat_map(|shard| std::fs::read_dir(shard.path()).unwrap());
    let mut of_this_size = files.map(|file| file.unwrap()).filter(|file| file.metadata().unwrap().len() == size as u64);
    let found = of_this_size.next().unwrap().path();
    assert!(of_this_size.next().is_none(), "several files have {size} bytes");
    found
}

fn cut(file: &Path, size: u64) {
    OpenOptions::new().write(true).open(file).unwrap().set_len(size).unwrap();
}

#[tokio::test]
async fn administrators_ask_for_checks_and_nobody_else() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    let nothing: Value = admin.read("background/fsck").await.json().await.unwrap();
    assert_eq!(nothing["job"], Value::Null);
    for (mut browser, status) in
        [(app.signed_in("ada").await, StatusCode::FORBIDDEN), (app.browser(), StatusCode::UNAUTHORIZED)]
    {
        assert_eq!(browser.read("background/fsck").await.status(), status);
        let text = browser.call("request_fsck", &[("deep", "false")]).await.text().await.unwrap();
        assert!(text.contains("administrators_only") || text.contains("unauthenticated"), "{text}");
    }
    assert_eq!(admin.call("request_fsck", &[("deep", "true")]).await.status(), 200);
    let again = admin.call("request_fsck", &[("deep", "false")]).await.text().await.unwrap();
    assert!(again.contains("job_unfinished"), "{again}");
    // A collection may wait beside it.
    let collection = admin.call("request_collection", &[("dry_run", "true")]).await.text().await.unwrap();
    assert!(!collection.contains("job_unfinished"), "{collection}");
    let asked: Value = admin.read("background/fsck").await.json().await.unwrap();
    assert_eq!((&asked["job"]["state"], &asked["job"]["report"]["deep"]), (&"queued".into(), &true.into()), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_checks_beside_a_running_server() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    repository.push_image("v1", "kept").await;
    repository.push_image("v2", "harmed").await;
    let run = async |arguments: &'static [&'static str]| {
        let (folder, url) = (app.folder.path().to_owned(), app.database.as_ref().map(|database| database.url()));
        tokio::task::spawn_blocking(move || fsck(&folder, url, arguments)).await.unwrap()
    };
    let well = run(&["--deep"]).await;
    let text = String::from_utf8_lossy(&well.stdout);
    assert!(well.status.success(), "{}", String::from_utf8_lossy(&well.stderr));
    assert!(text.contains("Looked for 4 blobs") && text.ends_with("Nothing is damaged.\n"), "{text}");
    assert!(String::from_utf8_lossy(&well.stderr).contains("done"), "progress is shown");

    let layer = digest_of("a layer of harmed");
    let file = file_of(&app, "a layer of harmed".len());
    std::fs::write(&file, "a layer of h@rmed").unwrap();
    assert!(run(&[]).await.status.success(), "a quick check does not read it");
    let found = run(&["--deep", "--json"]).await;
    assert_eq!(found.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((&report["damaged"], &report["report"]["found"]["changed"]), (&1.into(), &1.into()), "{report}");
    let finding = &report["findings"][0];
    assert_eq!((finding["kind"].as_str(), finding["subject"].as_str()), (Some("changed"), Some(layer.as_str())));
    assert_eq!((&finding["repository"], &finding["tags"]), (&"library/app".into(), &serde_json::json!(["v2"])));
    app.clock.advance(time::Duration::seconds(2));
    for answer in [repository.get(&format!("blobs/{layer}")).await, repository.head(&format!("blobs/{layer}")).await] {
        assert_eq!(answer.status(), 404);
    }
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/admin/system").await.text().await.unwrap();
    assert!(page.contains("Blob changed") && page.contains(layer.as_str()) && page.contains("library/app"), "{page}");

    repository.push_image("v2", "harmed").await;
    app.clock.advance(time::Duration::seconds(2));
    let answer = repository.get(&format!("blobs/{layer}")).await;
    assert_eq!(answer.bytes().await.unwrap(), "a layer of harmed");
    assert!(run(&["--deep"]).await.status.success());
}

#[tokio::test]
async fn a_blob_that_was_cut_is_refused_before_its_first_byte() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for size in [1_000, 200_000] {
        let digest = repository.push_blob(vec![7; size]).await;
        cut(&file_of(&app, size), size as u64 - 1);
        assert_eq!(problem(repository.get(&format!("blobs/{digest}")).await).await, (500, "UNKNOWN".to_owned()));
    }
}

#[tokio::test]
async fn a_blob_that_is_cut_while_it_is_pulled_breaks_the_connection() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_blob(vec![7; LARGE]).await;
    let file = file_of(&app, LARGE);
    let mut raw = Raw::connect(app.address).await;
    let basic = "YWRtaW46dW51c3VhbC1oYXJib3VyLTk0MzE=";
    raw.send(format!("GET /v2/library/app/blobs/{digest} HTTP/1.1\r\nhost: a\r\nauthorization: Basic {basic}\r\n\r\n"))
        .await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(raw.0.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    cut(&file, 1 << 20);
    let got = raw.until_closed().await;
    assert!(got.len() < LARGE, "{} bytes came", got.len());
}
