//! Pages of the console, as many people open them.

mod authz_matrix;
mod forms;
mod pull;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::join_all;

use registry::Actor;
use serde_json::json;

use crate::harness::{Browser, Replica, Repository, TestApp, digest_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_whole_however_many_open_them_at_once() {
    let app = TestApp::start().await;
    let browser = app.signed_in("admin").await;
    let cookie = format!("slipway={}", browser.cookies["slipway"]);
    for path in ["/", "/projects", "/projects/library", "/projects/library?tab=settings&delete=1"] {
        let opened = (0..64).map(|_| {
            browser
                .request(reqwest::Method::GET, path)
                .header("cookie", &cookie)
                .header("sec-fetch-site", "none")
                .send()
        });
        for answer in join_all(opened).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            assert!(answer.text().await.unwrap().contains("</main>"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_whole_while_other_servers_start_in_the_same_process() {
    let app = Arc::new(TestApp::start().await);
    let mut browser = app.signed_in("admin").await;
    let enough = Arc::new(AtomicBool::new(false));
    let starting = tokio::task::spawn_blocking({
        let (app, enough) = (Arc::clone(&app), Arc::clone(&enough));
        move || {
            while !enough.load(Ordering::Relaxed) {
                app.sibling().warm_up();
            }
        }
    });
    let mut answers = Vec::new();
    for path in ["/", "/projects", "/projects/library"].repeat(8) {
        answers.push((path, browser.open(path).await.status()));
        if answers.last().is_some_and(|(_, status)| *status != 200) {
            break;
        }
    }
    enough.store(true, Ordering::Relaxed);
    starting.await.unwrap();
    assert!(answers.iter().all(|(_, status)| *status == 200), "{answers:?}");
}

#[tokio::test]
async fn a_manifest_with_tens_of_thousands_of_annotations_makes_an_ordinary_page() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let mut manifest = repository.image("it").await;
    manifest["annotations"] =
        (0..40_000).map(|n| (format!("org.example.n{n:05}"), json!(format!("value {n}")))).collect();
    repository.push_manifest("v1", &manifest).await;
    let mut browser = app.signed_in("admin").await;
    let page = browser.open("/projects/library/app:v1").await.text().await.unwrap();
    assert!(page.len() < 150_000, "{}", page.len());
    assert!(page.contains("org.example.n00099") && !page.contains("org.example.n00100"));
    assert!(page.contains("39,900 more in the raw manifest"));
    let whole = "/projects/library/app:v1?manifest=whole#raw-manifest";
    assert!(page.contains(whole));
    let page = browser.open(whole).await.text().await.unwrap();
    assert!(page.contains("org.example.n39999"));

    // Long ones are not shown at all.
    manifest["annotations"] = json!({ "a": "short", "b": "x".repeat(100_000) });
    repository.push_manifest("v2", &manifest).await;
    let page = browser.open("/projects/library/app:v2").await.text().await.unwrap();
    assert!(page.len() < 100_000 && page.contains("1 more in the raw manifest"), "{}", page.len());
}

#[tokio::test]
async fn artifacts_are_filtered_by_kind_in_the_address_alone() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let image = repository.push_image("v1", "one").await;
    let mut chart = repository.image("chart").await;
    chart["config"]["mediaType"] = json!(oci::media_type::HELM_CONFIG);
    let chart = repository.push_manifest("chart", &chart).await;
    let mut browser = app.signed_in("admin").await;
    let here = "/projects/library/app?tab=artifacts";
    for (kind, expected) in [
        ("", [true, true]),
        ("image", [true, false]),
        ("helm_chart", [false, true]),
        ("signature", [false, false]),
        ("nonsense", [true, true]),
    ] {
        let page = browser.open(&format!("{here}&kind={kind}")).await.text().await.unwrap();
        let shown = [&image, &chart].map(|digest| page.contains(&format!("/projects/library/app@{digest}")));
        assert_eq!(shown, expected, "{kind}");
        assert!(page.contains("kind=helm_chart"), "{kind}: other kinds are links");
        assert_eq!(page.contains("Show all artifacts"), expected == [false, false], "{kind}");
    }
    let page = browser.open(&format!("{here}&kind=image&filter=chart")).await.text().await.unwrap();
    assert!(page.contains("No artifact matches “chart”"));
}

#[tokio::test]
async fn a_repository_without_tags_says_what_is_left_and_what_to_do() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let manifest = repository.image("untagged").await;
    let digest = digest_of(manifest.to_string());
    repository.push_manifest(digest.as_str(), &manifest).await;
    let mut browser = app.signed_in("admin").await;
    let page = browser.open("/projects/library/app").await.text().await.unwrap();
    assert!(page.contains("What was pushed here has no tag.") && page.contains("Show artifacts"));

    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    for tab in ["", "artifacts"] {
        let page = browser.open(&format!("/projects/library/app?tab={tab}")).await.text().await.unwrap();
        assert!(page.contains("Everything that was pushed here has been deleted."), "{tab}");
        assert!(page.contains("/projects/library?push=1"), "{tab}");
        assert!(page.contains("/projects/library?tab=trash"), "{tab}");
    }
}

#[tokio::test]
async fn the_history_of_a_tag_is_turned_by_links() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digests = [repository.push_image("v1", "one").await, repository.push_image("v1", "two").await];
    let (name, tag) = ("library/app".parse().unwrap(), "v1".parse().unwrap());
    for digest in digests.iter().cycle().take(60) {
        app.registry.tags.create(&Actor::system(), &name, &tag, digest).await.unwrap();
    }
    let mut browser = app.signed_in("admin").await;
    let here = "/projects/library/app?history=v1";
    let page = browser.open(here).await.text().await.unwrap();
    assert!(page.contains("1–50 of 62"));
    let (_, rest) = page.split_once("moves=").expect("a link to the next page");
    let cursor = rest.split(['"', '&']).next().unwrap();
    let page = browser.open(&format!("{here}&moves={cursor}")).await.text().await.unwrap();
    assert!(page.contains("51–62 of 62"));
}

#[tokio::test]
async fn more_referrers_than_a_page_shows_are_all_counted_and_turned_by_links() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let subject = repository.push_image("v1", "one").await;
    let mut first = repository.image("first").await;
    first["subject"] = json!({"mediaType": oci::media_type::OCI_IMAGE, "size": 10, "digest": subject});
    let first = repository.push_manifest("first", &first).await;
    Replica::of(&app).await.copy_referrer(first.as_str(), 100, 0).await;
    let mut browser = app.signed_in("admin").await;
    let here = "/projects/library/app:v1";
    let rows = |page: &str| page.matches(r#"class="row referrer""#).count();
    let page = browser.open(here).await.text().await.unwrap();
    assert!(page.contains("101 artifacts point at this one") && page.contains("1–100 of 101"));
    assert_eq!(rows(&page), 100);
    let row = format!("/projects/library/app@{first}");
    assert!(!page.contains(&row), "the oldest one is the last");
    let (_, rest) = page.split_once("referrers=").expect("a link to the next page");
    let cursor = rest.split(['"', '&']).next().unwrap();
    let page = browser.open(&format!("{here}?referrers={cursor}")).await.text().await.unwrap();
    assert!(page.contains("101 artifacts point at this one") && page.contains("101–101 of 101"));
    assert_eq!(rows(&page), 1);
    assert!(page.contains(&row));
}

#[tokio::test]
async fn a_call_without_its_arguments_is_a_bad_request() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    for function in ["project", "artifact?repository=library%2Fapp", "list_projects?query=1"] {
        let answer = browser.read(function).await;
        assert_eq!(answer.status(), 400, "{function}");
        assert!(answer.text().await.unwrap().contains("invalid_request"), "{function}");
    }
    let answer = browser.call("sign_in", &[("username", "ada")]).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(browser.read("nothing").await.status(), 404);
}

/// Where the results of a search on its page lead.
async fn found(browser: &mut Browser, text: &str) -> Vec<String> {
    let page = browser.open(&format!("/search?q={text}")).await.text().await.unwrap();
    let links = page.split("<a ").skip(1).filter_map(|rest| rest.split('>').next());
    let hits = links.filter(|link| link.contains(r#"class="hit"#));
    hits.map(|link| link.split(r#"href=""#).nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_page_of_the_search_finds_the_pages_and_commands_that_one_has() {
    let app = TestApp::start().await;
    let (mut admin, mut ada) = (app.signed_in("admin").await, app.signed_in("ada").await);
    assert_eq!(found(&mut ada, "PROJECT").await, ["/projects", "/projects/new"]);
    assert_eq!(found(&mut ada, "password").await, ["/password"]);
    for (text, page) in
        [("token", "/account/tokens"), ("devices", "/account/devices"), ("APPEARANCE", "/account/appearance")]
    {
        assert_eq!(found(&mut ada, text).await, [page], "{text}");
    }
    assert_eq!(found(&mut admin, "settings").await, ["/admin/settings"]);
    assert!(found(&mut ada, "settings").await.is_empty());

    admin.cookies.insert("slipway_language".to_owned(), "ko".to_owned());
    assert_eq!(found(&mut admin, "설정").await, ["/admin/settings"]);
    let page = admin.open("/search?q=설정").await.text().await.unwrap();
    assert!(page.contains("페이지와 명령"));

    // Commands that would be refused are not offered.
    let closed =
        [("self_registration", "false"), ("project_creation", "administrators"), ("audit_retention_days", "365")];
    assert_eq!(admin.call("update_settings", &closed).await.status(), 200);
    assert_eq!(found(&mut ada, "PROJECT").await, ["/projects"]);
}

#[tokio::test]
async fn an_artifact_of_many_tags_leads_to_all_of_them() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let manifest = repository.image("one").await;
    let digest = repository.push_manifest("v0", &manifest).await;
    for number in 1..13 {
        repository.push_manifest(&format!("v{number}"), &manifest).await;
    }
    repository.push_image("other", "two").await;
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/projects/library/app:v0").await.text().await.unwrap();
    let all = format!("/projects/library/app?filter={digest}");
    assert!(page.contains("and 2 more") && page.contains(&format!(r#"href="{all}""#)), "{page}");
    let page = admin.open(&all).await.text().await.unwrap();
    assert!(page.contains("1–13 of 13"), "{page}");
}
