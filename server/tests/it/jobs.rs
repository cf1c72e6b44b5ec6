//! Jobs: from the console, from the command line beside a running server, and by themselves.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use api_types::JobState;
use registry::{Actor, jobs::JobRequest};
use reqwest::StatusCode;
use serde_json::Value;
use server::workers::{self, Schedule};

use crate::harness::{Browser, PATIENCE, Process, Repository, TestApp, digest_of};

async fn jobs(browser: &mut Browser) -> Value {
    let answer = browser.read("background/jobs").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn administrators_ask_for_collections_see_them_and_stop_them() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    assert_eq!(jobs(&mut admin).await, serde_json::json!([]));
    for (dry_run, refused) in [("true", false), ("false", true)] {
        let answer = admin.call("request_collection", &[("dry_run", dry_run)]).await;
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert_eq!(text.contains("job_unfinished"), refused, "{text}");
    }
    let listed = jobs(&mut admin).await;
    let job = &listed[0];
    assert_eq!((&job["state"], &job["requested_by"]), (&"queued".into(), &"admin".into()), "{job}");
    assert_eq!(job["report"]["dry_run"], true);
    let id = job["id"].to_string();
    let log = admin.read(&format!("job?id={id}")).await;
    assert_eq!(log.status(), 200);
    assert_eq!(log.json::<Value>().await.unwrap()["log"], serde_json::json!([]));
    assert_eq!(admin.call("cancel_job", &[("id", &id)]).await.status(), 200);
    assert_eq!(jobs(&mut admin).await[0]["state"], "cancelled");
    assert_eq!(admin.read("job?id=999").await.status(), 404);
}

#[tokio::test]
async fn nobody_else_sees_jobs_or_touches_them() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    admin.call("request_collection", &[("dry_run", "true")]).await;
    let id = jobs(&mut admin).await[0]["id"].to_string();
    let job = format!("job?id={id}");
    for (mut browser, status) in
        [(app.signed_in("ada").await, StatusCode::FORBIDDEN), (app.browser(), StatusCode::UNAUTHORIZED)]
    {
        for read in ["background/jobs", job.as_str()] {
            assert_eq!(browser.read(read).await.status(), status, "{read}");
        }
        for (function, fields) in [("request_collection", ("dry_run", "false")), ("cancel_job", ("id", id.as_str()))] {
            let answer = browser.call(function, &[fields]).await;
            // What a person at the page can be told is told in the answer.
            let text = answer.text().await.unwrap();
            assert!(text.contains("administrators_only") || text.contains("unauthenticated"), "{function}: {text}");
        }
    }
    assert_eq!(jobs(&mut admin).await[0]["state"], "queued");
    let foreign =
        admin.request(reqwest::Method::POST, "/_fn/request_collection").header("sec-fetch-site", "cross-site");
    assert_eq!(admin.send(foreign.form(&[("dry_run", "false")])).await.status(), 403);
}

fn gc(folder: &Path, database: Option<String>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SLIPWAY_")) {
        command.env_remove(name);
    }
    if let Some(url) = database {
        command.env("SLIPWAY_DATABASE_URL", url);
    }
    command.arg("gc").args(arguments).arg("--data-dir").arg(folder).stdin(Stdio::null()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_collects_beside_a_running_server() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "kept").await;
    let lost = repository.push_blob("nothing names it").await;
    app.clock.advance(time::Duration::seconds(2));
    let run = async |arguments: &'static [&'static str]| {
        let (folder, url) = (app.folder.path().to_owned(), app.database.as_ref().map(|database| database.url()));
        tokio::task::spawn_blocking(move || gc(&folder, url, arguments)).await.unwrap()
    };
    let told = run(&["--dry-run", "--grace", "0s"]).await;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(text, "Would remove 1 links and 1 blobs of 16 B.\n");
    assert_eq!(repository.get(&format!("blobs/{lost}")).await.status(), 200);

    // Within the grace nothing goes.
    let kept = run(&[]).await;
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "Removed 0 links and 0 blobs of 0 B.\n");
    let done = run(&["--grace", "0s"]).await;
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("Removed 1 links and 1 blobs of 16 B"));
    assert!(String::from_utf8_lossy(&done.stderr).contains("done"), "progress is shown");
    app.clock.advance(time::Duration::seconds(2));
    assert_eq!(repository.get(&format!("blobs/{lost}")).await.status(), 404);
    assert_eq!(repository.get("manifests/v1").await.status(), 200);
    assert_eq!(repository.get(&format!("blobs/{}", digest_of("a layer of kept"))).await.status(), 200);
    assert_eq!(repository.get(&format!("manifests/{digest}")).await.status(), 200);
    let mut admin = app.signed_in("admin").await;
    let listed = jobs(&mut admin).await;
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|job| job["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["succeeded"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_a_check_reads() {
    let app = TestApp::start().await;
    Repository::new(app.admin(), "library/app").push_blob(vec![7; 5_000]).await;
    let actor = Actor::system();
    // A byte a second.
    let check = JobRequest::Fsck { deep: true, rate: Some(1) };
    let check = app.registry.jobs.request(&actor, check).await.unwrap();
    let workers = workers::start(app.registry.clone(), Schedule::of(&app.config), app.drain.clone());
    let state = async |id: i64| app.registry.jobs.get(&actor, id).await.unwrap().summary.state;
    let wait = async |id: i64, wanted: JobState| {
        let deadline = Instant::now() + PATIENCE;
        while state(id).await != wanted {
            assert!(Instant::now() < deadline, "{id}: {:?}", state(id).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait(check, JobState::Running).await;
    let backup = app.registry.jobs.request(&actor, JobRequest::Backup).await.unwrap();
    wait(backup, JobState::Succeeded).await;
    assert_eq!(state(check).await, JobState::Running);
    app.drain.start();
    workers.await.unwrap();
    assert_eq!(state(check).await, JobState::Queued, "another process goes on");
}

#[test]
fn a_grace_that_is_no_duration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = gc(folder.path(), None, &["--grace", "soon"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("0s, 30m or 24h"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_collects_by_itself() {
    let server = Process::start(&[("SLIPWAY_COLLECTION__INTERVAL", "1s"), ("SLIPWAY_COLLECTION__GRACE", "0s")]);
    let repository = Repository::new(server.admin(), "library/app");
    let kept = repository.push_image("v1", "kept").await;
    let lost = repository.push_blob("nothing names it").await;
    let deadline = Instant::now() + PATIENCE;
    while repository.head(&format!("blobs/{lost}")).await.status() != 404 {
        assert!(Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(repository.get(&format!("manifests/{kept}")).await.status(), 200);
    // The same bytes come back as if they had never been there.
    assert_eq!(repository.push_blob("nothing names it").await, lost);
}
