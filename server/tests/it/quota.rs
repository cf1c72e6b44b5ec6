//! Quotas, as people who push, people with a browser, and operators meet them.

use api_types::{NewProject, Role};
use oci::ProjectName;
use registry::Actor;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::harness::{Repository, TestApp, digest_of, process::beside, repository::location};

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// A server with a private project `team` that may hold so much.
async fn start(quota: u64) -> TestApp {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    app.registry.projects.set_quota(&Actor::system(), &team(), Some(quota)).await.unwrap();
    app
}

/// What Docker prints of a refusal, and its facts for programs.
async fn denied(answer: Response) -> (String, Value) {
    let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert_eq!((status, &body["errors"][0]["code"]), (StatusCode::FORBIDDEN, &Value::from("DENIED")), "{body}");
    (body["errors"][0]["message"].as_str().unwrap().to_owned(), body["errors"][0]["detail"].clone())
}

#[tokio::test]
async fn whoever_pushes_too_much_is_told_what_is_used_allowed_and_needed() {
    let app = start(200_000).await;
    let repository = Repository::new(app.admin(), "team/app");
    for half in [3, 4] {
        repository.push_blob(vec![half; 75_000]).await;
    }
    let more = vec![2_u8; 100_000];
    let digest = digest_of(&more);
    let whole = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", digest.as_str())]);
    let whole = whole.body(more.clone()).send().await.unwrap();
    // As Docker sends it: a stream without a length.
    let upload = repository.begin().await;
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = more.chunks(9_000).map(|piece| Ok(piece.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
    let chunked = repository.request(Method::PATCH, &upload).body(stream).send().await.unwrap();
    // As containerd does: at once, with its length.
    let monolithic = repository.begin().await;
    let monolithic = repository.request(Method::PUT, &monolithic).query(&[("digest", digest.as_str())]);
    let monolithic = monolithic.body(more.clone()).send().await.unwrap();
    for answer in [whole, chunked, monolithic] {
        let (message, detail) = denied(answer).await;
        let told = "project team holds 150 KB of the 200 KB that its quota allows, and this needs 100 KB more";
        assert!(message.starts_with(told) && message.contains("/projects/team"), "{message}");
        assert!(message.contains("what is deleted gives room at once"), "{message}");
        let facts = serde_json::json!({ "project": "team", "used": 150_000, "allowed": 200_000, "needed": 100_000 });
        assert_eq!(detail, facts);
    }
    assert_eq!(repository.get(&upload).await.status(), 404, "nothing is left to go on with");
    assert_eq!(repository.head(&format!("blobs/{digest}")).await.status(), 404);
}

#[tokio::test]
async fn a_mount_that_does_not_fit_is_refused_and_one_that_costs_nothing_is_not() {
    let app = start(1_000).await;
    let source = Repository::new(app.admin(), "library/source");
    let (large, small) = (source.push_blob(vec![1; 1_001]).await, source.push_blob(vec![2; 1_000]).await);
    let target = Repository::new(app.admin(), "team/app");
    let mount = async |target: &Repository, digest: &oci::Digest| {
        let query = [("mount", digest.as_str()), ("from", "library/source")];
        target.request(Method::POST, "blobs/uploads/").query(&query).send().await.unwrap()
    };
    let (message, _) = denied(mount(&target, &large).await).await;
    assert!(message.contains("0 B of the 1 KB") && message.contains("1.00 KB more"), "{message}");
    assert_eq!(mount(&target, &small).await.status(), 201);
    let beside = Repository::new(app.admin(), "team/beside");
    assert_eq!(mount(&beside, &small).await.status(), 201, "the project has it already");
    let upload = beside.begin().await;
    let again = beside.request(Method::PUT, &upload).query(&[("digest", small.as_str())]).body(vec![2; 1_000]);
    let again = again.send().await.unwrap();
    assert_eq!((again.status().as_u16(), location(&again)), (201, format!("/v2/team/beside/blobs/{small}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_gives_room_and_is_restored_where_it_fits() {
    let app = start(200_000).await;
    let repository = Repository::new(app.admin(), "team/app");
    let digest = repository.push_image("v1", "it").await;
    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    let filling = repository.push_blob(vec![3; 200_000]).await;
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/projects/team?tab=settings").await.text().await.unwrap();
    assert!(page.contains("The project holds 200\u{a0}KB of 200\u{a0}KB."), "{page}");
    let entries: Value = admin.read("trash?project=team").await.json().await.unwrap();
    let id = entries[0]["id"].to_string();

    let answer: Value = admin.call("restore", &[("id", &id)]).await.json().await.unwrap();
    let refused = &answer["Refused"];
    assert_eq!(refused["code"], "restore_exceeds_quota", "{answer}");
    assert_eq!(refused["quota"]["used"], 200_000);
    let needed = refused["quota"]["needed"].as_u64().unwrap();
    let told = beside(&app, &["trash", "restore", &id]).await;
    let text = String::from_utf8(told.stderr).unwrap();
    let why = format!("needs {needed} bytes, and project team holds 200000 of the 200000 that its quota allows");
    assert!(!told.status.success() && text.contains(&why), "{text}");

    assert_eq!(repository.delete(&format!("blobs/{filling}")).await.status(), 202);
    let restored: Value = admin.call("restore", &[("id", &id)]).await.json().await.unwrap();
    assert!(restored.get("Done").is_some(), "{restored}");
    assert_eq!(repository.get("manifests/v1").await.status(), 200);
    let listed = String::from_utf8(beside(&app, &["quota", "list"]).await.stdout).unwrap();
    assert!(listed.contains(&format!("team\t{needed} B\t200 KB\n")), "{listed}");
}

#[tokio::test]
async fn only_system_administrators_set_a_quota_in_the_console() {
    let app = start(5_000).await;
    app.user("ada").await;
    app.registry.members.add(&Actor::system(), &team(), "ada", Role::ProjectAdmin).await.unwrap();
    let quota = async || {
        let project = app.registry.projects.get(&Actor::system(), &team()).await.unwrap();
        project.summary.storage_quota
    };
    let fields = [("project", "team"), ("quota", "20 GB")];
    assert_eq!(app.browser().call("set_quota", &fields).await.status(), StatusCode::UNAUTHORIZED);
    for name in ["ada", "stranger"] {
        let answer: Value = app.signed_in(name).await.call("set_quota", &fields).await.json().await.unwrap();
        assert_eq!(answer["Refused"]["code"], "administrators_only", "{name}");
    }
    assert_eq!(quota().await, Some(5_000));
    let page = app.signed_in("ada").await.open("/projects/team?tab=settings").await.text().await.unwrap();
    assert!(page.contains("The project holds 0\u{a0}B of 5\u{a0}KB.") && !page.contains("name=\"quota\""), "{page}");

    let mut admin = app.signed_in("admin").await;
    let answer: Value = admin.call("set_quota", &fields).await.json().await.unwrap();
    assert!(answer.get("Done").is_some(), "{answer}");
    assert_eq!(quota().await, Some(20_000_000_000));
    let page = admin.open("/projects/team?tab=settings").await.text().await.unwrap();
    assert!(page.contains("name=\"quota\"") && page.contains("value=\"20 GB\""), "{page}");
    admin.call("set_quota", &[("project", "team"), ("quota", "")]).await;
    assert_eq!(quota().await, None);
}

#[tokio::test]
async fn a_limit_that_is_none_is_kept_in_its_field_without_scripts() {
    let app = start(5_000).await;
    let mut admin = app.signed_in("admin").await;
    for (function, page, field, other) in [
        ("set_quota", "/projects/team?tab=settings", "quota", vec![("project", "team")]),
        ("create_project", "/projects/new", "quota", vec![("name", "crew")]),
        (
            "update_settings",
            "/admin/settings",
            "default_quota",
            vec![("self_registration", "false"), ("project_creation", "everyone"), ("audit_retention_days", "9")],
        ),
    ] {
        let request = admin.request(Method::POST, &format!("/_fn/{function}")).header("sec-fetch-site", "same-origin");
        let fields = [other, vec![(field, "twenty")]].concat();
        let answer = admin.send(request.header(header::REFERER, app.url(page)).form(&fields)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{function}");
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("value=\"twenty\"") && text.contains("Write a number and its unit"),
            "{function}: {text}"
        );
    }
}

#[tokio::test]
async fn new_projects_have_the_quota_of_the_settings_or_that_of_the_form() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    let settings = [
        ("self_registration", "false"),
        ("project_creation", "everyone"),
        ("audit_retention_days", "365"),
        ("default_quota", "2 GB"),
    ];
    admin.call("update_settings", &settings).await;
    assert!(admin.open("/admin/settings").await.text().await.unwrap().contains("value=\"2 GB\""));
    let mut ada = app.signed_in("ada").await;
    assert!(!ada.open("/projects/new").await.text().await.unwrap().contains("name=\"quota\""));
    ada.call("create_project", &[("name", "usual")]).await;
    let forged: Value =
        ada.call("create_project", &[("name", "forged"), ("quota", "9 TB")]).await.json().await.unwrap();
    assert_eq!(forged["Refused"]["code"], "administrators_only");
    admin.call("create_project", &[("name", "large"), ("quota", "9 TB")]).await;
    for (name, quota) in [("usual", 2_000_000_000), ("large", 9_000_000_000_000)] {
        let project = app.registry.projects.get(&Actor::system(), &name.parse().unwrap()).await.unwrap();
        assert_eq!(project.summary.storage_quota, Some(quota), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_set_quotas_and_recount() {
    let app = start(5_000).await;
    Repository::new(app.admin(), "team/app").push_image("v1", "it").await;
    let run = async |arguments: &[&str]| {
        let output = beside(&app, &[&["quota"][..], arguments].concat()).await;
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (done, text) = run(&["set", "team", "1.5GB"]).await;
    assert!(done && text.starts_with("team\t") && text.ends_with("\t1.50 GB\n"), "{text}");
    let (_, listed) = run(&["list"]).await;
    assert!(listed.contains("library\t0 B\tno limit\n") && listed.contains(&text), "{listed}");
    assert_eq!(run(&["verify"]).await, (true, "Every sum is what a recount gives.\n".to_owned()));
    assert!(!run(&["set", "team", "much"]).await.0);
    assert!(!run(&["set", "missing", "none"]).await.0);
}
